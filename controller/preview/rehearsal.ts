import { FINALIZER, type Stored } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import { firstLook } from "../base/firstLook.ts";
import { silentLog } from "../base/log.ts";
import { outcomeOf } from "../base/outcome.ts";
import type { AnyDriver } from "../reconcilers/drivers.ts";
import { Machine } from "../reconcilers/machine.ts";
import type { MachinePorts } from "../reconcilers/machinePorts.ts";
import type { Kube } from "../runtime/kube.ts";
import { Queue } from "../runtime/queue.ts";
import { Store } from "../runtime/store.ts";
import { foreseenGuests, inGroups, isGuest } from "./foreseenGuests.ts";
import { LeapClock } from "./leapClock.ts";
import type { Rehearsed } from "./rehearsed.ts";
import { readOnlyOmada, readOnlyProxmox } from "./readOnly.ts";
import { TakenForHealthy } from "./takenForHealthy.ts";

/** The outside of a plan: it reads, and has nothing to write with. */
export interface RehearsalPorts {
  readonly clock: Clock;
  readonly connect: MachinePorts["connect"];
  readonly connectOmada: MachinePorts["connectOmada"];
  readonly kube: Pick<Kube, "secret" | "namespaceTerminating">;
  /** systemUUIDs of the cluster's nodes, for the guests that it runs in; undefined: not known. */
  readonly nodeUuids: () => Promise<readonly string[] | undefined>;
  /** Addresses of this machine. */
  readonly ownAddresses: () => readonly string[];
  /** A line of progress. */
  readonly tell: (done: number, of: number) => void;
}

/** What a driver has besides its hands. */
type Eyes = Pick<AnyDriver, "observe" | "decide">;

/** What waits for time to pass, such as a deletion, has then waited. */
const LEAP_MS = 61_000;
/** A status that leads to another step is written as if; more rounds no object needs. */
const ROUNDS = 6;

/**
 * The passes of a controller that has just started, without their last part: every object is observed and decided upon by
 * its own driver, twice, so that each decision knows the whole lab. Nothing is executed and nothing written.
 */
export async function rehearse(
  objects: readonly Stored[],
  ports: RehearsalPorts,
  signal: AbortSignal,
): Promise<readonly Rehearsed[]> {
  const rehearsal = new Rehearsal(objects, ports);
  try {
    return await rehearsal.run(signal);
  } finally {
    rehearsal.close();
  }
}

class Rehearsal {
  readonly #objects: readonly Stored[];
  readonly #ports: RehearsalPorts;
  readonly #clock: LeapClock;
  readonly #store = new Store();
  readonly #machine: Machine;

  constructor(objects: readonly Stored[], ports: RehearsalPorts) {
    this.#objects = objects;
    this.#ports = ports;
    this.#clock = new LeapClock(ports.clock);
    this.#machine = this.#build();
  }

