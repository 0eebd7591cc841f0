import { setTimeout as sleep } from "node:timers/promises";
import type { TlsServer } from "../shared/tlsServer.ts";
import type { Lab } from "./lab.ts";

const LOOK_MS = 50;
/** Where a controller listens if nobody says otherwise. */
const CONTROLLER_PORT = 8043;

/** The guest as the admin port of its host shows it. */
interface Guest {
  readonly booted: boolean;
  readonly address: string;
  readonly startedAt?: number;
}

/** When the controller runs: always, or while its guest does. A start forgets tokens and sessions, as a real one. */
export class Hosting {
  readonly #lab: Lab;
  readonly #server: TlsServer;
  readonly #present: (address: string) => void;
  readonly #ended = new AbortController();
  #following: Promise<void> | undefined;
  #readyAt = Infinity;
  #guestStart: number | undefined;
  #complaint: string | undefined;
  /** Kept down from outside. */
  #held = false;

  /** `present` makes the server show a certificate for an address. */
  constructor(lab: Lab, server: TlsServer, present: (address: string) => void) {
    this.#lab = lab;
    this.#server = server;
    this.#present = present;
  }

  /** True while its pages say that it starts. */
  get starting(): boolean {
    return this.#lab.pace.now() < this.#readyAt;
  }

  /** Why it cannot listen although its guest runs; it tries again and again. */
  get complaint(): string | undefined {
    return this.#complaint;
  }

  get listening(): boolean {
    return this.#server.isUp;
  }

  async begin(): Promise<void> {
    const { followGuest, address, port } = this.#lab.settings;
    if (followGuest === null) {
      await this.#up(address, port);
      return;
    }
    const url = `${followGuest.adminUrl}/guests/${followGuest.vmid}`;
    const guest = await look(url, this.#ended.signal);
    this.#server.place(port === 0 ? CONTROLLER_PORT : port, guest?.address ?? address);
    this.#present(this.#server.address);
    this.#following = this.#follow(url);
  }

  /** Down at once; up again after those milliseconds, or with `release`. */
  async restart(downMs: number | undefined): Promise<void> {
    this.#held = true;
    await this.#server.leave("refuse");
    if (downMs === undefined) return;
    await sleep(downMs, undefined, { signal: this.#ended.signal }).catch(() => undefined);
    await this.release();
  }

  async release(): Promise<void> {
    if (!this.#held || this.#ended.signal.aborted) return;
    this.#held = false;
    if (this.#lab.settings.followGuest === null) await this.#up(this.#server.address, this.#server.port);
  }

  async end(): Promise<void> {
    this.#ended.abort();
    await this.#following;
    await this.#server.close();
  }

  async #up(address: string, port: number): Promise<void> {
    const { tokens, sessions, pace, settings } = this.#lab;
    tokens.forget();
    sessions.forget();
    this.#readyAt = pace.now() + pace.ms(settings.startSeconds);
    this.#present(address);
    await this.#server.listen(port, address);
  }

  /** Looks at the guest until the end; a host that does not answer has no guest. */
  async #follow(url: string): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const guest = await look(url, signal);
      await this.#adjust(guest).catch((error: unknown) => {
        this.#complaint = error instanceof Error ? error.message : String(error);
      });
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #adjust(guest: Guest | undefined): Promise<void> {
    const runs = guest?.booted === true && !this.#held;
    const again = runs && guest.startedAt !== this.#guestStart;
    if (this.#server.isUp && (!runs || again)) await this.#server.leave("refuse");
    if (!runs || this.#server.isUp) return;
    this.#guestStart = guest.startedAt;
    await this.#up(guest.address, this.#server.port);
    this.#complaint = undefined;
  }
}

async function look(url: string, signal: AbortSignal): Promise<Guest | undefined> {
  try {
    const response = await fetch(url, { signal });
    return response.ok ? ((await response.json()) as Guest) : undefined;
  } catch {
    return undefined;
  }
}
