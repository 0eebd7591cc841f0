import type { Clock } from "../../base/clock.ts";
import { ProviderError } from "../../base/outcome.ts";
import type { ClusterSeen, GuestSeen, GuestType, NodeSeen, TaskSeen } from "../port.ts";
import type { Row } from "../shared/decode.ts";
import { flag, number, present, row, rows, text } from "../shared/decode.ts";
import type { Call, Engine } from "./engine.ts";
import { guestSeen } from "./guests.ts";
import { Boots } from "./nodes.ts";
import type { Starts } from "./starts.ts";
import { readTasks } from "./tasks.ts";
import { parseTags } from "./wire.ts";

const POLL_MS = 8_000;
/** A node that others call online but that does not answer keeps its last view for two looks and this long (O3). */
const NODE_LOST_MS = 10_000;
const nodeTaskTypes = new Set(["startall", "stopall", "suspendall", "migrateall"]);

interface Answer {
  readonly rows: readonly Row[];
  readonly sequence: number;
  readonly time: number | undefined;
}

interface NodeAnswer {
  readonly seen: NodeSeen;
  readonly guests: readonly GuestSeen[];
}

/** One look at everything: `/cluster/resources`, then per node that is online its two live lists and its status (O1). */
export class Look {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #starts: Starts;
  readonly #boots = new Boots();
  readonly #silent = new Map<string, { readonly times: number; readonly monotonic: number }>();
  readonly #watched = new Set<string>();
  #version: string | undefined;

  constructor(engine: Engine, clock: Clock, starts: Starts) {
    this.#engine = engine;
    this.#clock = clock;
    this.#starts = starts;
  }

  /** Read the node's running tasks with the next looks, until none of them is a node task. */
  watchTasks(node: string): void {
    this.#watched.add(node);
  }

  /** The version is asked again: the connection was away, and an upgrade may have been the reason. */
  forgetVersion(): void {
    this.#version = undefined;
  }

  async look(before: ClusterSeen | undefined, signal: AbortSignal): Promise<ClusterSeen> {
    const all = await this.#ask(signal, (api) => api.cluster.resources.$get());
    if (this.#version === undefined) {
      const [version] = (await this.#askOne(signal, (api) => api.version.$get())).rows;
      this.#version = text(version?.["version"]) ?? "";
    }
    const members = all.rows.filter((entry) => entry["type"] === "node");
    const answers = await Promise.all(members.map((member) => this.#node(member, { before, all, signal })));
    if (members.length === 0) throw new ProviderError("other", "Proxmox lists no node");
    const nodes = new Map(answers.map((answer) => [answer.seen.name, answer.seen]));
    const guests = merge(all, answers);
    const nodeTasks = await this.#nodeTasks({ before, nodes, guests, signal });
    return { sequence: all.sequence, version: this.#version, nodes, guests, nodeTasks };
  }

  async #ask(signal: AbortSignal, run: (api: ReturnType<Engine["api"]>) => Promise<unknown>): Promise<Answer> {
    let at: { sequence: number; time: number | undefined } = { sequence: 0, time: undefined };
    const onReply: Call["onReply"] = (reply) => (at = reply);
    const data = await run(this.#engine.api({ signal, deadlineMs: POLL_MS, poll: true, onReply }));
    return { rows: rows(data), ...at };
  }

  /** The same for an answer that is one object. */
  #askOne(signal: AbortSignal, run: (api: ReturnType<Engine["api"]>) => Promise<unknown>): Promise<Answer> {
    return this.#ask(signal, async (api): Promise<unknown> => [await run(api)]);
  }

  async #node(member: Row, at: Around): Promise<NodeAnswer> {
    const name = text(member["node"]) ?? "";
    if (member["status"] === "offline") {
      this.#silent.delete(name);
      return { seen: this.#boots.offline(name), guests: [] };
    }
    try {
      const [lxc, qemu, status] = await Promise.all([
        this.#ask(at.signal, (api) => api.nodes.$(name).lxc.$get()),
        this.#ask(at.signal, (api) => api.nodes.$(name).qemu.$get()),
        this.#status(name, member, at.signal),
      ]);
      this.#silent.delete(name);
      const guests = [...this.#guests("lxc", name, lxc), ...this.#guests("qemu", name, qemu)];
      return { seen: status, guests };
    } catch (error) {
      return this.#unanswered(name, at, error);
    }
  }

  /** The whole look fails when it is the only node; else this node keeps its last view for a while, then is offline. */
  #unanswered(name: string, { before, all }: Around, error: unknown): NodeAnswer {
    const others = all.rows.filter((entry) => entry["type"] === "node" && entry["status"] !== "offline").length - 1;
    if (others === 0 || !(error instanceof ProviderError) || error.kind !== "unreachable") throw error;
    const last = before?.nodes.get(name);
    if (this.#isLost(name) || before === undefined || last === undefined) {
      return { seen: this.#boots.offline(name), guests: [] };
    }
    return { seen: last, guests: [...before.guests.values()].filter((guest) => guest.node === name) };
  }

  #isLost(name: string): boolean {
    const now = this.#clock.monotonic();
    const silent = this.#silent.get(name) ?? { times: 0, monotonic: now };
    this.#silent.set(name, { ...silent, times: silent.times + 1 });
    return silent.times >= 1 && now - silent.monotonic >= NODE_LOST_MS;
  }

  async #status(name: string, member: Row, signal: AbortSignal): Promise<NodeSeen> {
    const answer = await this.#askOne(signal, (api) => api.nodes.$(name).status.$get()).catch((error: unknown) => {
      // Without Sys.Audit there is no status; the list then has no uptime either (contract 2).
      if (error instanceof ProviderError && error.kind === "permission") return undefined;
      throw error;
    });
    const status = row(answer?.rows[0]);
    const uptime = number(status["uptime"]) ?? number(member["uptime"]);
    // The clock of the node that was asked: the members of a cluster keep one time.
    const time = answer?.time ?? this.#clock.now();
    const up = uptime === undefined ? undefined : { uptime, time, monotonic: this.#clock.monotonic() };
    const clockOffsetMs = answer?.time === undefined ? undefined : answer.time - this.#clock.monotonic();
    const clock = { time: answer?.time, clockOffsetMs };
    return this.#boots.online(name, text(status["pveversion"])?.split("/")[1], up, clock);
  }

  #guests(type: GuestType, node: string, list: Answer): readonly GuestSeen[] {
    return list.rows.flatMap((live) => {
      const vmid = number(live["vmid"]);
      if (vmid === undefined) return [];
      const time = list.time ?? this.#clock.now();
      const look = { sequence: list.sequence, time, monotonic: this.#clock.monotonic(), starts: this.#starts };
      return [guestSeen({ type, node, vmid }, live, look)];
    });
  }

  /** Running node tasks, read only where guests just changed power, at the first sight of a node, or while one runs. */
  async #nodeTasks(at: {
    readonly before: ClusterSeen | undefined;
    readonly nodes: ReadonlyMap<string, NodeSeen>;
    readonly guests: ReadonlyMap<number, GuestSeen>;
    readonly signal: AbortSignal;
  }): Promise<ReadonlyMap<string, TaskSeen>> {
    const found = new Map<string, TaskSeen>();
    for (const node of at.nodes.values()) {
      const watched = this.#watched.delete(node.name);
      if (!node.online || !(watched || mayHaveNodeTask(node, at.before, at.guests))) continue;
      const task = await this.#nodeTask(node.name, at.signal);
      if (task !== undefined) found.set(node.name, task);
    }
    return found;
  }

  /** A refusal is no reason to see nothing at all: asked again with the next look. */
  async #nodeTask(name: string, signal: AbortSignal): Promise<TaskSeen | undefined> {
    try {
      const active = await readTasks(this.#engine, name, { activeOnly: true }, { signal, poll: true });
      return active.find((one) => nodeTaskTypes.has(one.type));
    } catch (error) {
      if (!(error instanceof ProviderError) || ["unreachable", "unauthorized"].includes(error.kind)) throw error;
      this.#watched.add(name);
      return undefined;
    }
  }
}

