import { expect } from "chai";
import { segmentNames } from "../../controller/import/siteSegments.ts";
import { wlanManifests } from "../../controller/import/siteWlans.ts";
import type { SiteSeen } from "../../controller/providers/omadaSeen.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeOmada } from "../fakes/omada.ts";
import { FAKE, WLAN_GROUP } from "../fakes/omadaSite.ts";

const PATIO = "1C:61:B4:22:50:0E";

/** A look at a site with two access points; `change` is what its people did before. */
async function look(change: (site: FakeOmada) => void): Promise<SiteSeen> {
  const clock = new FakeClock();
  const site = new FakeOmada(clock);
  site.addDevice({ mac: PATIO, role: "AccessPoint", name: "Patio" });
  for (const [id, groupId] of [
    ["home", WLAN_GROUP],
    ["garden", "wlan-group-1"],
  ] as const)
    site.wlans.add(id, { id, groupId, ssid: id, bands: ["5GHz"], hidden: false, security: "Open", guest: false });
  change(site);
  const port = site.port();
  port.want("import", new Set(["wlans", "broadcasts", "networks"]));
  for (let waited = 0; waited < 60 && port.seen()?.wlans?.length !== 2; waited += 1) await clock.advance(1_000);
  return port.seen() ?? expect.fail("no look");
}

const names = new Map([
  [FAKE.ap, "antenitas"],
  [PATIO, "patio"],
]);

/** Of each SSID its group, its access points and what is remarked. */
function written(seen: SiteSeen): readonly unknown[] {
  const { manifests } = wlanManifests(seen, segmentNames([], []), names);
  return manifests.map(({ name, spec, remarks }) => [name, spec["wlanGroup"], spec["deviceRefs"], remarks]);
}

describe("the access points of SSIDs that are imported", () => {
  it("are not declared in a site with one WLAN group: a new one shall broadcast them too", async () => {
    expect(written(await look(() => undefined))).to.deep.include(["home", undefined, undefined, []]);
  });

  it("are declared where there are several", async () => {
    const seen = await look((site) => {
      site.device("Patio").wlanGroupId = site.addWlanGroup("Garden");
    });
    expect(written(seen)).to.deep.equal([
      ["home", undefined, ["antenitas"], []],
      ["garden", "Garden", ["patio"], []],
    ]);
  });

  it("are left as they are, with a remark, where a list would not say it", async () => {
    const seen = await look((site) => {
      site.addWlanGroup("Garden");
      site.switchSsid("Patio", "home", false);
    });
    expect(written(seen)).to.deep.equal([
      ["home", undefined, undefined, ["Who broadcasts it is left as it is: Patio has SSIDs switched off."]],
      ["garden", "Garden", undefined, ["No access point is in its WLAN group, so nobody broadcasts it."]],
    ]);
    const away = await look((site) => {
      site.addWlanGroup("Garden");
      site.unplug("Patio");
    });
    expect(JSON.stringify(written(away))).to.include("not every access point was connected");
  });
});
