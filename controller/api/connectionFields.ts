import { z } from "zod";
import { flag, keyRef, set, withRules } from "./fields.ts";

type TlsShape = {
  caRef: z.ZodExactOptional<ReturnType<typeof keyRef>>;
  fingerprints: z.ZodExactOptional<z.ZodArray<z.ZodString>>;
  insecureSkipVerify: z.ZodExactOptional<z.ZodBoolean>;
};

/** How TLS is verified. `whose`: the certificates, in words; `where` a product shows their fingerprints. */
export function tlsOf({ whose, where }: { readonly whose: string; readonly where: string }): z.ZodObject<TlsShape> {
  const fingerprint = withRules(z.string().max(95), {
    rule: "self.matches('^([0-9A-F]{2}:){31}[0-9A-F]{2}$')",
    message: `a fingerprint is SHA-256 as ${where}: 32 pairs of digits 0-9 A-F with colons`,
  }).describe(`SHA-256 fingerprint of ${whose}, upper case with colons.`);
  return withRules(
    z.object({
      caRef: keyRef(
        `Secret key with the PEM certificate of the authority that signed ${whose}.`,
        "Secret",
      ).exactOptional(),
      fingerprints: set(
        "Certificates that are accepted. When another is shown, the message prints it.",
        fingerprint,
        64,
      ).exactOptional(),
      insecureSkipVerify: flag(
        "Accept any certificate: whoever can answer in the host's place gets the credentials. Sets TLSVerified=False.",
      ).exactOptional(),
    }),
    {
      rule: "[has(self.caRef), has(self.fingerprints), has(self.insecureSkipVerify) && self.insecureSkipVerify].filter(h, h).size() <= 1",
      message: "tls has at most one of caRef, fingerprints and insecureSkipVerify",
    },
  ).describe(`How ${whose} is verified. Absent: by the system's roots. A change makes a new connection.`);
}

/** A URL without anything behind the port. `example` goes into the message. */
export function endpointOf(description: string, example: string): z.ZodString {
  return withRules(z.string().max(253), {
    rule: "isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() != '' && url(self).getEscapedPath() in ['', '/'] && size(url(self).getQuery()) == 0",
    message: `an endpoint is https, host and port, nothing more: write ${example}`,
  }).describe(description);
}
