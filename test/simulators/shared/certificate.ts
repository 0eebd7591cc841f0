import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";

/** A key pair and its certificate, both PEM. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

export interface Authority extends Identity {
  readonly privateKey: KeyObject;
  readonly name: string;
  readonly keyId: Buffer;
}

const DAY = 24 * 3600 * 1000;

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length;
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), body]);
  const octets = length < 256 ? [length] : [length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, 128 + octets.length, ...octets]), body]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const octetString = (body: Buffer): Buffer => der(0x04, body);

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const group = [part & 127];
    for (let left = part >> 7; left > 0; left >>= 7) group.unshift((left & 127) | 128);
    bytes.push(...group);
  }
  return der(0x06, Buffer.from(bytes));
}

function name(common: string): Buffer {
  return sequence(der(0x31, sequence(oid("2.5.4.3"), der(0x0c, Buffer.from(common)))));
}

function time(at: number): Buffer {
  const text = new Date(at).toISOString().replace(/[-:T]/g, "").slice(2, 14);
  return der(0x17, Buffer.from(`${text}Z`));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [der(0x01, Buffer.from([255]))] : []), octetString(value));
}

function keyIdOf(publicKey: KeyObject): Buffer {
  return createHash("sha1")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest();
}

interface Request {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly from: number;
  readonly to: number;
  readonly extensions: readonly Buffer[];
}

function certificate(request: Request): string {
  const algorithm = sequence(oid("1.2.840.10045.4.3.2"));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name(request.issuer),
    sequence(time(request.from), time(request.to)),
    name(request.subject),
    request.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...request.extensions)),
  );
  const signature = sign("sha256", body, request.signer);
  const whole = sequence(body, algorithm, der(0x03, Buffer.from([0]), signature));
  return `-----BEGIN CERTIFICATE-----\n${whole
    .toString("base64")
    .replace(/(.{64})/g, "$1\n")
    .trimEnd()}\n-----END CERTIFICATE-----\n`;
}

const pem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

/** A certificate authority of its own, valid ten years. `now` in milliseconds. */
export function newAuthority(subject: string, now: number): Authority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keyId = keyIdOf(publicKey);
  const cert = certificate({
    subject,
    issuer: subject,
    publicKey,
    signer: privateKey,
    from: now - DAY,
    to: now + 3650 * DAY,
    extensions: [
      extension("2.5.29.19", true, sequence(der(0x01, Buffer.from([255])))),
      extension("2.5.29.15", true, der(0x03, Buffer.from([1, 6]))),
      extension("2.5.29.14", false, octetString(keyId)),
    ],
  });
  return { key: pem(privateKey), cert, privateKey, name: subject, keyId };
}

/** A server certificate for localhost and these IPv4 addresses, valid from `from` to `to` (milliseconds). */
export function newServerIdentity(
  authority: Authority,
  addresses: readonly string[],
  { from, to }: { readonly from: number; readonly to: number },
): Identity {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const names = sequence(
    der(0x82, Buffer.from("localhost")),
    ...addresses.map((address) => der(0x87, Buffer.from(address.split(".").map(Number)))),
  );
  const cert = certificate({
    subject: "localhost",
    issuer: authority.name,
    publicKey,
    signer: authority.privateKey,
    from,
    to,
    extensions: [
      extension("2.5.29.19", true, sequence()),
      extension("2.5.29.15", true, der(0x03, Buffer.from([7, 128]))),
      extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.1"))),
      extension("2.5.29.17", false, names),
      extension("2.5.29.14", false, octetString(keyIdOf(publicKey))),
      extension("2.5.29.35", false, sequence(der(0x80, authority.keyId))),
    ],
  });
  return { key: pem(privateKey), cert };
}

/** SHA-256 of a PEM certificate, upper case with colons. */
export function fingerprint(cert: string): string {
  const body = Buffer.from(cert.replace(/-----[^-]+-----|\s/g, ""), "base64");
  return createHash("sha256")
    .update(body)
    .digest("hex")
    .toUpperCase()
    .replace(/(..)(?!$)/g, "$1:");
}
