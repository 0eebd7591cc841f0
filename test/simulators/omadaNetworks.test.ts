import { expect } from "chai";
import { eventually } from "./apiClient.ts";
import { startOmadaSimulator, type RunningOmadaSimulator } from "./omada/startOmadaSimulator.ts";
import { openOmada, type OmadaClient } from "./omadaClient.ts";

const V1 = "lan-networks";

for (const profile of ["5.15", "6.2", "6.3"] as const) {
  describe(`LAN networks of a simulated Omada controller ${profile}`, () => {
    let simulator: RunningOmadaSimulator;
    let client: OmadaClient;
    let lan: Record<string, unknown>;

    before(async () => {
      simulator = await startOmadaSimulator({ profile, speed: 50 });
      client = await openOmada(simulator);
      lan = (await client.rows(V1))[0]!;
    });

    after(() => simulator.stop());

    const body = (name: string, vlan: number, change: Record<string, unknown> = {}): Record<string, unknown> => ({
      name,
      purpose: 1,
      vlanType: 0,
      vlan,
      gatewaySubnet: `10.0.${vlan % 250}.1/24`,
      igmpSnoopEnable: false,
      interfaceIds: lan["interfaceIds"],
      ...change,
    });

    const listedAs = (name: string): Promise<Record<string, unknown>> =>
      eventually(() => client.find(V1, "name", name));

    it("has the default one, on VLAN 1 with DHCP, which nobody deletes", async () => {
      expect(lan).to.include({ name: "Default", primary: true, vlan: 1, gatewaySubnet: "192.168.0.1/24" });
      expect(lan["dhcpSettingsVO"]).to.include({
        enable: true,
        ipaddrStart: "192.168.0.100",
        ipRangeStart: 3232235520,
      });
      expect(await client.call("DELETE", `${V1}/${String(lan["id"])}`)).to.include({ errorCode: -33505 });
    });

    it("N4: shows a created network a little later, with its DHCP range and a profile of its name", async () => {
      const dhcp = { enable: true, dhcpns: "auto", ipaddrStart: "10.0.20.10", ipaddrEnd: "10.0.20.90", leasetime: 60 };
      const made = await client.call("POST", V1, body("iot", 20, { dhcpSettingsVO: dhcp }));
      expect(made).to.include({ errorCode: 0, msg: "Success." });
      const seen = await listedAs("iot");
      expect(seen["id"]).to.equal(made.result["id"]);
      expect(seen["dhcpSettingsVO"]).to.include({ ipaddrStart: "10.0.20.10", ipaddrEnd: "10.0.20.90", leasetime: 60 });
      const v2 = await client.find("v2 lan-networks", "name", "iot");
      expect(v2?.["dhcpSettingsVO"]).to.deep.include({
        ipRangePool: [{ ipaddrStart: "10.0.20.10", ipaddrEnd: "10.0.20.90" }],
      });
      expect(await client.find("lan-profiles", "name", "iot")).to.include({ flag: 1, nativeNetworkId: seen["id"] });
    });

    it("gives an id for a create in v2 only on 5.15", async () => {
      const made = await client.call("POST", "v2 lan-networks", body("guests", 30));
      expect(made.errorCode).to.equal(0);
      if (profile === "5.15") expect(made.result["id"]).to.be.a("string");
      else expect(made.text).to.not.include("result");
    });

    const refused: readonly [string, () => Record<string, unknown>, number][] = [
      ["a name that is taken", () => body("Default", 40), -33500],
      ["a VLAN that is taken", () => body("again", 20), -990001],
      ["a subnet that overlaps", () => body("again", 41, { gatewaySubnet: "192.168.0.65/26" }), -990002],
      ["an interface without ports", () => body("again", 42, { interfaceIds: [] }), -33515],
      ["an unknown port", () => body("again", 42, { interfaceIds: ["9_00"] }), -33515],
      [
        "an interface without a subnet",
        () => body("again", 42, { gatewaySubnet: null }),
        profile === "5.15" ? -1001 : -35930,
      ],
      ["a VLAN out of range", () => body("again", 4095), -1001],
      ["a name with a blank at its start", () => body(" again", 42), -1001],
      ["a text for a flag", () => body("again", 42, { igmpSnoopEnable: "false" }), -1001],
      ["a missing flag", () => body("again", 42, { igmpSnoopEnable: undefined }), -1001],
      [
        "a DHCP range outside the subnet",
        () => body("again", 42, { dhcpSettingsVO: { enable: true, ipaddrStart: "10.9.9.9", ipaddrEnd: "10.9.9.20" } }),
        -1001,
      ],
    ];
    for (const [what, make, code] of refused) {
      it(`refuses ${what} with ${code}`, async () => {
        expect(await client.call("POST", V1, make())).to.include({ status: 200, errorCode: code });
        expect(await client.find(V1, "name", "again")).to.equal(undefined);
      });
    }

    it("N3: a change that leaves something out sets it back", async () => {
      const { id } = await listedAs("guests");
      const first = await client.call(
        "PATCH",
        `${V1}/${String(id)}`,
        body("guests", 30, { mldSnoopEnable: true, domain: "g.lan" }),
      );
      expect(first.errorCode).to.equal(0);
      expect(await client.find(V1, "id", id)).to.include({ mldSnoopEnable: true, domain: "g.lan" });
      await client.call("PATCH", `${V1}/${String(id)}`, body("guests", 31));
      const after = await client.find(V1, "id", id);
      expect(after).to.include({ mldSnoopEnable: false, vlan: 31 });
      expect(after).to.not.have.property("domain");
    });

    it("does not change what the default network must be", async () => {
      const path = `${V1}/${String(lan["id"])}`;
      const same = { ...body("Default", 1), gatewaySubnet: "192.168.0.1/24" };
      expect((await client.call("PATCH", path, same)).errorCode).to.equal(0);
      const [first] = lan["interfaceIds"] as string[];
      expect((await client.call("PATCH", path, { ...same, interfaceIds: [first] })).errorCode).to.equal(-33527);
      expect((await client.call("PATCH", path, { ...same, vlanType: 1, vlans: "1-3" })).errorCode).to.equal(-33545);
    });

    it("deletes a network with its profile, and not while a port is in it", async () => {
      const { id } = await listedAs("iot");
      const profile = await client.find("lan-profiles", "name", "iot");
      const port = "switches/1C-61-B4-10-34-28/ports/9/profile";
      expect((await client.call("PUT", port, { profileId: profile?.["id"] })).errorCode).to.equal(0);
      expect((await client.call("DELETE", `${V1}/${String(id)}`)).errorCode).to.equal(-33566);
      const all = await client.find("lan-profiles", "name", "All");
      await client.call("PUT", port, { profileId: all?.["id"] });
      expect((await client.call("DELETE", `${V1}/${String(id)}`)).errorCode).to.equal(0);
      expect((await client.call("DELETE", `${V1}/${String(id)}`)).errorCode).to.equal(-33503);
      expect(await client.find("lan-profiles", "name", "iot")).to.equal(undefined);
    });
  });
}
