import { kubernetesKind, type CrashPoint } from "./crashPoints.ts";
import type { ControllerChild } from "./controllerChild.ts";
import type { CrashLab } from "./crashRounds.ts";

/** A call about one object. `call` at Proxmox is method and whole path; at Kubernetes it is a kind, about `object`. */
export interface SweepPoint extends CrashPoint {
  /** "containers/db" */
  readonly object: string;
}

const REACH_SECONDS = 90;

/**
 * Whenever a call is held at one of the points the controller is killed and another one goes on, until all points were
 * met; the last one is given back, running.
 */
export async function killedAtEach(
  lab: CrashLab,
  points: readonly SweepPoint[],
  life: { readonly first: ControllerChild; readonly begin: () => Promise<void> },
): Promise<ControllerChild> {
  const { bed } = lab;
  let controller = life.first;
  const unmet = await armAll(lab, points);
  await life.begin();
  for (let met = await unmet(); met > 0; met = await unmet(met)) {
    await controller.kill();
    await bed.kubectl("delete", "lease", "homelab-controller", "--ignore-not-found");
    controller = await bed.start();
  }
  return controller;
}

/** Arms all points. The answer waits until more are met than `before`, and says how many; 0 once all were told. */
async function armAll(
  { bed, gate }: CrashLab,
  points: readonly SweepPoint[],
): Promise<(before?: number) => Promise<number>> {
  const since = await bed.host.mark();
  const met = new Set<SweepPoint>();
  const faults = new Map<string, SweepPoint>();
  const atGate = points.filter(({ at }) => at === "kubernetes").map((point) => ({ point, left: point.skip ?? 0 }));
  for (const point of points.filter(({ at }) => at === "proxmox")) {
    const [method = "", path = ""] = point.call.split(" ");
    const effect = { kind: "silence", when: point.when };
    faults.set(await bed.fault({ method, path: `^${path}$`, count: 1, skip: point.skip ?? 0, effect }), point);
  }
  gate.rule = (request) => {
    const armed = atGate.find(
      ({ point }) =>
        !met.has(point) &&
        point.call === kubernetesKind(request) &&
        new RegExp(`/${point.object}(/|$)`).test(request.path.split("?")[0] ?? ""),
    );
    if (armed === undefined || armed.left-- > 0) return undefined;
    met.add(armed.point);
    return { is: "silence", when: armed.point.when };
  };
  return async (before = 0) => {
    if (before === points.length) return 0;
    return bed.untilHost(
      `more than ${String(before)} of ${String(points.length)} points met`,
      async () => {
        const asked = await bed.host.all(since);
        for (const [id, point] of faults) if (asked.some((call) => call.fault === id)) met.add(point);
        return met.size > before ? met.size : undefined;
      },
      REACH_SECONDS,
    );
  };
}
