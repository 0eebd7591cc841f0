import { silentLog } from "../../controller/base/log.ts";
import { ProviderError } from "../../controller/base/outcome.ts";
import type {
  ClusterSeen,
  GuestRef,
  GuestSeen,
  NodeSeen,
  ProxmoxPort,
  TaskSeen,
} from "../../controller/providers/port.ts";
import { Boots } from "../../controller/providers/proxmox/nodes.ts";
import { Quiet } from "../../controller/providers/shared/quiet.ts";
import { isGoodExit } from "../../controller/providers/proxmox/tasks.ts";
import { View } from "../../controller/providers/shared/view.ts";
import type { FakeCluster, FakeFault, FakePortOptions } from "./proxmoxCluster.ts";
import type { FakeGuest } from "./proxmoxGuest.ts";
import { snapshotsOf } from "./proxmoxSnapshots.ts";
import { configOf } from "./proxmoxGuest.ts";
import { immovable } from "./proxmoxMigration.ts";
import { fakeMutations } from "./proxmoxMutations.ts";
import { obstacles } from "./proxmoxObstacles.ts";
import type { FakeTask } from "./proxmoxTasks.ts";
import { refusal } from "./proxmoxWorld.ts";

/** State of one connection: sequence numbers, what it saw of boots, its poller. */
export class FakePort {
  readonly port: ProxmoxPort;
  readonly world: FakeCluster;
  readonly identity: string;
  readonly view: View<ClusterSeen>;
  readonly #quiet: Quiet;
  readonly #boots = new Boots();
  #sequence: number;

