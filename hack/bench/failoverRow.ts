import { setTimeout as delay } from "node:timers/promises";
import { kubectlOrThrow } from "../kubectl.ts";
import { containersOf, NAMESPACE } from "../demo/demoManifests.ts";
import { withLab, type LiveLab } from "./liveLab.ts";
import type { Row, RowResult } from "./row.ts";
import { spreadOf } from "./statistics.ts";
import { decimals } from "./table.ts";

const DEADLINE_SECONDS = 120;

interface Failover {
  /** As the Lease says. */
  readonly leaseSeconds: number;
  /** From the kill of the leader to the start call of the guest that crashed in that moment. */
  readonly seconds: number;
}

export const failoverRow: Row = {
  name: "failover",
  about: "the leader is killed, and a guest with it: to its start by the next leader (aim lease + 2 s)",
  async run(context) {
    const failovers: Failover[] = [];
    for (let number = 1; number <= context.runs; number++) {
      context.say(`failover: run ${String(number)} of ${String(context.runs)} …`);
      failovers.push(await withLab(context, {}, failOver));
      context.say(`failover: ${decimals(failovers.at(-1)?.seconds, 2)} s`);
    }
    return resultOf(failovers);
  },
};

async function failOver(lab: LiveLab): Promise<Failover> {
  const { stage, witness, signal } = lab;
  const leader = await lab.startController();
  await lab.applyLab();
  const containers = containersOf(stage.lab);
  await lab.untilSettled(containers.length, DEADLINE_SECONDS);
  const holder = (await leaseOf(lab)).holder;
  await lab.startController();
  await delay(5_000, undefined, { signal });
  const lease = await leaseOf(lab);
  if (lease.holder !== holder) throw new Error(`the lease went from ${holder} to ${lease.holder} with nobody killed`);
  const vmid = containers[0]?.spec.vmid ?? NaN;
  const killed = Date.now();
  await leader.kill();
  await witness.crash(vmid);
  for (;;) {
    const asked = await witness.asked("start", vmid, killed);
    if (asked !== undefined) return { leaseSeconds: lease.seconds, seconds: (asked - killed) / 1000 };
    if (Date.now() - killed > DEADLINE_SECONDS * 1000) throw new Error("nobody took over");
    await delay(100, undefined, { signal });
  }
}

async function leaseOf({ stage }: LiveLab): Promise<{ readonly holder: string; readonly seconds: number }> {
  const args = ["get", "lease", "homelab-controller", "--namespace", NAMESPACE, "--output", "json"];
  const { spec } = JSON.parse(await kubectlOrThrow(stage.controlPlane, args)) as {
    readonly spec: { readonly holderIdentity: string; readonly leaseDurationSeconds: number };
  };
  return { holder: spec.holderIdentity, seconds: spec.leaseDurationSeconds };
}

function resultOf(failovers: readonly Failover[]): RowResult {
  const spread = spreadOf(failovers.map(({ seconds }) => seconds));
  const lease = failovers[0]?.leaseSeconds;
  const table = {
    title: "The leader is killed",
    columns: ["", "count", "median", "max"],
    rows: [
      [
        "killed → start call by the next leader, s",
        String(failovers.length),
        decimals(spread?.median, 2),
        decimals(spread?.max, 2),
      ],
      ["lease duration, s", "", decimals(lease, 0), ""],
    ],
  };
  return { row: "failover", tables: [table], data: { failovers } };
}
