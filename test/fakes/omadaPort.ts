import { silentLog } from "../../controller/base/log.ts";
import { ProviderError } from "../../controller/base/outcome.ts";
import { Belief } from "../../controller/providers/omada/belief.ts";
import type { OmadaPort } from "../../controller/providers/omadaPort.ts";
import { isListPart, type ListPart, type SitePart, type SiteSeen } from "../../controller/providers/omadaSeen.ts";
import { Quiet } from "../../controller/providers/shared/quiet.ts";
import { View } from "../../controller/providers/shared/view.ts";
import type { FakeController, FakeOmadaPortOptions, OmadaWrite } from "./omadaController.ts";
import { seenDevice } from "./omadaDevices.ts";
import { deletes, effects } from "./omadaEffects.ts";
import type { Shelf } from "./omadaShelf.ts";
import { refused } from "./omadaWrites.ts";

/** State of one connection: sequence numbers, what is wanted and believed, its poller, one write at a time. */
export class FakeOmadaPort {
  readonly port: OmadaPort;
  readonly #world: FakeController;
  readonly #view: View<SiteSeen>;
  readonly #quiet: Quiet;
  readonly #belief = new Belief();
  readonly #wanted = new Map<string, ReadonlySet<SitePart>>();
  readonly #allowed: () => void;
  #sequence: number;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(world: FakeController, options: FakeOmadaPortOptions) {
    this.#world = world;
    this.#sequence = options.firstSequence ?? 1;
    this.#quiet = new Quiet(world.clock);
    this.#view = new View<SiteSeen>({
      clock: world.clock,
      log: options.log ?? silentLog,
      product: "Omada",
      pollIntervalSeconds: options.pollIntervalSeconds ?? 10,
      busyMs: 2_000,
      look: () => this.#call("look", (sequence) => this.#look(sequence)),
      nextTryTime: () => this.#quiet.nextTryTime,
    });
    this.#allowed = () => {
      if (!this.#view.sure)
        throw new ProviderError("unreachable", "Omada did not answer the last look; nothing was sent");
      options.allowed?.();
    };
    this.port = { ...this.#own(), ...this.#writes() };
    this.#view.begin();
  }

  /** One request: sequence, credentials, reachability, faults, latency. */
  async #call<T>(on: OmadaWrite | "look", run: (sequence: number) => T): Promise<T> {
    const world = this.#world;
    if (!this.#quiet.admits()) throw new ProviderError("unauthorized", "waiting before another try", { status: 200 });
    const sequence = this.#sequence++;
    const fault = world.calls.enter(on);
    const outcome = Promise.resolve().then(() => {
      world.answer();
      if (fault?.when === "before") throw fault.error;
      const result = run(sequence);
      if (fault?.when === "after") throw fault.error;
      return result;
    });
    const [settled] = await Promise.allSettled([outcome]);
    if (world.latencyMs > 0) await world.clock.sleep(world.latencyMs, new AbortController().signal);
    if (settled.status === "fulfilled") this.#quiet.answered();
    else if (settled.reason instanceof ProviderError && settled.reason.kind === "unauthorized") this.#quiet.refused();
    return outcome;
  }

  #parts(): ReadonlySet<SitePart> {
    return new Set([...this.#wanted.values()].flatMap((parts) => [...parts]));
  }

  #look(sequence: number): SiteSeen {
    const world = this.#world;
    const parts = this.#parts();
    const tells = (part: SitePart): boolean => parts.has(part) && !world.refused.has(part);
    const now = world.clock.monotonic();
    const around = {
      now: world.clock.now(),
      detail: tells("ports"),
      broadcasts: tells("broadcasts"),
      frames: tells("frames"),
      nameOf: (mac: string) => world.devices.get(mac)?.name,
      portSeen: world.portSeen.bind(world),
    };
    const rows = <T>(part: SitePart | "devices", all: readonly T[], keyOf: (row: T) => string): readonly T[] =>
      this.#belief.believe(part, world.list(part, all), keyOf, now);
    const devices = rows(
      "devices",
      [...world.devices.values()].map((device) => seenDevice(device, around)),
      (device) => device.mac,
    );
    const listed = <T extends { readonly id: string }>(part: ListPart, shelf: Shelf<T>): readonly T[] | undefined =>
      tells(part) ? rows(part, shelf.listed(now), (row) => row.id) : undefined;
    const optional = {
      networks: listed("networks", world.networks)?.map((network) => world.networkSeen(network)),
      profiles: listed("profiles", world.profiles),
      wlanGroups: tells("wlans") ? world.wlanGroups.map((group) => ({ ...group })) : undefined,
      wlans: listed("wlans", world.wlans),
      acls: listed("acls", world.acls)?.toSorted((a, b) => a.table.localeCompare(b.table) || a.index - b.index),
      groups: listed("groups", world.groups),
      reservations: tells("reservations")
        ? rows("reservations", world.reservations.listed(now), (row) => row.mac)
        : undefined,
      clients: tells("clients")
        ? rows(
            "clients",
            [...world.clients.values()].map((one) => ({ ...one })),
            (row) => row.mac,
          )
        : undefined,
    };
    this.#doubt(parts);
    const young = [...parts].filter((part) => isListPart(part) && this.#belief.isYoung(part)).sort();
    const refused = new Map([...world.refused].filter(([part]) => parts.has(part)));
    return {
      sequence,
      version: world.version,
      omadacId: "0123456789abcdef0123456789abcdef",
      siteId: "site-1",
      siteName: world.name,
      abilities: { portVlans: world.portVlans, readsPorts: world.readsPorts, gateway: world.hasGateway },
      devices: new Map(devices.map((device) => [device.mac, device])),
      ...(refused.size === 0 ? {} : { refused }),
      ...(young.length === 0 ? {} : { young }),
      ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    };
  }

  /** A list that shrank is looked at again soon. */
  #doubt(parts: ReadonlySet<SitePart>): void {
    const doubted = ["devices", ...parts].some((part) => part !== "clients" && this.#belief.doubts(part));
    this.#view.keepBusy("a list that shrank", doubted);
  }

  /** One write after the other (N4). Each is logged when it reaches the site, also when its answer is then lost. */
  #write(call: OmadaWrite, args: readonly unknown[], act: () => void, signal: AbortSignal): Promise<void> {
    const world = this.#world;
    const note = (done: boolean): void => void world.mutations.push({ at: world.clock.monotonic(), call, args, done });
    const send = async (): Promise<void> => {
      signal.throwIfAborted();
      world.witness?.({ call, args, is: "sent" });
      world.writing += 1;
      try {
        await this.#call(call, () => {
          this.#allowed();
          world.witness?.({ call, args, is: "arrives" });
          try {
            if (world.busy) throw refused(-33004, "The site is busy.");
            act();
          } catch (error) {
            note(false);
            throw error;
          }
          note(true);
        });
      } finally {
        world.writing -= 1;
        this.#view.hurry();
      }
    };
    const sent = this.#writing.then(send, send);
    this.#writing = sent.catch(() => undefined);
    return sent;
  }

  #own(): Pick<
    OmadaPort,
    "seen" | "reach" | "sure" | "tlsVerified" | "onChange" | "hurry" | "keepBusy" | "want" | "mark" | "close"
  > {
    const view = this.#view;
    return {
      seen: () => view.seen(),
      reach: () => view.reach(),
      sure: () => view.sure,
      tlsVerified: true,
      onChange: (listener) => view.onChange(listener),
      hurry: () => view.hurry(),
      keepBusy: (key, busy) => view.keepBusy(key, busy),
      want: (key, parts) => {
        const before = this.#parts();
        if (parts.size === 0) this.#wanted.delete(key);
        else this.#wanted.set(key, parts);
        for (const part of before) if (!this.#parts().has(part)) this.#belief.forget(part);
        if ([...parts].some((part) => !before.has(part))) view.hurry();
      },
      mark: () => this.#sequence,
      close: () => view.close(),
    };
  }

  #writes(): Pick<OmadaPort, OmadaWrite> {
    const calls = Object.entries(effects).map(([name, effect]) => {
      const call = name as OmadaWrite;
      const run = (...given: readonly unknown[]): Promise<void> => {
        const args = given.slice(0, -1);
        const act = (): void => {
          (effect as (...all: readonly unknown[]) => void)(this.#world, ...args);
          const part = deletes[call];
          const [key] = args as [string | { readonly id: string }];
          if (part !== undefined) this.#belief.gone(part, typeof key === "string" ? key : key.id);
        };
        return this.#write(call, args, act, given.at(-1) as AbortSignal);
      };
      return [call, run] as const;
    });
    return Object.fromEntries(calls) as unknown as Pick<OmadaPort, OmadaWrite>;
  }
}
