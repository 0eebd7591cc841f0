import type { NodeSeen } from "../port.ts";
import { present } from "../shared/decode.ts";
import type { UpSeen } from "./starts.ts";

/** Slack between a node's uptime and the time we think passed (L7). */
const REBOOT_MS = 30_000;

interface Known {
  readonly bootTime: number;
  readonly uptime: number;
  readonly monotonic: number;
  readonly rebooted: boolean;
}

/** See NodeSeen. */
interface NodeClock {
  readonly time: number | undefined;
  readonly clockOffsetMs: number | undefined;
}

/** Boots of the nodes as this process saw them (L7). */
export class Boots {
  readonly #known = new Map<string, Known>();

  /** A node that answered; `up` is absent without the privilege to see its uptime (Sys.Audit). */
  online(name: string, version: string | undefined, up: UpSeen | undefined, clock: NodeClock): NodeSeen {
    if (up !== undefined) this.#look(name, up);
    return present({ name, online: true, version, ...this.#boot(name), ...clock });
  }

  /** A node that does not answer keeps what is known of its boot. */
  offline(name: string): NodeSeen {
    return { name, online: false, ...this.#boot(name) };
  }

  #boot(name: string): Pick<NodeSeen, "bootTime" | "rebooted"> {
    const known = this.#known.get(name);
    return known === undefined ? { rebooted: false } : { bootTime: known.bootTime, rebooted: known.rebooted };
  }

  #look(name: string, up: UpSeen): void {
    const known = this.#known.get(name);
    const bootTime = up.time - up.uptime * 1000;
    const elapsed = known === undefined ? 0 : up.monotonic - known.monotonic;
    const again = known !== undefined && (up.uptime < known.uptime || up.uptime * 1000 < elapsed - REBOOT_MS);
    this.#known.set(name, {
      bootTime: known === undefined || again ? bootTime : known.bootTime,
      uptime: up.uptime,
      monotonic: up.monotonic,
      rebooted: again || known?.rebooted === true,
    });
  }
}
