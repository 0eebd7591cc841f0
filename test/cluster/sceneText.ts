import { objectsIn, type Scene } from "../../hack/demo/scene.ts";

interface Told {
  readonly kind?: string;
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** All that the API server shows of a lab, a line each: what a failed wait saw last. */
export function describeScene(scene: Scene): string {
  const lines = objectsOf(scene).map((object) => (object === undefined ? "(not there)" : line(object)));
  const events = scene.happenings.map(({ regarding, reason, note }) => `${regarding.name}: ${reason}: ${note ?? ""}`);
  return [...lines, "events:", ...events.slice(-20)].join("\n  ");
}

function line({ kind, metadata, status }: Told): string {
  const ready = status?.conditions?.find((condition) => condition.type === "Ready");
  const { conditions: _, ...rest } = status ?? {};
  return `${kind ?? ""} ${metadata.name}: ${JSON.stringify(ready ?? "no condition")} ${JSON.stringify(rest)}`;
}

/** Conditions and events, a line each. */
export function linesOf(scene: Scene): readonly string[] {
  const conditions = objectsOf(scene).flatMap((object) =>
    (object?.status?.conditions ?? []).map(
      ({ type, status, reason, message }) => `${object?.metadata.name ?? ""} ${type}=${status} ${reason}: ${message}`,
    ),
  );
  const events = scene.happenings.map(
    ({ regarding, reason, note }) => `${regarding.name} event ${reason}: ${note ?? ""}`,
  );
  return [...conditions, ...events];
}

function objectsOf(scene: Scene): readonly (Told | undefined)[] {
  const { homelab, cluster, layers, containers, network } = scene;
  return [homelab, cluster, ...layers, ...containers, ...objectsIn(network)] as readonly (Told | undefined)[];
}