  constructor(world: FakeCluster, options: FakePortOptions) {
    this.world = world;
    this.identity = options.identity ?? "ops@pve!ctl";
    this.#sequence = options.firstSequence ?? 1;
    this.#quiet = new Quiet(world.clock);
    this.view = new View({
      clock: world.clock,
      log: options.log ?? silentLog,
      product: "Proxmox",
      pollIntervalSeconds: options.pollIntervalSeconds ?? 10,
      busyMs: 1_000,
      look: () => this.call("look", undefined, (sequence) => this.#look(sequence)),
      nextTryTime: () => this.#quiet.nextTryTime,
    });
    const allowed = (): void => {
      if (!this.view.sure) throw new ProviderError("unreachable", "Proxmox did not answer the last look");
      options.allowed?.();
    };
    this.port = { ...this.#own(), ...this.#reads(), ...fakeMutations(this, allowed) };
    this.view.begin();
  }

  /** One request: sequence, credentials, reachability, faults, latency. */
  async call<T>(on: FakeFault["on"], node: string | undefined, run: (sequence: number) => T): Promise<T> {
    if (!this.#quiet.admits()) throw new ProviderError("unauthorized", "waiting before another try", { status: 401 });
    const sequence = this.#sequence++;
    const fault = this.world.enter(on);
    const outcome = Promise.resolve().then(() => {
      this.world.reach(node);
      if (this.world.unauthorized) throw refusal(401, "Authentication failed!");
      if (fault?.when === "before") throw fault.error;
      const result = run(sequence);
      if (fault?.when === "after") throw fault.error;
      return result;
    });
    const settled = await Promise.allSettled([outcome]);
    if (this.world.latencyMs > 0) await this.world.clock.sleep(this.world.latencyMs, new AbortController().signal);
    const refused = settled[0].status === "rejected" && (settled[0].reason as ProviderError).status === 401;
    if (refused) this.#quiet.refused();
    else if (settled[0].status === "fulfilled") this.#quiet.answered();
    return outcome;
  }

  #look(sequence: number): ClusterSeen {
    const { world } = this;
    const now = { time: world.time(), monotonic: world.clock.monotonic() };
    const clock = { time: now.time, clockOffsetMs: now.time - now.monotonic };
    const nodes = [...world.nodes.values()].map((node): NodeSeen => {
      const up = { ...now, uptime: Math.floor((now.time - node.bootTime) / 1000) };
      return node.online ? this.#boots.online(node.name, world.version, up, clock) : this.#boots.offline(node.name);
    });
    const nodeTasks = [...world.nodes.keys()].flatMap((name) => {
      const task = world.tasks.running(name).find((one) => one.id === "");
      return task === undefined ? [] : [[name, seenTask(task)] as const];
    });
    const guests = [...world.guests.values()].filter((guest) => !guest.hidden);
    return {
      sequence,
      version: world.version,
      nodes: new Map(nodes.map((node) => [node.name, node])),
      guests: new Map(guests.map((guest) => [guest.vmid, this.#seenGuest(guest, sequence)])),
      nodeTasks: new Map(nodeTasks),
    };
  }

  #seenGuest(guest: FakeGuest, sequence: number): GuestSeen {
    const online = this.world.nodes.get(guest.node)?.online === true;
    const { startedAt } = guest;
    return {
      type: guest.type,
      node: guest.node,
      vmid: guest.vmid,
      name: guest.lock === "create" ? "" : guest.name,
      power: online ? guest.power : "Unknown",
      ...(online && startedAt !== undefined ? { startTime: Math.floor(startedAt / 1000) * 1000 } : {}),
      tags: guest.lock === "create" ? [] : [...guest.tags].toSorted(),
      template: guest.template,
      ...(guest.lock === undefined ? {} : { lock: guest.lock }),
      ...(guest.ha === undefined ? {} : { ha: guest.ha }),
      sequence,
    };
  }

  /** The guest as the asked node knows it. */
  existing(ref: GuestRef): FakeGuest {
    const guest = this.world.guests.get(ref.vmid);
    const path = ref.type === "lxc" ? "lxc" : "qemu-server";
    if (guest?.hidden === true) throw refusal(403, `Permission check failed (/vms/${String(ref.vmid)}, VM.Audit)`);
    if (guest?.node === ref.node && guest.type === ref.type) return guest;
    throw refusal(500, `Configuration file 'nodes/${ref.node}/${path}/${String(ref.vmid)}.conf' does not exist`);
  }

  #own(): Pick<
    ProxmoxPort,
    "seen" | "sure" | "reach" | "tlsVerified" | "identity" | "onChange" | "hurry" | "keepBusy" | "mark" | "close"
  > {
    const { view } = this;
    return {
      seen: () => view.seen(),
      sure: () => view.sure,
      reach: () => view.reach(),
      tlsVerified: true,
      identity: this.identity,
      onChange: (listener) => view.onChange(listener),
      hurry: () => {
        view.hurry();
      },
      keepBusy: (key, busy) => {
        view.keepBusy(key, busy);
      },
      mark: () => this.#sequence,
      close: () => {
        view.close();
      },
    };
  }

  #reads(): Pick<
    ProxmoxPort,
    | "permissions"
    | "readGuest"
    | "readConfig"
    | "readAddresses"
    | "proveAbsence"
    | "tasks"
    | "taskState"
    | "taskLog"
    | "losses"
    | "snapshots"
    | "canSnapshot"
    | "bridges"
    | "createObstacles"
    | "hasVolume"
    | "migrationObstacles"
  > {
    const { world } = this;
    return {
      permissions: () => this.call("permissions", undefined, () => world.permissions),
      readGuest: (ref) => this.call("readGuest", ref.node, (sequence) => this.#seenGuest(this.existing(ref), sequence)),
      readConfig: (ref) => this.call("readConfig", ref.node, () => configOf(this.existing(ref))),
      readAddresses: (ref) =>
        this.call("readAddresses", ref.node, () => {
          const guest = this.existing(ref);
          return guest.power === "Running" ? [...guest.addresses] : [];
        }),
      proveAbsence: async (vmid) =>
        this.call("proveAbsence", undefined, () => {
          if (world.guests.has(vmid)) return "taken" as const;
          return world.quorate ? ("absent" as const) : ("unknown" as const);
        }).catch((error: unknown) => {
          if (error instanceof ProviderError && error.kind === "unreachable") return "unknown";
          throw error;
        }),
      tasks: (node, query) =>
        this.call("tasks", node, () =>
          world.tasks.all
            .filter((task) => task.node === node && (query.since ?? 0) <= task.startTime)
            .filter((task) => query.vmid === undefined || task.id === String(query.vmid))
            .filter((task) => query.activeOnly !== true || task.exit === undefined)
            .map(seenTask)
            .toReversed(),
        ),
      taskState: (upid) =>
        this.call("taskState", undefined, () => {
          const task = world.tasks.find(upid);
          if (task === undefined) return { is: "lost" as const };
          if (task.exit === undefined) return { is: "running" as const };
          return { is: "ended" as const, ok: isGoodExit(task.exit), exit: task.exit };
        }),
      taskLog: (upid) => this.call("taskLog", undefined, () => world.tasks.find(upid)?.log ?? []),
      losses: (ref) => this.call("losses", ref.node, () => losses(this.existing(ref))),
      snapshots: (ref) => this.call("snapshots", ref.node, () => snapshotsOf(this.existing(ref))),
      canSnapshot: (ref) => this.call("canSnapshot", ref.node, () => this.existing(ref).canSnapshot),
      bridges: (node) => this.call("bridges", node, () => [...world.bridges]),
      migrationObstacles: (ref, target) =>
        this.call("migrationObstacles", ref.node, () => immovable(world, this.existing(ref), target)),
      hasVolume: (node, volume) => this.call("hasVolume", node, () => world.images.has(volume)),
      createObstacles: (create) => this.call("createObstacles", create.node, () => obstacles(world, create)),
    };
  }
}

function losses(guest: FakeGuest): readonly string[] {
  return [
    ...guest.unused.map((volume) => `unused volume ${volume}`),
    ...guest.replicationJobs.map((id) => `replication job ${id}`),
    ...(guest.ha === undefined ? [] : ["HA resource"]),
    ...guest.backupJobs.map((id) => `backup job ${id}`),
  ];
}

function seenTask(task: FakeTask): TaskSeen {
  return { ...task };
}
