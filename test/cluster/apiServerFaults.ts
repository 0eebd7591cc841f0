import { expect } from "chai";
import { setTimeout as delay } from "node:timers/promises";
import {
  startControlPlane,
  type ControlPlane,
  type ControlPlaneOptions,
} from "../../hack/controlplane/controlPlane.ts";
import { installCrds } from "../../hack/installCrds.ts";
import { kubectl } from "../../hack/kubectl.ts";
import { ApiGate } from "./apiGate.ts";
import type { ControllerChild } from "./controllerChild.ts";
import { logged, looksFor, ONE_GUEST, tasksOf } from "./faultBed.ts";
import type { ParallelIt } from "./inParallel.ts";
import { withBed, type Bed } from "./labBed.ts";
import { THREE_GUESTS } from "./labObjects.ts";

const LEASE = ["--lease-duration-seconds", "5"];

/** What befalls a real API server and its etcd; each test has a control plane of its own, for nobody else could use it. */
export function testsOfAControlPlane(test: ParallelIt): void {
  test(
    "killed in the middle of a boot and started again a minute later: nothing is sent without the lease, nothing twice",
    () =>
      midBoot(async ({ bed, controller, controlPlane }) => {
        await controlPlane.apiServer.takeAway();
        await logged(bed, controller, "Lease lost");
        const since = await bed.host.mark();
        await looksFor(bed, 60);
        expect(await bed.host.mutations(since)).to.deep.equal([]);
        await controlPlane.apiServer.bringBack();
      }),
    240,
  );

  test(
    "frozen in the middle of a boot, its connections open: what it does with our requests when it thaws doubles nothing",
    () =>
      midBoot(async ({ bed, controller, controlPlane }) => {
        process.kill(controlPlane.apiServer.pid, "SIGSTOP");
        await logged(bed, controller, "Lease lost");
        const since = await bed.host.mark();
        await looksFor(bed, 15);
        expect(await bed.host.mutations(since)).to.deep.equal([]);
        process.kill(controlPlane.apiServer.pid, "SIGCONT");
      }),
    240,
  );

  test(
    "with an etcd that stands still for 12 s and then for 1.8 s of every 2 s: slower, and nothing is lost or doubled",
    () =>
      midBoot(async ({ bed, controller, controlPlane }) => {
        await slowly(controlPlane.etcdPid, () => bed.untilAll("Settled", 120));
        await logged(bed, controller, "Lease lost");
      }),
    240,
  );

  test(
    "and has compacted what a watch asks for: a real 410 relists, and what was missed is seen",
    () =>
      withControlPlane({ apiServerFlags: ["--watch-cache=false", "--etcd-compaction-interval=1s"] }, (controlPlane) => {
        const gate = new ApiGate(controlPlane);
        return withBed({ guests: ONE_GUEST, controlPlane, gate }, async (bed) => {
          const controller = await bed.start(...LEASE);
          await bed.applyLab();
          await bed.untilAll("Settled");
          gate.freezeWatches();
          const seen = await bed.kubectl("get", "hct", "db", "-o", "jsonpath={.metadata.resourceVersion}");
          await bed.kubectl("patch", "hct", "db", "--type=merge", "-p", '{"spec":{"powerState":"Stopped"}}');
          await compacted(bed, seen);
          expect(await tasksOf(bed, "vzshutdown")).to.equal(0);
          gate.endWatches();
          await bed.untilHost("a watch is told 410", async () =>
            (await controller.log()).find(({ error }) => String(error).includes("for the provided watch is too old")),
          );
          await bed.untilAll("Stopped");
          expect(await tasksOf(bed, "vzshutdown")).to.equal(1);
        });
      }),
    240,
  );
}

async function withControlPlane(
  options: ControlPlaneOptions,
  use: (controlPlane: ControlPlane) => Promise<void>,
): Promise<void> {
  const controlPlane = await startControlPlane({ ...options, log: (line) => process.stderr.write(`${line}\n`) });
  try {
    await installCrds(controlPlane);
    await use(controlPlane);
  } finally {
    await controlPlane.stop();
  }
}

interface MidBoot {
  readonly bed: Bed;
  readonly controller: ControllerChild;
  readonly controlPlane: ControlPlane;
}

/** The first guest's start is on its way when `befall` is called. In the end all is settled, and each was started once. */
async function midBoot(befall: (at: MidBoot) => Promise<void>): Promise<void> {
  await withControlPlane({}, (controlPlane) =>
    withBed({ guests: THREE_GUESTS, controlPlane }, async (bed) => {
      const controller = await bed.start(...LEASE);
      const delayed = { kind: "delay", ms: 500 };
      const held = await bed.fault({ method: "POST", path: "status/start$", count: 1, effect: delayed });
      await bed.applyLab();
      await bed.met(held);
      await befall({ bed, controller, controlPlane });
      await bed.untilAll("Settled", 90);
      for (const { vmid } of THREE_GUESTS) expect(await tasksOf(bed, "vzstart", vmid)).to.equal(1);
    }),
  );
}

/** Stops the process again and again until that is done; the first time for longer than a lease lasts. */
async function slowly(pid: number, until: () => Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const work = until().finally(() => {
    over.abort();
  });
  work.catch(() => undefined);
  for (let ms = 12_000; !over.signal.aborted; ms = 1_800) {
    process.kill(pid, "SIGSTOP");
    await delay(ms);
    process.kill(pid, "SIGCONT");
    await delay(200);
  }
  await work;
}

/** The API server itself knows nothing of that version any more. */
async function compacted(bed: Bed, version: string): Promise<void> {
  const containers = `/apis/homelab.neuralcodelab.com/v1alpha1/namespaces/${bed.namespace}/containers`;
  const watch = `${containers}?watch=1&timeoutSeconds=1&resourceVersion=${version}`;
  await bed.untilHost("compaction", async () => {
    const { stdout, stderr } = await kubectl(bed.controlPlane, ["get", "--raw", watch]);
    return /too old resource version|compacted|"code":410/.test(stdout + stderr) ? true : undefined;
  });
}
