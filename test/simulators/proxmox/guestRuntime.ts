import type { Identity } from "../shared/certificate.ts";
import { listen, type Listener } from "./listeners.ts";
import type { Behaviour, Service } from "./options.ts";
import type { Pace } from "../shared/pace.ts";
import { guestName, properties } from "./guestSettings.ts";
import type { Guest, World } from "./world.ts";

/** Something worth knowing about a guest's inside, for the admin port. */
export interface GuestEvent {
  readonly time: number;
  readonly vmid: number;
  readonly what: string;
}

const DEFAULT_BOOT_SECONDS = 2;
const DEFAULT_SHUTDOWN_SECONDS = 1;

/** What happens inside running guests: they boot, get an address, open their ports, and lose them again. */
export class GuestRuntime {
  readonly events: GuestEvent[] = [];
  readonly #world: World;
  readonly #pace: Pace;
  readonly #defaults: Behaviour;
  readonly #identity: Identity;
  readonly #inside = new Map<number, { timer: NodeJS.Timeout; listeners: Listener[]; over: boolean }>();

  constructor(world: World, pace: Pace, defaults: Behaviour, identity: Identity) {
    this.#world = world;
    this.#pace = pace;
    this.#defaults = defaults;
    this.#identity = identity;
  }

  /** The loopback address of a guest: its own static one where that is loopback, else one made from its vmid. */
  address(guest: Guest): string {
    const own = this.staticAddress(guest);
    if (own?.startsWith("127.") === true) return own.split("/")[0] ?? own;
    const octet = this.#world.facts.get("addressOctet") ?? "100";
    return `127.${octet}.${String((guest.vmid >> 8) & 255)}.${String(guest.vmid & 255)}`;
  }

  staticAddress(guest: Guest): string | undefined {
    const value =
      guest.type === "lxc"
        ? properties("lxc", "net0", guest.config["net0"])["ip"]
        : properties("qemu", "ipconfig0", (guest.cloudInit ?? guest.config)["ipconfig0"])["ip"];
    return value?.includes("/") === true ? value : undefined;
  }

  behaviour(guest: Guest): Behaviour {
    return { ...this.#defaults, ...guest.behaviour };
  }

  bootSeconds(guest: Guest): number {
    return this.behaviour(guest).bootSeconds ?? DEFAULT_BOOT_SECONDS;
  }

  shutdownSeconds(guest: Guest): number {
    return this.behaviour(guest).shutdownSeconds ?? DEFAULT_SHUTDOWN_SECONDS;
  }

  /** True from halfway through its boot: the network comes before the services. */
  hasAddress(guest: Guest): boolean {
    const since = this.#pace.now() - (guest.startedAt ?? Infinity);
    return guest.running && since >= this.#pace.ms(this.bootSeconds(guest) / 2);
  }

  /** True once it has booted and until it hangs. */
  hasBooted(guest: Guest): boolean {
    const since = this.#pace.now() - (guest.startedAt ?? Infinity);
    return guest.running && guest.hung !== true && since >= this.#pace.ms(this.bootSeconds(guest));
  }

  serving(guest: Guest): Service[] {
    return (this.#inside.get(guest.vmid)?.listeners ?? []).map((listener) => listener.service);
  }

  /** The guest runs from now on; its services open when it has booted. */
  begin(guest: Guest, pid: number): void {
    guest.running = true;
    guest.pid = pid;
    guest.startedAt = this.#pace.now();
    delete guest.hung;
    delete guest.paused;
    this.#world.saveGuest(guest);
    this.note(guest.vmid, "started");
    this.resume(guest);
  }

  /** Opens what a running guest serves, now or when its boot ends (also after a restart of the simulator). */
  resume(guest: Guest): void {
    this.#leave(guest.vmid);
    const behaviour = this.behaviour(guest);
    if (behaviour.neverServes === true || guest.hung === true) return;
    const left = (guest.startedAt ?? 0) + this.#pace.ms(this.bootSeconds(guest)) - this.#pace.now();
    const inside = {
      listeners: [] as Listener[],
      over: false,
      timer: setTimeout(() => void this.#open(guest, behaviour.services ?? [], inside), Math.max(0, left)),
    };
    this.#inside.set(guest.vmid, inside);
  }

  /** The guest no longer runs. */
  end(guest: Guest, what: string): void {
    this.#leave(guest.vmid);
    guest.running = false;
    delete guest.pid;
    delete guest.startedAt;
    delete guest.hung;
    delete guest.paused;
    this.#world.saveGuest(guest);
    this.note(guest.vmid, what);
  }

  /** Its process stays, its services are gone. */
  hang(guest: Guest): void {
    this.#leave(guest.vmid);
    guest.hung = true;
    this.#world.saveGuest(guest);
    this.note(guest.vmid, "hung");
  }

  note(vmid: number, what: string): void {
    this.events.push({ time: this.#pace.now(), vmid, what });
  }

  /** Closes every socket; the state of the guests stays. */
  close(): void {
    for (const vmid of [...this.#inside.keys()]) this.#leave(vmid);
  }

  #leave(vmid: number): void {
    const inside = this.#inside.get(vmid);
    if (inside === undefined) return;
    inside.over = true;
    clearTimeout(inside.timer);
    for (const listener of inside.listeners) listener.close();
    this.#inside.delete(vmid);
  }

  async #open(
    guest: Guest,
    services: readonly Service[],
    inside: { listeners: Listener[]; over: boolean },
  ): Promise<void> {
    const place = { address: this.address(guest), name: guestName(guest), identity: this.#identity };
    for (const service of services) {
      try {
        const listener = await listen(service, place);
        if (inside.over) listener.close();
        else inside.listeners.push(listener);
      } catch (error) {
        const where = `${place.address}:${String(service.port)}`;
        this.note(
          guest.vmid,
          `cannot serve ${service.protocol} at ${where}: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
    if (!inside.over) this.note(guest.vmid, "serves");
  }
}
