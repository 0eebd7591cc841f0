import { failure } from "./apiError.ts";
import type { Pace } from "../shared/pace.ts";
import type { GuestType } from "./world.ts";

interface Waiter {
  readonly go: () => void;
}

/** The file lock of each guest: one holder, others wait a while and then fail as flock does. */
export class Locks {
  readonly #pace: Pace;
  readonly #held = new Map<number, Waiter[]>();

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  isHeld(vmid: number): boolean {
    return this.#held.has(vmid);
  }

  /** Runs something while holding the lock. Waits `seconds` for it; `say` hears what a task log would show. */
  async holding<T>(
    guest: { type: GuestType; vmid: number },
    seconds: number,
    run: () => Promise<T> | T,
    say?: (line: string) => void,
  ): Promise<T> {
    await this.#take(guest, seconds, say);
    try {
      return await run();
    } finally {
      this.#release(guest.vmid);
    }
  }

  async #take(guest: { type: GuestType; vmid: number }, seconds: number, say?: (line: string) => void): Promise<void> {
    const waiting = this.#held.get(guest.vmid);
    if (waiting === undefined) {
      this.#held.set(guest.vmid, []);
      return;
    }
    say?.("trying to acquire lock...");
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        go: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(waiter), 1);
        reject(failure(`can't lock file '${lockFile(guest)}' - got timeout`));
      }, this.#pace.ms(seconds));
      waiting.push(waiter);
    });
    say?.(" OK");
  }

  #release(vmid: number): void {
    const next = this.#held.get(vmid)?.shift();
    if (next === undefined) this.#held.delete(vmid);
    else next.go();
  }
}

function lockFile(guest: { type: GuestType; vmid: number }): string {
  const vmid = String(guest.vmid);
  return guest.type === "lxc" ? `/run/lock/lxc/pve-config-${vmid}.lock` : `/var/lock/qemu-server/lock-${vmid}.conf`;
}
