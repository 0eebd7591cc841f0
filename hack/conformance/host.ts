import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../controller/base/clock.ts";
import { silentLog } from "../../controller/base/log.ts";
import { connectProxmox } from "../../controller/providers/proxmox/connect.ts";
import { Engine } from "../../controller/providers/proxmox/engine.ts";
import { readTaskState } from "../../controller/providers/proxmox/tasks.ts";
import type { PortLab } from "../../test/providers/portLab.ts";
import type { Target } from "./options.ts";
import { ownGuests } from "./ownGuests.ts";
import type { Place } from "./place.ts";
import { VmidBook } from "./vmidBook.ts";

type GuestApi = ReturnType<ReturnType<ReturnType<Engine["api"]>["nodes"]["$"]>["lxc"]["$"]>;

const LONGEST_MS = 180_000;
const LOOK_MS = 50;
/** Cleaning up goes on after an interruption. */
const always = new AbortController().signal;

/** The host as a lab for the suites of the port; every guest it makes is on record and removed in the end. */
export class Host {
  readonly #target: Target;
  readonly #place: Place;
  readonly #ours: Engine;
  readonly #person: Engine;
  readonly #book: VmidBook;
  readonly #interrupted: AbortSignal;

  constructor(target: Target, place: Place, ours: Engine, interrupted: AbortSignal) {
    this.#target = target;
    this.#place = place;
    this.#ours = ours;
    this.#interrupted = interrupted;
    this.#book = new VmidBook(place.free);
    this.#person = target.person === undefined ? ours : engineFor(target, target.person);
  }

  /** A lab for one test: empty at first, and again when it is closed. */
  lab(): PortLab {
    const { node, storage, template } = this.#place;
    const person = (vmid: number): GuestApi => this.#guest(this.#person, vmid);
    return {
      node,
      storage,
      template,
      person: (this.#target.person ?? this.#target.connection).tokenId,
      open: (allowed = () => undefined) =>
        ownGuests(connectProxmox(this.#target.connection, { clock: systemClock, log: silentLog, allowed }), this.#book),
      addGuest: (guest) => this.#add(guest),
      personStarts: async (vmid) => this.#follow(await person(vmid).status.start.$post()),
      personShutsDown: async (vmid) => this.#follow(await person(vmid).status.shutdown.$post()),
      personRetags: async (vmid, tags) => {
        await person(vmid).config.$put({ tags: tags.join(";") });
      },
      personDestroys: async (vmid) => this.#follow(await person(vmid).$delete({ force: true, purge: true })),
      lock: () => Promise.reject(new Error("a lock cannot be taken away again through the API")),
      until: (what, condition) => this.#until(what, condition),
      close: async () => {
        if (!this.#interrupted.aborted) await this.clear();
      },
    };
  }

  /** Removes every guest this run has made; gives those that could not be removed, each with the reason. */
  async clear(): Promise<readonly string[]> {
    const left: string[] = [];
    for (const vmid of this.#book.left()) {
      try {
        await this.#remove(vmid);
        this.#book.gone(vmid);
      } catch (error) {
        left.push(`${String(vmid)}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return left;
  }

  close(): void {
    this.#ours.close();
    this.#person.close();
  }

  /** The API of a guest that this run made. */
  #guest(engine: Engine, role: number): GuestApi {
    const vmid = this.#book.actual(role);
    this.#book.requireMade(vmid);
    return engine.api({ signal: this.#interrupted }).nodes.$(this.#place.node).lxc.$(vmid);
  }

  async #add({ vmid: role, name, running }: Parameters<PortLab["addGuest"]>[0]): Promise<void> {
    const vmid = this.#book.actual(role);
    const { node, storage, template } = this.#place;
    const upid: unknown = await this.#ours
      .api({ signal: this.#interrupted })
      .nodes.$(node)
      .lxc.$post({
        vmid,
        ostemplate: template,
        hostname: name,
        rootfs: `${storage}:1`,
        memory: 256,
        unprivileged: true,
        net0: "name=eth0,bridge=vmbr0,ip=dhcp,rate=10",
      });
    this.#book.made(vmid);
    await this.#follow(upid);
    if (running) await this.#follow(await this.#guest(this.#ours, role).status.start.$post());
  }

  async #remove(vmid: number): Promise<void> {
    const { node } = this.#place;
    const api = this.#ours.api({ signal: always }).nodes.$(node);
    await this.#idle(vmid);
    const gone = await api.lxc
      .$(vmid)
      .status.current.$get()
      .then(() => false)
      .catch((error: unknown) => isMissing(error));
    if (gone) return;
    await this.#requireOurs(vmid);
    await this.#follow(await api.lxc.$(vmid).$delete({ force: true, purge: true }), always);
  }

  /** Who made the guest that now has the vmid is in the list of tasks; it could be a stranger's by now. */
  async #requireOurs(vmid: number): Promise<void> {
    const api = this.#ours.api({ signal: always }).nodes.$(this.#place.node);
    const tasks = (await api.tasks.$get({ source: "all", vmid, limit: 500 })) as readonly TaskRow[];
    const made = tasks.find((task) => /^(?:vz|qm)(?:create|restore)$/.test(task.type));
    const by = made === undefined ? "nobody known" : `${made.user}!${made.tokenid ?? ""}`;
    if (by !== this.#target.connection.tokenId) throw new Error(`it was made by ${by}, so it is left alone`);
  }

  /** Until no task of a guest runs: one that creates it would still write to it. */
  async #idle(vmid: number): Promise<void> {
    const api = this.#ours.api({ signal: always }).nodes.$(this.#place.node);
    await this.#until(
      `the tasks of ${String(vmid)}`,
      async () =>
        ((await api.tasks.$get({ source: "active", vmid })) as { endtime?: number }[]).every(
          (task) => task.endtime !== undefined,
        ),
      always,
    );
  }

  /** Waits for a task and throws with its text when it failed. */
  async #follow(upid: unknown, signal: AbortSignal = this.#interrupted): Promise<void> {
    await this.#until(
      `the end of ${String(upid)}`,
      async () => {
        const state = await readTaskState(this.#ours, String(upid), signal);
        if (state.is === "ended" && !state.ok) throw new Error(`${String(upid)}: ${state.exit}`);
        return state.is !== "running";
      },
      signal,
    );
  }

  async #until(
    what: string,
    condition: () => boolean | Promise<boolean>,
    signal: AbortSignal = this.#interrupted,
  ): Promise<void> {
    const end = systemClock.monotonic() + LONGEST_MS;
    while (!(await condition())) {
      signal.throwIfAborted();
      if (systemClock.monotonic() > end) throw new Error(`not within ${String(LONGEST_MS / 1000)} s: ${what}`);
      await sleep(LOOK_MS);
    }
  }
}

interface TaskRow {
  readonly type: string;
  readonly user: string;
  readonly tokenid?: string;
}

const isMissing = (error: unknown): boolean => (error as { kind?: unknown }).kind === "missing";

/** A connection for single calls. */
export function engineFor(
  target: Target,
  token: { readonly tokenId: string; readonly tokenSecret: string } = target.connection,
): Engine {
  const { tokenId, tokenSecret } = token;
  return new Engine({ ...target.connection, tokenId, tokenSecret }, { clock: systemClock, allowed: () => undefined });
}
