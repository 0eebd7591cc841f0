import type { ApiGate, GateRequest } from "./apiGate.ts";
import type { Bed } from "./labBed.ts";

/** A call of the controller to the outside; the process is killed while it is in flight. */
export interface CrashPoint {
  readonly at: "proxmox" | "kubernetes";
  /** Kind of the call as `proxmoxKind` and `kubernetesKind` name it. */
  readonly call: string;
  /** Before it has its effect, or after, with the answer still on its way. */
  readonly when: "before" | "after";
  /** How many of its kind pass first. */
  readonly skip?: number;
}

export function pointText({ at, call, when, skip = 0 }: CrashPoint): string {
  const nth = skip === 0 ? "" : ` (number ${String(skip + 1)})`;
  return `${when} ${call} at ${at}${nth}`;
}

/** "POST /nodes/NODE/lxc/VMID/status/start": one name for all calls of a kind. */
export function proxmoxKind({ method, path }: { readonly method: string; readonly path: string }): string {
  const plain = path
    .replace(/\/tasks\/UPID:[^/]+/, "/tasks/UPID")
    .replace(/^\/nodes\/[^/]+/, "/nodes/NODE")
    .replace(/\/(lxc|qemu)\/\d+/, "/$1/VMID")
    .replace(/\/storage\/[^/]+/, "/storage/STORAGE");
  return `${method} ${plain}`;
}

/** What a write to the API server is, by what it says; undefined for reads. */
export function kubernetesKind({ method, path, body }: GateRequest): string | undefined {
  if (method === "GET") return undefined;
  const [, resource, , sub] = /\/namespaces\/[^/]+\/([a-z]+)(?:\/([^/?]+)(?:\/([a-z]+))?)?/.exec(path) ?? [];
  const what = sub === "status" && isGuests(resource) ? ` (${statusWords(body)})` : "";
  return `${method} ${resource ?? path}${sub === undefined ? "" : `/${sub}`}${what}`;
}

function isGuests(resource: string | undefined): boolean {
  return resource === "containers" || resource === "virtualmachines";
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

/** The three patches around a task: intent, receipt, end. */
function statusWords(body: string): string {
  const changes = (JSON.parse(body) as readonly Operation[]).filter(({ op }) => op !== "test");
  const tells = (op: string, path: string): boolean =>
    changes.some((change) => change.op === op && change.path === path);
  const whole = changes.find(({ path }) => path === "/status");
  if (tells("add", "/status/task/upid")) return "receipt";
  if (tells("replace", "/status/task/startTime")) return "intent";
  if (tells("add", "/status/task") || JSON.stringify(whole?.value ?? {}).includes('"task"')) return "intent";
  if (tells("remove", "/status/task")) return "end of task";
  return "report";
}

/** Arms the point; what it gives resolves when the call is held there. */
export async function arm(bed: Bed, gate: ApiGate, point: CrashPoint): Promise<() => Promise<void>> {
  if (point.at === "kubernetes") return armGate(gate, point);
  const [method = "", path = ""] = point.call.split(" ");
  const pattern = path
    .replace("UPID", "UPID:[^/]+")
    .replace("NODE", "[^/]+")
    .replace("VMID", "\\d+")
    .replace("STORAGE", "[^/]+");
  const since = await bed.host.mark();
  const fault = await bed.fault({
    method,
    path: `^${pattern}$`,
    count: 1,
    skip: point.skip ?? 0,
    effect: { kind: "silence", when: point.when },
  });
  return async () => {
    await bed.untilHost(`the controller is held ${pointText(point)}`, async () =>
      (await bed.host.all(since)).find((call) => call.fault === fault),
    );
  };
}

function armGate(gate: ApiGate, point: CrashPoint): () => Promise<void> {
  const held = Promise.withResolvers<undefined>();
  let left = point.skip ?? 0;
  let met: GateRequest | undefined;
  gate.rule = (request) => {
    if (met !== undefined || kubernetesKind(request) !== point.call) return undefined;
    if (left-- > 0) return undefined;
    met = request;
    if (point.when === "before") held.resolve(undefined);
    return { is: "silence", when: point.when };
  };
  gate.onPassed = (request) => {
    if (request === met) held.resolve(undefined);
  };
  return async () => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new Error(`the controller was never held ${pointText(point)}`));
    }, REACH_MS);
    await Promise.race([held.promise, late.promise]).finally(() => {
      clearTimeout(timer);
    });
  };
}

const REACH_MS = 45_000;

/** Everything passes again. */
export async function disarm(bed: Bed, gate: ApiGate): Promise<void> {
  gate.rule = () => undefined;
  gate.onPassed = () => undefined;
  await bed.simulator.admin("DELETE", "/faults");
}
