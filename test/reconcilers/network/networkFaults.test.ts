import { expect } from "chai";
import { ProviderError } from "../../../controller/base/outcome.ts";
import { resultOf } from "../../../controller/providers/omada/envelope.ts";
import type { FakeLab } from "../../fakes/lab.ts";
import { omadaLab, segment, writes } from "./omadaLab.ts";

/** The error that the adapter makes of an answer on the wire. */
function answered(body: unknown, write: boolean, status = 200, statusText = ""): ProviderError {
  const reply = { status, statusText, headers: {}, body: typeof body === "string" ? body : JSON.stringify(body) };
  try {
    resultOf(reply, { call: "", write });
  } catch (error) {
    if (error instanceof ProviderError) return error;
  }
  throw new Error("it is no error");
}

const code = (errorCode: number, msg: string, write = true): ProviderError => answered({ errorCode, msg }, write);

/** Every call of this name fails from now on. */
function failing(lab: FakeLab, on: "look" | "createNetwork", error: ProviderError): void {
  for (let n = 0; n < 500; n++) lab.omada.calls.fault(on, "before", error);
}

async function settledLab(...vlans: readonly number[]): Promise<FakeLab> {
  const lab = omadaLab();
  for (const vlan of vlans) segment(lab, `net${String(vlan)}`, vlan);
  lab.start();
  await lab.until("connected", () => lab.reason("OmadaController", "omada") === "Settled");
  await settled(lab, vlans);
  return lab;
}

async function settled(lab: FakeLab, vlans: readonly number[]): Promise<void> {
  const all = (): boolean => vlans.every((vlan) => lab.reason("NetworkSegment", `net${String(vlan)}`) === "Settled");
  await lab.until("all are there", all, 300);
}

const said = (lab: FakeLab, kind: string, name: string): string =>
  `${lab.reason(kind, name)}: ${lab.message(kind, name)}`;

/** What a create is answered with HTTP 200, what a person reads, and how often it is sent in two minutes. */
const refusedWrites: readonly (readonly [ProviderError, string, number])[] = [
  [
    code(-1001, "Invalid request parameters."),
    "RefusedByProvider: Invalid request parameters: a value does not fit, or the object it names is gone (-1001)",
    1,
  ],
  [
    code(-1005, "Operation forbidden."),
    "PermissionMissing: Operation forbidden: the role of the application (Settings, Platform Integration, Open API) does not allow this (-1005)",
    1,
  ],
  [
    code(-1505, "No permission."),
    "PermissionMissing: No permission: the application or user has no access to this site; add the site to it in Omada (-1505)",
    1,
  ],
  [
    code(-33515, "LAN interfaces could not be none."),
    "RefusedByProvider: LAN interfaces could not be none: a network with a gateway address needs an adopted gateway (-33515)",
    1,
  ],
  [code(-99999, "Something new."), "RefusedByProvider: Something new (-99999)", 1],
];

/** A site that takes no write now. */
const busyWrites: readonly (readonly [ProviderError, string])[] = [
  [
    code(-33004, "The site is being operated."),
    "The site is being operated: the site is being copied, restored or synchronised (-33004)",
  ],
  [answered("", true, 429, "Too Many Requests"), "Omada answered 429 Too Many Requests"],
];

/** What every look meets for a minute, and what the OmadaController then says. */
const failedLooks: readonly (readonly [what: string, ProviderError, string])[] = [
  [
    "503 while it starts",
    answered("", false, 503, "Service Unavailable"),
    "OmadaUnreachable: Omada answered 503 Service Unavailable",
  ],
  [
    "its starting page",
    answered("<html></html>", false),
    "OmadaUnreachable: Omada answered with a page instead of data; its controller restarts or has restarted",
  ],
  [
    "too many requests",
    answered("", false, 429, "Too Many Requests"),
    "OmadaUnreachable: Omada answered 429 Too Many Requests",
  ],
  [
    "overload",
    code(-1, "General error.", false),
    "OmadaUnreachable: General error: Omada gave no reason; it says so when it is overloaded (-1)",
  ],
  [
    "a controller set up anew",
    code(-7131, "Controller ID not exist.", false),
    "OmadaUnreachable: Controller ID not exist: the Omada ID is another one now; was the controller set up anew? (-7131)",
  ],
];

