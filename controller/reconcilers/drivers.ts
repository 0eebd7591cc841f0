import { Container, VirtualMachine } from "../api/index.ts";
import { keyText, type Key } from "../api/meta.ts";
import type { Reconciler } from "../runtime/reconcile.ts";
import { ClientWatch } from "./network/clientWatch.ts";
import { clusterDriver } from "./lab/clusterDriver.ts";
import type { Connections } from "./shared/connections.ts";
import { GuestBrake } from "./guests/guestBrake.ts";
import { guestDriver } from "./guests/guestDriver.ts";
import type { GuestMemory } from "./lab/guestMemory.ts";
import { GuestWorkshop } from "./guests/guestWorkshop.ts";
import type { WorkshopParts } from "./guests/workshopParts.ts";
import { homelabDriver } from "./lab/homelabDriver.ts";
import type { LabSource } from "./lab/labSource.ts";
import { layerDriver } from "./lab/layerDriver.ts";
import type { MachinePorts } from "./machinePorts.ts";
import { networkDrivers } from "./network/networkDrivers.ts";
import { NetworkShop } from "./network/networkShop.ts";
import { NodeTasks } from "./shared/nodeTasks.ts";
import type { OmadaConnections } from "./network/omadaConnections.ts";
import { OmadaDeletions } from "./network/omadaDeletions.ts";
import type { Preflights } from "./lab/preflights.ts";
import type { Rivals } from "./lab/rivals.ts";
import type { SelfFinder } from "./lab/selfFinder.ts";
import { SiteLanes } from "./network/siteLanes.ts";
import { snapshotDriver } from "./snapshots/snapshotDriver.ts";
import type { SnapshotMemory } from "./snapshots/snapshotMemory.ts";
import { TaskSlots } from "./shared/taskSlots.ts";
import type { TaskWatch } from "./shared/taskWatch.ts";

export type AnyDriver = ConstructorParameters<typeof Reconciler>[0];

/** What the drivers share. */
export interface DriverParts {
  readonly ports: Pick<MachinePorts, "clock" | "store" | "kube" | "health" | "ownAddresses">;
  readonly connections: Connections;
  readonly sites: OmadaConnections;
  readonly memory: GuestMemory;
  readonly snapshots: SnapshotMemory;
  readonly labs: LabSource;
  readonly self: SelfFinder;
  readonly preflights: Preflights;
  readonly rivals: Rivals;
  readonly slots: TaskSlots;
  readonly taskWatch: TaskWatch;
  /** Puts an object into the queue; its key as text. */
  readonly wake: (text: string) => void;
  /** Privileges, or what is known of the controller's own guest, are other than before. */
  readonly onKnown: (namespace: string) => void;
}

export interface DriverOf {
  readonly driver: AnyDriver;
  /** Small goes first. */
  readonly priority: number;
}

export interface Drivers {
  readonly byKind: ReadonlyMap<string, DriverOf>;
  /** What those of the guests work with. */
  readonly guests: GuestWorkshop;
}

/** One driver per kind, with what they have in common. */
export function driversOf(parts: DriverParts): Drivers {
  const { ports, connections, labs, self, preflights, rivals, onKnown } = parts;
  const { clock, store } = ports;
  const nodeTasks = new NodeTasks();
  const deletions = new OmadaDeletions(store, clock);
  const brake = new GuestBrake(clock, deletions);
  const snapshotSlots = new TaskSlots();
  const guests = guestWorkshop(parts, { nodeTasks, brake, snapshotSlots });
  const network = networkDrivers(networkShop(parts, deletions, brake), connections);
  const byKind = new Map<string, DriverOf>([
    ["Homelab", { driver: homelabDriver({ labs, preflights, rivals }), priority: 0 }],
    ["ProxmoxCluster", { driver: clusterDriver({ clock, connections, labs, self, onKnown }), priority: 0 }],
    ["HomelabLayer", { driver: layerDriver(labs), priority: 1 }],
    ["Container", { driver: guestDriver(Container, guests), priority: 2 }],
    ["VirtualMachine", { driver: guestDriver(VirtualMachine, guests), priority: 2 }],
    ["SnapshotPolicy", { driver: snapshots(parts, { nodeTasks, snapshotSlots }), priority: 3 }],
    ...network.map(([kind, driver]) => [kind, { driver, priority: 3 }] as const),
  ]);
  return { byKind, guests };
}

type Shared = Pick<WorkshopParts, "nodeTasks" | "brake" | "snapshotSlots">;

function guestWorkshop(parts: DriverParts, { nodeTasks, brake, snapshotSlots }: Shared): GuestWorkshop {
  const { ports, connections, memory, labs, slots, taskWatch, rivals, wake } = parts;
  const { clock, store, kube, health } = ports;
  return new GuestWorkshop({
    world: store,
    kube,
    clock,
    connections,
    health,
    memory,
    labs,
    nodeTasks,
    slots,
    snapshotSlots,
    taskWatch,
    brake,
    wake,
    meets: (connection, tasks) => {
      rivals.meet(connection, tasks);
    },
  });
}

function networkShop(parts: DriverParts, deletions: OmadaDeletions, brake: GuestBrake): NetworkShop {
  const { ports, sites, labs, wake } = parts;
  const { clock, store, kube, ownAddresses } = ports;
  return new NetworkShop({
    world: store,
    kube,
    clock,
    sites,
    labs,
    lanes: new SiteLanes(clock),
    deletions,
    brake,
    clients: new ClientWatch(clock),
    ownAddresses,
    wake: (key: Key) => {
      wake(keyText(key));
    },
  });
}

function snapshots(parts: DriverParts, { nodeTasks, snapshotSlots: slots }: Omit<Shared, "brake">): AnyDriver {
  const { ports, connections, labs, taskWatch, snapshots: memory, wake } = parts;
  const { clock, store } = ports;
  return snapshotDriver({
    world: store,
    clock,
    connections,
    labs,
    nodeTasks,
    taskWatch,
    memory,
    slots,
    wake,
  });
}
