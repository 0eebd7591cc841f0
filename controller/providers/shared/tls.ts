import { createSecureContext, type TLSSocket } from "node:tls";
import { buildConnector } from "undici";
import { ProviderError } from "../../base/outcome.ts";

const CONNECT_MS = 4_000;

const untrustedCodes =
  /^(ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|ERR_OSSL_X509)/;

/** How a connection knows whom it speaks to. */
interface TlsTrust {
  /** PEM. */
  readonly ca?: string;
  /** SHA-256. */
  readonly fingerprints?: readonly string[];
  readonly insecureSkipVerify?: boolean;
}

/**
 * Opens verified connections: by the given CA, by the pinned SHA-256 of the node's own certificate, by both where both
 * are given, or, only where asked in so many words, not at all. Without any of them the CAs of the system count.
 * `shown`: where a person finds the fingerprint to compare.
 */
export function tlsConnector(tls: TlsTrust, shown: string): buildConnector.connector {
  const pins = (tls.fingerprints ?? []).map(plainFingerprint);
  const verifyChain = tls.insecureSkipVerify !== true && (tls.ca !== undefined || pins.length === 0);
  // A resumed session would not show the certificate again.
  const common = { allowH2: false, timeout: CONNECT_MS, maxCachedSessions: 0 };
  const ca = tls.ca === undefined ? {} : { ca: tls.ca };
  // One context for all connections: to read the CAs anew for each costs more than the rest of it.
  let made: buildConnector.connector | undefined;
  const connect: buildConnector.connector = (options, callback) => {
    made ??= buildConnector({ ...common, secureContext: createSecureContext(ca), rejectUnauthorized: verifyChain });
    made(options, callback);
  };
  const look = buildConnector({ ...common, rejectUnauthorized: false });
  return (options, callback) => {
    connect(options, (error, socket) => {
      if (error !== null) refused(error, options, { look, callback, shown });
      else if (pins.length === 0 || tls.insecureSkipVerify === true) callback(null, socket);
      else {
        const seen = (socket as TLSSocket).getPeerCertificate().fingerprint256;
        if (pins.includes(plainFingerprint(seen))) callback(null, socket);
        else {
          socket.destroy();
          callback(mismatch(options.hostname, seen, shown), null);
        }
      }
    });
  };
}

function plainFingerprint(text: string): string {
  return text.replaceAll(":", "").toUpperCase();
}

function mismatch(host: string, seen: string, shown: string): ProviderError {
  return new ProviderError(
    "certificate",
    `the certificate of ${host} has the SHA-256 fingerprint ${seen}, which is not among the declared ones; ` +
      `compare it with the one in ${shown} and declare it if it is right`,
  );
}

interface Refusal {
  readonly look: buildConnector.connector;
  readonly callback: buildConnector.Callback;
  readonly shown: string;
}

/** OpenSSL does not hand out what it refused, so the certificate is looked at once more, and nothing is sent. */
function refused(error: Error, options: buildConnector.Options, { look, callback, shown }: Refusal): void {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (!untrustedCodes.test(code)) {
    callback(error, null);
    return;
  }
  look(options, (_, socket) => {
    const seen = (socket as TLSSocket | null)?.getPeerCertificate().fingerprint256;
    socket?.destroy();
    callback(untrusted(error, { host: options.hostname, seen, shown }), null);
  });
}

function untrusted(
  error: Error,
  { host, seen, shown }: { readonly host: string; readonly seen: string | undefined; readonly shown: string },
): ProviderError {
  // Node adds advice on its own command line.
  const [why = ""] = error.message.split("; if the root CA");
  const cure =
    seen === undefined
      ? ""
      : `; its SHA-256 fingerprint is ${seen}. Compare it with the one in ${shown} ` +
        `and declare it in spec.tls.fingerprints if it is right`;
  return new ProviderError("certificate", `the certificate of ${host} is not trusted: ${why}${cure}`, { cause: error });
}
