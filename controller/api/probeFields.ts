import { z } from "zod";
import { integer, oneOf, withRules, word } from "./fields.ts";

const port = (description: string): z.ZodInt => integer(description, 1, 65_535);

const tcpSocket = z.object({ port: port("TCP port.") }).describe("Succeeds when the TCP connection is accepted.");

const httpGet = z
  .object({
    port: port("TCP port."),
    path: withRules(z.string().max(1024), {
      rule: "self.startsWith('/')",
      message: "path starts with a slash: write /healthz, not healthz",
    })
      .describe("Path and query asked for.")
      .default("/"),
    scheme: oneOf("Protocol. With HTTPS the certificate is not verified, as the kubelet does.", [
      "HTTP",
      "HTTPS",
    ]).default("HTTP"),
  })
  .describe("Succeeds when a GET is answered with a status from 200 to 399; redirects are not followed.");

const dns = z
  .object({
    port: port("UDP port.").default(53),
    name: word("Name asked for. That there is none is an answer too; SERVFAIL and REFUSED are failures."),
    type: oneOf("Record type asked for.", ["SOA", "A", "AAAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"]).default(
      "SOA",
    ),
  })
  .describe("Succeeds when the guest answers a DNS question.");

const ntp = z
  .object({
    port: port("UDP port.").default(123),
    maxOffsetMilliseconds: integer(
      "Largest accepted difference, in milliseconds, between the answer and the controller's own clock.",
      1,
      86_400_000,
    ).default(1000),
  })
  .describe("Succeeds when the guest gives the time and is itself synchronised (stratum 1 to 15).");

const postgres = z
  .object({ port: port("TCP port.").default(5432) })
  .describe(
    "Succeeds when a PostgreSQL server answers the start-up message and is not starting up or shutting down. Needs no credentials.",
  );

const HANDLERS = ["tcpSocket", "httpGet", "dns", "ntp", "postgres"];

/** A probe of a guest; assignable to `Probe` of the health room once parsed. */
export const probe = withRules(
  z.object({
    name: word("Name of the probe, unique within the guest.", 63),
    host: word(
      "Address or name asked instead of the guest's own first observed address. A VM without guest agent needs it.",
    ).exactOptional(),
    tcpSocket: tcpSocket.exactOptional(),
    httpGet: httpGet.exactOptional(),
    dns: dns.exactOptional(),
    ntp: ntp.exactOptional(),
    postgres: postgres.exactOptional(),
    initialDelaySeconds: integer("Seconds after an observed start before the first attempt.", 0, 3600).default(0),
    periodSeconds: integer(
      "Seconds between attempts. While the guest is starting, an attempt is made at least every second.",
      1,
      3600,
    ).default(5),
    timeoutSeconds: integer("Seconds after which an attempt has failed.", 1, 300).default(2),
    successThreshold: integer("Successes in a row that make a failing probe succeed.", 1, 100).default(1),
    failureThreshold: integer("Failures in a row that make a succeeding probe fail.", 1, 100).default(3),
  }),
  {
    rule: `[${HANDLERS.map((name) => `has(self.${name})`).join(", ")}].filter(h, h).size() == 1`,
    message: `a probe has exactly one of ${HANDLERS.join(", ")}`,
  },
).describe("One question asked of the running guest. A change takes effect at the next attempt.");
