import { BadFlag } from "../base/flags.ts";

/** A file's content; undefined when it can't be read. */
export type Read = (path: string) => string | undefined;

/** A flag with what was given for it. */
export interface Given {
  readonly flag: string;
  readonly text: string | undefined;
}

/** The address of a connection with the port that its software has by default. */
export function endpointOf({ flag, text }: Given, port: number): string {
  if (text === undefined) throw new BadFlag(`${flag}: is needed, such as https://192.168.0.10:${String(port)}`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:") throw new BadFlag(`${flag}: "${text}" is no https:// address`);
  return url.port === "" && !/:443\/?$/.test(text) ? `https://${url.hostname}:${String(port)}` : url.origin;
}

/** Both halves of the one line in a file, as `pattern` finds them; `form` says what it should hold. */
export function pairIn(
  { flag, text }: Given,
  form: { readonly pattern: RegExp; readonly says: string },
  read: Read,
): readonly [string, string] {
  if (text === undefined) throw new BadFlag(`${flag}: is needed; the file holds ${form.says}`);
  const content = read(text);
  if (content === undefined) throw new BadFlag(`${flag}: ${text} can't be read`);
  const [, first, second] = form.pattern.exec(content.trim()) ?? [];
  if (first === undefined || second === undefined)
    throw new BadFlag(`${flag}: ${text} does not hold ${form.says} in one line`);
  return [first, second];
}

/** How a connection is verified: by the system's roots unless one of these says otherwise. */
export interface TlsFlags {
  /** "--" or "--omada-". */
  readonly prefix: string;
  readonly fingerprint: string | undefined;
  readonly caFile: string | undefined;
  readonly insecure: boolean;
}

export interface Tls {
  readonly ca?: string;
  readonly fingerprints?: readonly string[];
  readonly insecureSkipVerify?: boolean;
}

export function tlsOf({ prefix, fingerprint, caFile, insecure }: TlsFlags, read: Read): Tls {
  if ([fingerprint, caFile, insecure ? "" : undefined].filter((one) => one !== undefined).length > 1)
    throw new BadFlag(`${prefix}fingerprint, ${prefix}ca-file, ${prefix}insecure: give one of them`);
  if (insecure) return { insecureSkipVerify: true };
  if (fingerprint !== undefined) {
    if (!/^([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$/.test(fingerprint))
      throw new BadFlag(
        `${prefix}fingerprint: 32 pairs of hexadecimal digits with colons, as the product's pages show it`,
      );
    return { fingerprints: [fingerprint.toUpperCase()] };
  }
  if (caFile === undefined) return {};
  const ca = read(caFile);
  if (ca === undefined) throw new BadFlag(`${prefix}ca-file: ${caFile} can't be read`);
  return { ca };
}
