import { expect } from "chai";
import type { AclSeen } from "../../../controller/providers/omadaSeen.ts";
import type { FakeLab } from "../../fakes/lab.ts";
import { DEFAULT_NETWORK } from "../../fakes/omadaSite.ts";
import { apply, omadaLab, segment, writes } from "./omadaLab.ts";

/** What a person made at the pages: VLAN 30 may not reach a host of another network, by a group of their own. */
const THEIRS: AclSeen = {
  id: "a1",
  table: "gateway",
  index: 1,
  description: "no cameras on the nas",
  enabled: true,
  action: "Deny",
  protocols: [6],
  source: { type: "network", ids: ["n30"] },
  destination: { type: "ipPortGroup", ids: ["g1"] },
  direction: "LanToLan",
};

const SAME = {
  from: { segmentRef: { name: "cameras" } },
  to: { cidr: "10.0.0.5/32" },
  protocol: "TCP",
  ports: ["445"],
  action: "Deny",
};

function grown(): FakeLab {
  const lab = omadaLab();
  lab.omada.networks.add("n30", {
    id: "n30",
    name: "cameras",
    primary: false,
    purpose: "Interface",
    vlan: 30,
    gatewaySubnet: "192.168.30.1/24",
  });
  lab.omada.groups.add("g1", {
    id: "g1",
    name: "nas",
    builtIn: false,
    type: "ipPort",
    cidrs: ["10.0.0.5/32"],
    ports: ["445"],
    descriptions: [""],
  });
  lab.omada.acls.add(THEIRS.id, THEIRS);
  segment(lab, "cameras", 30, { adoption: "Adopt" });
  return lab;
}

describe("a rule that people made", () => {
  it("of the same content is not made twice: it is refused by default, and nothing is written (I3, I9)", async () => {
    const lab = grown();
    apply(lab, "AccessRule", "apart", SAME);
    lab.start();
    await lab.until("it is refused", () => lab.reason("AccessRule", "apart") === "NetworkNotOwned");
    expect(lab.message("AccessRule", "apart")).to.include('"no cameras on the nas"').and.include("adoption: Adopt");
    await lab.seconds(60);
    expect(writes(lab)).to.deep.equal([]);
  });

  it("is adopted by the mark alone: its text, its place and the people's group stay (I4, I9)", async () => {
    const lab = grown();
    apply(lab, "AccessRule", "apart", { ...SAME, adoption: "Adopt" });
    lab.start();
    await lab.until("it is adopted", () => lab.reason("AccessRule", "apart") === "Settled");
    await lab.seconds(60);
    expect(writes(lab)).to.deep.equal(["updateAcl"]);
    expect(lab.omada.acls.all()).to.deep.equal([{ ...THEIRS, description: "no cameras on the nas [hl:lab/apart]" }]);
    expect(lab.status("AccessRule", "apart")["omada"]).to.deep.equal({ ruleId: "a1", name: "[hl:lab/apart]" });
  });

  it("keeps its text when what differs is corrected", async () => {
    const lab = grown();
    apply(lab, "AccessRule", "apart", { ...SAME, adoption: "Adopt", driftPolicy: "Correct" });
    lab.start();
    await lab.until("it is adopted", () => lab.reason("AccessRule", "apart") === "Settled");
    apply(lab, "AccessRule", "apart", { ...SAME, adoption: "Adopt", driftPolicy: "Correct", enabled: false });
    await lab.until("it is off", () => lab.omada.acls.get("a1")?.enabled === false);
    expect(lab.omada.acls.get("a1")?.description).to.equal("no cameras on the nas [hl:lab/apart]");
  });

  it("gets its mark again when somebody took it out; no second one is made (I9)", async () => {
    const lab = grown();
    apply(lab, "AccessRule", "apart", { ...SAME, adoption: "Adopt" });
    lab.start();
    await lab.until("it is adopted", () => lab.reason("AccessRule", "apart") === "Settled");
    lab.omada.acls.change("a1", { description: "tidied up", enabled: false });
    await lab.until("it is marked", () => lab.omada.acls.get("a1")?.description === "tidied up [hl:lab/apart]");
    expect(lab.omada.acls.get("a1")?.enabled).to.equal(false);
    expect(writes(lab)).to.deep.equal(["updateAcl", "updateAcl"]);
  });
});

describe("a reservation that people made", () => {
  it("with a long text keeps as much of it as the mark leaves room for, and is marked once (I9)", async () => {
    const lab = omadaLab();
    apply(lab, "NetworkSegment", "lan", {
      cidr: "192.168.0.0/24",
      gateway: "192.168.0.1",
      omada: { networkName: "Default" },
      adoption: "Adopt",
    });
    const mac = "AA:00:00:00:00:07";
    lab.omada.reservations.add(mac, {
      mac,
      networkId: DEFAULT_NETWORK,
      ip: "192.168.0.50",
      enabled: true,
      description: "x".repeat(128),
    });
    apply(lab, "ClientGroup", "things", {
      segmentRef: { name: "lan" },
      adoption: "Adopt",
      members: [{ name: "printer", mac, address: "192.168.0.50" }],
    });
    lab.start();
    await lab.until(
      "it is marked",
      () => lab.omada.reservations.get(mac)?.description.endsWith("[hl:lab/things]") === true,
    );
    await lab.seconds(60);
    expect(lab.omada.reservations.get(mac)?.description).to.have.length(128);
    expect(writes(lab)).to.deep.equal(["setReservation"]);
  });
});
