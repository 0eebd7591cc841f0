import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newAuthority, newServerIdentity, type Authority, type Identity } from "./certificate.ts";

const DAY = 24 * 3600 * 1000;

/** The CA of this state folder; made at the first start. */
export function authorityIn(folder: string, subject: string): Authority {
  const [keyFile, certFile] = [join(folder, "ca-key.pem"), join(folder, "ca.pem")];
  if (!existsSync(keyFile)) {
    const made = newAuthority(subject, Date.now());
    writeFileSync(keyFile, made.key, { mode: 0o600 });
    writeFileSync(certFile, made.cert);
    return made;
  }
  const key = readFileSync(keyFile, "utf8");
  const cert = readFileSync(certFile, "utf8");
  const parsed = new X509Certificate(cert);
  const keyId = createHash("sha1")
    .update(parsed.publicKey.export({ type: "spki", format: "der" }))
    .digest();
  return { key, cert, privateKey: createPrivateKey(key), name: parsed.subject.replace(/^CN=/, ""), keyId };
}

/** The server certificate of this state folder for these addresses; made at the first start, and for a new address. */
export function serverIdentityIn(folder: string, issuer: Authority, addresses: readonly string[]): Identity {
  const [keyFile, certFile] = [join(folder, "server-key.pem"), join(folder, "server.pem")];
  if (existsSync(keyFile)) {
    const cert = readFileSync(certFile, "utf8");
    const parsed = new X509Certificate(cert);
    if (addresses.every((address) => parsed.checkIP(address) !== undefined))
      return { key: readFileSync(keyFile, "utf8"), cert };
  }
  const made = newServerIdentity(issuer, addresses, { from: Date.now() - DAY, to: Date.now() + 365 * DAY });
  writeFileSync(keyFile, made.key, { mode: 0o600 });
  writeFileSync(certFile, made.cert);
  return made;
}

/** A certificate that ended yesterday. */
export function expiredIdentity(issuer: Authority, addresses: readonly string[]): Identity {
  return newServerIdentity(issuer, addresses, { from: Date.now() - 30 * DAY, to: Date.now() - DAY });
}
