import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { ProviderError } from "../../../controller/base/outcome.ts";
import type { ProxmoxConnection } from "../../../controller/providers/port.ts";
import { data, engineTo, errorOf, startHost, testCa } from "./host.ts";
import type { Host } from "./host.ts";

const never = new AbortController().signal;
const certificate = new X509Certificate(readFileSync(new URL("fixtures/server.pem", import.meta.url)));
const wrong = Array.from({ length: 32 }, () => "00").join(":");

describe("trust in a Proxmox endpoint", () => {
  let host: Host;
  const ask = async (tls: ProxmoxConnection["tls"], endpoint = host.endpoint): Promise<unknown> => {
    const engine = engineTo([endpoint], { tls });
    try {
      return await engine.api({ signal: never }).version.$get();
    } finally {
      engine.close();
    }
  };

  beforeEach(async () => {
    host = await startHost(data("hello"));
  });

  afterEach(() => host.close());

  it("trusts the declared CA, for an address and for a name", async () => {
    expect(await ask({ ca: testCa })).to.equal("hello");
    expect(await ask({ ca: testCa }, host.endpoint.replace("127.0.0.1", "localhost"))).to.equal("hello");
  });

  it("trusts a declared fingerprint without any CA, in either spelling", async () => {
    expect(await ask({ fingerprints: [wrong, certificate.fingerprint256] })).to.equal("hello");
    expect(await ask({ fingerprints: [certificate.fingerprint256.replaceAll(":", "").toLowerCase()] })).to.equal(
      "hello",
    );
  });

  it("refuses another fingerprint, prints the one seen, and sends nothing", async () => {
    const error = await errorOf(ask({ fingerprints: [wrong] }));
    expect(error).to.be.instanceOf(ProviderError).and.include({ kind: "certificate", call: "GET /version" });
    expect(error.message).to.contain(certificate.fingerprint256);
    expect(host.arrived).to.deep.equal([]);
  });

  it("asks for both where CA and fingerprint are declared", async () => {
    expect(await errorOf(ask({ ca: testCa, fingerprints: [wrong] }))).to.include({ kind: "certificate" });
    expect(await ask({ ca: testCa, fingerprints: [certificate.fingerprint256] })).to.equal("hello");
  });

  it("refuses a certificate of an unknown CA, prints its fingerprint and where to declare it, and sends nothing", async () => {
    const error = await errorOf(ask({}));
    expect(error).to.include({ kind: "certificate" });
    expect(error.message).to.contain(certificate.fingerprint256).and.contain("spec.tls.fingerprints");
    expect(error.message).not.to.contain("Node.js");
    expect(host.arrived).to.deep.equal([]);
  });

  it("refuses a certificate for another name, with its fingerprint", async () => {
    const other = await startHost(data("hello"), "127.0.0.3");
    const named = await errorOf(ask({ ca: testCa }, other.endpoint));
    expect(named).to.include({ kind: "certificate" });
    expect(named.message).to.contain(certificate.fingerprint256);
    await other.close();
  });

  it("does not look at the certificate only when told so", async () => {
    expect(await ask({ insecureSkipVerify: true })).to.equal("hello");
  });

  it("never sends the token without TLS", async () => {
    const error = await errorOf(ask({ insecureSkipVerify: true }, host.endpoint.replace("https", "http")));
    expect(error).to.include({ kind: "spec" });
    expect(host.connections()).to.equal(0);
  });

  it("goes on to an endpoint it trusts, and names the certificate when there is none", async () => {
    const trusted = await startHost(data("trusted"));
    const misnamed = await startHost(data("misnamed"), "127.0.0.3");
    const both = engineTo([misnamed.endpoint, trusted.endpoint]);
    expect(await both.api({ signal: never }).version.$get()).to.equal("trusted");
    both.close();
    await misnamed.close();
    await trusted.close();
    const none = engineTo([host.endpoint, trusted.endpoint], { tls: { fingerprints: [wrong] } });
    expect(await errorOf(none.api({ signal: never }).version.$get())).to.include({ kind: "certificate" });
    none.close();
  });
});
