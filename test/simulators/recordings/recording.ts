import { existsSync, readFileSync } from "node:fs";

const FOLDER = new URL("../../../../shared/contracts/proxmox/recordings/", import.meta.url);

/** One request to the real API code and what it answered. */
export interface Exchange {
  readonly name: string;
  readonly note?: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly response: { readonly status: number; readonly statusText: string; readonly body: unknown };
  /** The configuration right after a PUT. */
  readonly after?: unknown;
  /** The end of the task whose UPID was returned. */
  readonly task?: { readonly status: { readonly exitstatus?: string; readonly type?: string } };
}

/** True where the recordings lie beside the checkout. */
export const RECORDINGS_ARE_HERE = existsSync(FOLDER);

export function recordings(file: string): readonly Exchange[] {
  return JSON.parse(readFileSync(new URL(`${file}.json`, FOLDER), "utf8")) as Exchange[];
}

/** Members that differ from run to run. */
const VOLATILE = new Set([
  "digest",
  "pid",
  "pstart",
  "starttime",
  "endtime",
  "snaptime",
  "uptime",
  "cpu",
  "mem",
  "disk",
  "diskread",
  "diskwrite",
  "netin",
  "netout",
  "ticket",
  "CSRFPreventionToken",
  "value-of-token",
  "ssl_fingerprint",
  "memhost",
  "total",
  "saved",
  "maxdisk-running",
  "smbios1",
  "vmgenid",
  "meta",
  "used",
  "avail",
  "used_fraction",
]);

const TEXT: readonly (readonly [RegExp, string])[] = [
  [/UPID:(\w+):[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:/g, "UPID:$1:P:S:T:"],
  [/\b(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b/g, "MAC"],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UUID"],
  [/ctime=\d+/g, "ctime=T"],
  [/Temporary failure in name resolution|Name or service not known/g, "NO SUCH NAME"],
];

/** What is left to compare: volatile members gone, texts masked, lists and keys in one order. */
export function comparable(value: unknown): unknown {
  if (typeof value === "string") return TEXT.reduce((text, [pattern, mask]) => text.replace(pattern, mask), value);
  if (Array.isArray(value)) {
    const items = value.map(comparable).filter((item) => !isDigestEntry(item));
    return items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== "object" || value === null) return value;
  const running = (value as { status?: unknown }).status === "running";
  const entries = Object.entries(value)
    .filter(([key]) => !VOLATILE.has(key) && !(running && key === "maxdisk"))
    .map(([key, inner]) => [key, comparable(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `GET pending` shows the digest as an entry of its own. */
function isDigestEntry(item: unknown): boolean {
  return typeof item === "object" && item !== null && (item as { key?: unknown }).key === "digest";
}
