import { expect } from "chai";
import { startProxmoxSimulator, type RunningSimulator } from "./proxmox/startProxmoxSimulator.ts";
import { recordings, RECORDINGS_ARE_HERE } from "./recordings/recording.ts";
import { Replayer } from "./recordings/replay.ts";
import { SCENES } from "./recordings/scenes.ts";

describe("recorded answers of Proxmox VE's own code", () => {
  if (!RECORDINGS_ARE_HERE) {
    it("are not replayed: the recordings are not beside this checkout", () => {
      expect(Object.keys(SCENES)).to.include("auth");
    });
    return;
  }
  let replayed = 0;
  let leftOut = 0;

  after(() => {
    process.stdout.write(
      `    ${String(replayed)} recorded answers compared, ${String(leftOut)} left out (reasons in recordings/scenes.ts)\n`,
    );
  });

  for (const [file, scene] of Object.entries(SCENES)) {
    describe(file, () => {
      let simulator: RunningSimulator;
      let replayer: Replayer;

      before(async () => {
        simulator = await startProxmoxSimulator(scene.options);
        replayer = new Replayer(simulator);
        await replayer.login("root@pam", "rootpass123");
        await scene.setup?.(simulator, replayer);
      });

      after(() => simulator.stop());

      const exchanges = recordings(file);

      it("leaves out only exchanges that exist, each with a reason", () => {
        const names = exchanges.map((exchange) => exchange.name);
        expect(names).to.include.members(Object.keys(scene.leftOut));
        expect(names).to.include.members(Object.keys(scene.before ?? {}));
      });

      for (const exchange of exchanges) {
        if (scene.leftOut[exchange.name] !== undefined) {
          leftOut += 1;
          continue;
        }
        it(`${exchange.name} is answered as it was${exchange.note === undefined ? "" : ` (${exchange.note})`}`, async () => {
          await scene.before?.[exchange.name]?.(simulator, replayer);
          const differences = await replayer.replay(exchange, scene.headers?.[exchange.name]);
          replayed += 1;
          expect(differences).to.deep.equal([]);
        });
      }
    });
  }
});