describe("what goes wrong with an Omada controller", () => {
  for (const [error, words, times] of refusedWrites)
    it(`A7: HTTP 200 with ${/\(-\d+\)$/.exec(words)?.[0] ?? ""} to a create is told in words and not sent again`, async () => {
      const lab = await settledLab();
      failing(lab, "createNetwork", error);
      segment(lab, "net20", 20);
      await lab.seconds(120);
      expect(said(lab, "NetworkSegment", "net20")).to.equal(words);
      expect(lab.omada.calls.counts.get("createNetwork")).to.equal(times);
      expect(lab.reason("OmadaController", "omada")).to.equal("Settled");
    });

  for (const [error, words] of busyWrites)
    it(`A7: ${words} is waited for, said as SiteBusy, and the write is sent until it is taken`, async () => {
      const lab = await settledLab();
      failing(lab, "createNetwork", error);
      segment(lab, "net20", 20);
      await lab.until("it is said", () => said(lab, "NetworkSegment", "net20") === `SiteBusy: ${words}`);
      lab.omada.calls.faults.length = 0;
      await settled(lab, [20]);
      expect(writes(lab)).to.deep.equal(["createNetwork"]);
    });

  for (const [what, error, words] of failedLooks)
    it(`O3, L8: ${what} for a minute is one incident in these words, nothing is written, and it heals`, async () => {
      const lab = await settledLab(20);
      const before = lab.kube.events.length;
      failing(lab, "look", error);
      await lab.until("it is said", () => said(lab, "OmadaController", "omada") === words);
      segment(lab, "net20", 20, { isolated: true });
      await lab.seconds(60);
      expect(said(lab, "OmadaController", "omada")).to.equal(words);
      expect(said(lab, "NetworkSegment", "net20")).to.equal("OmadaUnreachable: OmadaController omada does not answer");
      expect(writes(lab)).to.deep.equal(["createNetwork"]);
      lab.omada.calls.faults.length = 0;
      await lab.until("it is written", () => writes(lab).length === 2);
      await settled(lab, [20]);
      const warned = lab.kube.events.slice(before).filter(({ type }) => type === "Warning");
      expect(warned.map(({ about, reason }) => `${about} ${reason}`)).to.deep.equal([
        "OmadaController/lab/omada OmadaUnreachable",
      ]);
    });

  it("another certificate is told and heals; nothing is written meanwhile", async () => {
    const lab = await settledLab(20);
    failing(lab, "look", new ProviderError("certificate", "the certificate is another one"));
    await lab.until("it is said", () => lab.reason("OmadaController", "omada") === "CertificateMismatch");
    segment(lab, "net20", 20, { isolated: true });
    await lab.seconds(60);
    expect(said(lab, "OmadaController", "omada")).to.equal("CertificateMismatch: the certificate is another one");
    expect(said(lab, "NetworkSegment", "net20")).to.equal(
      "ControllerNotReady: OmadaController omada cannot be used; it says why",
    );
    expect(writes(lab)).to.deep.equal(["createNetwork"]);
    lab.omada.calls.faults.length = 0;
    await lab.until("it is written", () => writes(lab).length === 2);
  });

  it("L8: a restart of two minutes, refused and then its starting page, is one incident for twenty segments", async () => {
    const vlans = Array.from({ length: 20 }, (_, at) => 20 + at);
    const lab = await settledLab(...vlans);
    const before = lab.kube.events.length;
    lab.omada.reachable = false;
    await lab.seconds(60);
    failing(lab, "look", answered("<html></html>", false));
    lab.omada.reachable = true;
    await lab.seconds(60);
    lab.omada.calls.faults.length = 0;
    await settled(lab, vlans);
    const told = lab.kube.events.slice(before).map(({ reason, about }) => `${about} ${reason}`);
    expect(told).to.deep.equal(["OmadaController/lab/omada OmadaUnreachable", "OmadaController/lab/omada Recovered"]);
    expect(writes(lab)).to.have.length(20);
  });

  it("a token that is over in the middle of a pass costs one more look, and the create is sent once it is renewed", async () => {
    const lab = await settledLab();
    lab.omada.calls.fault("createNetwork", "before", code(-44112, "The access token has expired."));
    segment(lab, "net20", 20);
    await settled(lab, [20]);
    expect(writes(lab)).to.deep.equal(["createNetwork"]);
    expect(lab.omada.networks.all()).to.have.length(2);
  });

  for (const [from, to] of [
    ["5.15.8.12", "6.2.10.17"],
    ["6.2.10.17", "7.0.0.1"],
  ] as const)
    it(`an upgrade from ${from} to ${to} changes nothing of what is there, and the new version is shown`, async () => {
      const lab = omadaLab();
      lab.omada.version = from;
      for (const vlan of [20, 30]) segment(lab, `net${String(vlan)}`, vlan);
      lab.start();
      await settled(lab, [20, 30]);
      lab.omada.reachable = false;
      await lab.seconds(120);
      lab.omada.version = to;
      lab.omada.reachable = true;
      await settled(lab, [20, 30]);
      await lab.seconds(60);
      expect(lab.status("OmadaController", "omada")["version"]).to.equal(to);
      expect(writes(lab)).to.deep.equal(["createNetwork", "createNetwork"]);
    });
});
