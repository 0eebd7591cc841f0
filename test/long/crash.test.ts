import { expect } from "chai";
import { CrashLabs } from "../cluster/crashLabs.ts";
import { pointText, type CrashPoint } from "../cluster/crashPoints.ts";
import { boot, callsOf, crashRound } from "../cluster/crashRounds.ts";
import type { BedGuest } from "../cluster/labObjects.ts";

const AT_ONCE = 4;
const LAYERS = ["base", "core", "apps", "media"];

/** Four layers of three. */
const TWELVE: readonly BedGuest[] = LAYERS.flatMap((layer, level) =>
  [0, 1, 2].map((place) => ({ name: `${layer}${String(place)}`, vmid: 101 + 3 * level + place, layer })),
);

describe("A2, A3, L10: a boot of twelve guests, killed with SIGKILL at every call", () => {
  const labs = new CrashLabs(TWELVE);
  after(async function () {
    this.timeout(120_000);
    await labs.end();
  });

  it("ends like one that nobody disturbed, and starts every guest once", async function () {
    this.timeout(0);
    let points: readonly CrashPoint[] = [];
    await labs.use(async (lab) => {
      points = pointsOf(await callsOf(lab, boot));
    });
    const left = [...points];
    const failures: string[] = [];
    let killed = 0;
    const work = async (): Promise<void> => {
      for (let point = left.shift(); point !== undefined; point = left.shift()) {
        const here = point;
        await labs
          .use(async (lab) => {
            if (await crashRound(lab, boot, here, true)) killed += 1;
          })
          .catch((error: unknown) => failures.push(`${pointText(here)}: ${String(error)}`));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(failures).to.deep.equal([]);
    // How often it looks depends on how fast it goes; what it changes does not.
    expect(killed).to.be.above(points.length * 0.7);
  });
});

/** The first, second, … of each kind; what changes something is killed before and after its effect. */
function pointsOf(calls: ReadonlyMap<string, number>): readonly CrashPoint[] {
  return [...calls].flatMap(([call, times]) =>
    Array.from({ length: times }, (_, skip) => skip).flatMap((skip): readonly CrashPoint[] => {
      const at = /^[A-Z]+ \//.test(call) ? "proxmox" : "kubernetes";
      const before: CrashPoint = { at, call, when: "before", skip };
      return call.startsWith("GET ") ? [before] : [before, { ...before, when: "after" }];
    }),
  );
}
