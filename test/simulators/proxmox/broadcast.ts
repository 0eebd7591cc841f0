import type { Lab, Published } from "./lab.ts";
import { broadcastView } from "./statusView.ts";
import type { GuestType, HaResource, World } from "./world.ts";

type Data = Readonly<Record<string, string | number>>;

const EXPIRY_SECONDS = 300;

/** What pvestatd of each node told the cluster: up to one period old, forgotten after five minutes (contract §2.1). */
export class Broadcasts implements Published {
  readonly #byGuest = new Map<number, { data: Data; node: string; type: GuestType; at: number }>();
  #now: () => number = Date.now;
  #expiry = EXPIRY_SECONDS * 1000;

  guest(vmid: number): Data | undefined {
    const known = this.#byGuest.get(vmid);
    return known === undefined || this.#now() - known.at > this.#expiry ? undefined : known.data;
  }

  /** All nodes that are up publish once. */
  publish(lab: Lab): void {
    this.#now = () => lab.pace.now();
    this.#expiry = lab.pace.ms(EXPIRY_SECONDS);
    const at = lab.pace.now();
    for (const guest of lab.world.guests.values()) {
      if (lab.world.nodes.get(guest.node)?.online !== true || guest.config["lock"] === "create") continue;
      this.#byGuest.set(guest.vmid, { data: broadcastView(lab, guest), node: guest.node, type: guest.type, at });
    }
    for (const vmid of this.#byGuest.keys()) if (lab.world.guest(vmid) === undefined) this.#byGuest.delete(vmid);
    lab.tasks.refresh();
  }
}

/** The HA resource of a guest, if it has one. */
export function haResource(world: World, type: GuestType, vmid: number): HaResource | undefined {
  return world.ha.get(`${type === "lxc" ? "ct" : "vm"}:${String(vmid)}`);
}