interface Around {
  readonly before: ClusterSeen | undefined;
  readonly all: Answer;
  readonly signal: AbortSignal;
}

/**
 * The live lists, with the HA state of the cluster's list. What only the cluster's list shows is on a node that does not
 * answer, or moved or went away between two calls: its power is Unknown, never what that stale list says (O3).
 */
function merge(all: Answer, answers: readonly NodeAnswer[]): Map<number, GuestSeen> {
  const live = new Map(answers.flatMap((answer) => answer.guests.map((guest) => [guest.vmid, guest] as const)));
  for (const entry of all.rows) {
    const vmid = number(entry["vmid"]);
    const type = entry["type"];
    if (vmid === undefined || (type !== "lxc" && type !== "qemu")) continue;
    const ha = text(entry["hastate"]);
    const seen = live.get(vmid) ?? unknownGuest(type, vmid, entry, all.sequence);
    live.set(vmid, ha === undefined ? seen : { ...seen, ha });
  }
  return live;
}

function unknownGuest(type: GuestType, vmid: number, entry: Row, sequence: number): GuestSeen {
  return present({
    type,
    vmid,
    node: text(entry["node"]) ?? "",
    name: text(entry["name"]) ?? "",
    power: "Unknown",
    tags: parseTags(text(entry["tags"])),
    lock: text(entry["lock"]),
    template: flag(entry["template"]),
    sequence,
  } satisfies { [K in keyof GuestSeen]?: GuestSeen[K] | undefined });
}

/** New to us, booted, had a node task at the last look, or a guest of it changed power. */
function mayHaveNodeTask(
  node: NodeSeen,
  before: ClusterSeen | undefined,
  guests: ReadonlyMap<number, GuestSeen>,
): boolean {
  const known = before?.nodes.get(node.name);
  if (before === undefined || known?.online !== true || known.bootTime !== node.bootTime) return true;
  if (before.nodeTasks.has(node.name)) return true;
  return [...guests.values()].some((guest) => {
    const last = before.guests.get(guest.vmid);
    return guest.node === node.name && last !== undefined && last.power !== guest.power;
  });
}
