import { expect } from "chai";
import { setTimeout as delay } from "node:timers/promises";
import { startControlPlane, type ControlPlane } from "../../hack/controlplane/controlPlane.ts";
import { installCrds } from "../../hack/installCrds.ts";
import { kubectlOrThrow } from "../../hack/kubectl.ts";
import { ApiGate, type GateEffect } from "./apiGate.ts";
import { sharedControlPlane } from "./harness.ts";
import { inParallel } from "./inParallel.ts";
import { testsOfAControlPlane } from "./apiServerFaults.ts";
import { logged, looks, looksFor, ONE_GUEST, tasksOf } from "./faultBed.ts";
import { readyReason, withBed, type Bed } from "./labBed.ts";
import { THREE_GUESTS } from "./labObjects.ts";
import type { ControllerChild } from "./controllerChild.ts";

const MINUTE_MS = 60_000;

async function withGate(
  use: (bed: Bed, gate: ApiGate, controller: ControllerChild) => Promise<void>,
  guests = ONE_GUEST,
): Promise<void> {
  const gate = new ApiGate(await sharedControlPlane());
  await withBed({ guests, gate }, async (bed) => {
    await use(bed, gate, await bed.start("--lease-duration-seconds", "5"));
  });
}

function refusing(gate: ApiGate, status: number, message: string): void {
  const effect: GateEffect = { is: "status", status, message };
  gate.rule = () => effect;
}

describe("P2: the API server is away", () => {
  const test = inParallel(6);

  testsOfAControlPlane(test);

  test(
    "for a minute in the middle of a boot: nothing is sent without the lease, and it goes on by itself",
    () =>
      withGate(async (bed, gate, controller) => {
        const held = await bed.fault({
          method: "POST",
          path: "status/start$",
          count: 1,
          effect: { kind: "delay", ms: 500 },
        });
        await bed.applyLab();
        await bed.met(held);
        await gate.shut();
        await logged(bed, controller, "Lease lost");
        const since = await bed.host.mark();
        await looksFor(bed, 60);
        expect(await bed.host.mutations(since)).to.deep.equal([]);
        await gate.open();
        await bed.untilAll("Settled");
        for (const { vmid } of THREE_GUESTS) expect(await tasksOf(bed, "vzstart", vmid)).to.equal(1);
        expect((await controller.log()).filter((line) => line.message === "Lease acquired")).to.have.lengthOf(2);
      }, THREE_GUESTS),
    180,
  );

  test(
    "P1: for a controller that was paused for a minute in the middle of a boot: it sends nothing stale, and goes on",
    () =>
      withGate(async (bed, _gate, controller) => {
        const delayed = { kind: "delay", ms: 500 };
        const held = await bed.fault({ method: "POST", path: "status/start$", count: 1, effect: delayed });
        await bed.applyLab();
        await bed.met(held);
        controller.signal("SIGSTOP");
        const since = await bed.host.mark();
        await bed.kubectl("patch", "hct", "web", "--type=merge", "-p", '{"spec":{"powerState":"Stopped"}}');
        // The fault itself: nothing happens meanwhile that could be waited for.
        await delay(MINUTE_MS);
        controller.signal("SIGCONT");
        await logged(bed, controller, "Lease lost");
        await bed.until("the others run, web is left down", ({ containers }) =>
          containers.every((guest) => readyReason(guest) === (guest.metadata.name === "web" ? "Stopped" : "Settled")),
        );
        const started = (await bed.host.mutations(since)).filter((call) => call.path.includes("/103/status/start"));
        expect(started).to.deep.equal([]);
        for (const vmid of [101, 102]) expect(await tasksOf(bed, "vzstart", vmid)).to.equal(1);
      }, THREE_GUESTS),
    180,
  );

  for (const [status, message] of [
    [429, "too many requests"],
    [500, "etcdserver: request timed out"],
    [410, "too old resource version"],
  ] as const)
    test(`and answers ${String(status)} to everything for some seconds: it lists again and misses nothing`, () =>
      withGate(async (bed, gate) => {
        await bed.applyLab();
        await bed.untilAll("Settled");
        refusing(gate, status, message);
        await gate.shut();
        await gate.open();
        await bed.kubectl("patch", "hct", "db", "--type=merge", "-p", '{"spec":{"powerState":"Stopped"}}');
        await looks(bed, 3);
        expect(await tasksOf(bed, "vzshutdown")).to.equal(0);
        gate.rule = () => undefined;
        await bed.untilAll("Stopped");
        expect(await tasksOf(bed, "vzshutdown")).to.equal(1);
      }));

  test(
    "only for watches, silently: within minutes they are taken for dead, and what was missed is seen",
    () =>
      withGate(async (bed, gate, controller) => {
        await bed.applyLab();
        await bed.untilAll("Settled");
        gate.freezeWatches();
        await bed.kubectl("patch", "hct", "db", "--type=merge", "-p", '{"spec":{"powerState":"Stopped"}}');
        await bed.untilHost(
          "a watch is taken for dead",
          async () => (await controller.log()).find(({ error }) => String(error).includes("no event and no bookmark")),
          160,
        );
        await bed.untilAll("Stopped", 60);
        expect(await tasksOf(bed, "vzshutdown")).to.equal(1);
      }),
    300,
  );
});

describe("P2: a control plane of its own", () => {
  let controlPlane: ControlPlane;
  before(async function () {
    this.timeout(180_000);
    controlPlane = await startControlPlane({ log: (line) => process.stderr.write(`${line}\n`) });
  });
  after(async function () {
    this.timeout(60_000);
    await controlPlane.stop();
  });

  it("CRDs applied after the controller started are waited for, and the lab boots", () =>
    withBed({ guests: ONE_GUEST, controlPlane }, async (bed) => {
      const controller = await bed.start();
      await logged(bed, controller, "Kind is not installed, waiting for it");
      await installCrds(controlPlane);
      await bed.applyLab();
      await bed.untilAll("Settled");
      expect(await controller.stop()).to.equal(0);
    }));

  it("CRDs taken away and applied again: nothing is stopped or destroyed, and the lab is found as it was", () =>
    withBed({ guests: ONE_GUEST, controlPlane }, async (bed) => {
      const controller = await bed.start();
      await bed.applyLab();
      await bed.untilAll("Settled");
      const since = await bed.host.mark();
      await kubectlOrThrow(controlPlane, ["delete", "crd", "--all", "--timeout=60s"]);
      await logged(bed, controller, "Kind is not installed, waiting for it");
      await installCrds(controlPlane);
      await bed.applyLab();
      await bed.untilAll("Settled", 60);
      expect(await bed.host.mutations(since)).to.deep.equal([]);
    }));
});
