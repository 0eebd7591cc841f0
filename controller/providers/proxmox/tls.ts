import type { TLSSocket } from "node:tls";
import { buildConnector } from "undici";
import { ProviderError } from "../../base/outcome.ts";
import type { ProxmoxConnection } from "../port.ts";

const CONNECT_MS = 4_000;

const untrustedCodes =
  /^(ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|ERR_OSSL_X509)/;

/**
 * Opens verified connections: by the given CA, by the pinned SHA-256 of the node's own certificate, by both where both
 * are given, or, only where asked in so many words, not at all. Without any of them the CAs of the system count.
 */
export function tlsConnector(tls: ProxmoxConnection["tls"]): buildConnector.connector {
  const pins = (tls.fingerprints ?? []).map(plainFingerprint);
  const verifyChain = tls.insecureSkipVerify !== true && (tls.ca !== undefined || pins.length === 0);
  const connect = buildConnector({
    allowH2: false,
    timeout: CONNECT_MS,
    rejectUnauthorized: verifyChain,
    // A resumed session would not show the certificate again.
    maxCachedSessions: 0,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
  });
  return (options, callback) => {
    connect(options, (error, socket) => {
      if (error !== null) callback(seenBy(error), null);
      else if (pins.length === 0 || tls.insecureSkipVerify === true) callback(null, socket);
      else {
        const seen = (socket as TLSSocket).getPeerCertificate().fingerprint256;
        if (pins.includes(plainFingerprint(seen))) callback(null, socket);
        else {
          socket.destroy();
          callback(mismatch(options.hostname, seen), null);
        }
      }
    });
  };
}

function plainFingerprint(text: string): string {
  return text.replaceAll(":", "").toUpperCase();
}

function mismatch(host: string, seen: string): ProviderError {
  return new ProviderError(
    "certificate",
    `the certificate of ${host} has the SHA-256 fingerprint ${seen}, which is not among the declared ones; ` +
      `compare it with the one in the Proxmox UI and declare it if it is right`,
  );
}

function seenBy(error: Error): Error {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (!untrustedCodes.test(code)) return error;
  const cert = "cert" in error ? (error.cert as { fingerprint256?: string } | undefined) : undefined;
  const seen = cert?.fingerprint256 === undefined ? "" : `; its SHA-256 fingerprint is ${cert.fingerprint256}`;
  return new ProviderError("certificate", `the certificate is not trusted: ${error.message}${seen}`, { cause: error });
}