  async run(signal: AbortSignal): Promise<readonly Rehearsed[]> {
    for (const object of this.#objects) this.#store.put(object);
    await this.#connect(signal);
    const rest = this.#objects.filter(({ kind }) => !HANDLED_FIRST.has(kind));
    let done = 0;
    await inGroups(rest, async (object) => {
      this.#ports.tell(done, rest.length);
      done += 1;
      await this.#lookOnce(object, signal);
    });
    this.#ports.tell(done, rest.length);
    await this.#lookAtSites(signal);
    this.#clock.leap(LEAP_MS);
    const guests = await foreseenGuests(this.#objects, this.#machine, signal);
    const others: Rehearsed[] = [];
    for (const object of this.#objects.filter((one) => !isGuest(one))) others.push(await this.#judged(object, signal));
    return [...others, ...guests];
  }

  close(): void {
    this.#machine.close();
  }

  #build(): Machine {
    const { kube, connect, connectOmada, nodeUuids, ownAddresses } = this.#ports;
    const refuse = (): Promise<never> => Promise.reject(new Error("a plan writes nothing"));
    return new Machine({
      kube: { ...readsOf(kube), patch: refuse },
      store: this.#store,
      queue: new Queue({ clock: this.#clock }),
      clock: this.#clock,
      log: silentLog,
      health: new TakenForHealthy(),
      connect: (connection, firstSequence) => readOnlyProxmox(connect(connection, firstSequence)),
      connectOmada: (connection, firstSequence) => readOnlyOmada(connectOmada(connection, firstSequence)),
      ownAddresses,
      tryOnce: () => Promise.resolve("not tried by a plan"),
      // The plan runs anywhere; only the cluster's nodes tell where the controller is.
      clues: async () => ({ hostname: "", inContainer: false, nodeUuids: await nodeUuids() }),
      record: () => undefined,
      mayAct: () => false,
      untilKilled: new AbortController().signal,
      workers: 0,
    });
  }

  #eyes(kind: string): Eyes {
    const found = this.#machine.drivers.byKind.get(kind);
    if (found === undefined) throw new Error(`no driver of ${kind}`);
    return found.driver;
  }

  /** Opens every connection and waits for its first look, then for what the token may do. */
  async #connect(signal: AbortSignal): Promise<void> {
    const { connections, sites } = this.#machine;
    const pools = [
      { kind: "ProxmoxCluster", pool: connections },
      { kind: "OmadaController", pool: sites },
    ];
    for (const { kind, pool } of pools)
      for (const object of this.#objects.filter((one) => one.kind === kind)) {
        await this.#lookOnce(object, signal);
        const { namespace, name } = object.metadata;
        const port = pool.of(namespace, name)?.port;
        if (port === undefined) continue;
        await lookedAt(port, 0, signal);
        await this.#lookOnce(object, signal);
      }
  }

  /**
   * Network objects say in their first pass which parts of the site they go by: these are read now, until it is believed
   * what their lists do not show (N1). That takes some seconds.
   */
  async #lookAtSites(signal: AbortSignal): Promise<void> {
    for (const { kind, metadata } of this.#objects) {
      const port =
        kind === "OmadaController" ? this.#machine.sites.of(metadata.namespace, metadata.name)?.port : undefined;
      if (port === undefined) continue;
      const mark = port.mark();
      port.hurry();
      await lookedAt(port, mark, signal);
      await sure(port, signal);
    }
  }

  /** What is wrong with it, its second look says. */
  async #lookOnce(object: Stored, signal: AbortSignal): Promise<void> {
    const { observe, decide } = this.#eyes(object.kind);
    try {
      decide(object, await observe(object, signal));
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }

  async #judged(object: Stored, signal: AbortSignal): Promise<Rehearsed> {
    const lab = this.#machine.labs.of(object.metadata.namespace);
    try {
      return { object, lab, outlook: await this.#decided(object, signal) };
    } catch (error) {
      if (signal.aborted) throw error;
      return { object, lab, outlook: { is: "failed", outcome: outcomeOf(error) } };
    }
  }

  /** A finalizer, or the record of what was adopted, is put down as if, until there is a step or nothing more to say. */
  async #decided(object: Stored, signal: AbortSignal): Promise<Extract<Rehearsed["outlook"], { is: "decided" }>> {
    const { observe, decide } = this.#eyes(object.kind);
    let adopts = false;
    let now = object;
    for (let round = 0; ; round += 1) {
      // A Homelab's look begins its preflights, which a plan does not run.
      const decision = decide(now, now.kind === "Homelab" ? undefined : await observe(now, signal));
      const { finalizer, action, held, outcome, report } = decision;
      const records = action === undefined && held === undefined && outcome.reason === "Adopting";
      if (round >= ROUNDS || (finalizer !== "add" && !records)) return { is: "decided", decision, adopts };
      adopts ||= records;
      now = asIfWritten(now, { finalizer: finalizer === "add", ...(records ? { report } : {}) });
      this.#store.put(now);
    }
  }
}

const HANDLED_FIRST: ReadonlySet<string> = new Set(["ProxmoxCluster", "OmadaController", "Homelab"]);

function asIfWritten(
  object: Stored,
  { finalizer, report }: { readonly finalizer: boolean; readonly report?: object },
): Stored {
  const { metadata, status } = object;
  const { observedGeneration = 0, conditions = [] } = status ?? {};
  return {
    ...object,
    metadata: {
      ...metadata,
      resourceVersion: String(BigInt(metadata.resourceVersion) + 1n),
      ...(finalizer ? { finalizers: [...(metadata.finalizers ?? []), FINALIZER] } : {}),
    },
    ...(report === undefined ? {} : { status: { ...report, observedGeneration, conditions } }),
  };
}

/** Its own methods may be those of a class. */
function readsOf(kube: RehearsalPorts["kube"]): RehearsalPorts["kube"] {
  return {
    secret: (namespace, name, signal) => kube.secret(namespace, name, signal),
    namespaceTerminating: (namespace, signal) => kube.namespaceTerminating(namespace, signal),
  };
}

/** Waits for a good look that began with request `mark` or later. */
function lookedAt(port: Looking, mark: number, signal: AbortSignal): Promise<void> {
  return looked(port, ({ sequence }) => sequence >= mark, signal);
}

/** Waits for a look that repeats what those before have shown. */
function sure(port: Looking, signal: AbortSignal): Promise<void> {
  return looked(port, ({ young = [] }) => young.length === 0, signal);
}

interface Look {
  readonly sequence: number;
  readonly young?: readonly string[];
}

type Looking = Parameters<typeof firstLook<Look>>[0];

/** Waits for such a look; that none can be had, whoever goes by it will say. */
async function looked(port: Looking, isWhole: (seen: Look) => boolean, signal: AbortSignal): Promise<void> {
  try {
    await firstLook(port, isWhole, signal);
  } catch (error) {
    if (signal.aborted) throw error;
  }
}
