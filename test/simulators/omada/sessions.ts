import { randomBytes } from "node:crypto";
import { ApiError } from "./apiError.ts";
import type { UserOptions } from "./options.ts";

interface Session {
  readonly username: string;
  readonly csrf: string;
  lastUsed: number;
}

/** Cookie and token of a session that was just opened. */
export interface Opened {
  readonly cookie: string;
  readonly csrf: string;
}

export const COOKIE = "TPOMADA_SESSIONID";

/** What a request says about its session. */
export interface SessionClaim {
  readonly cookie: string | undefined;
  readonly csrf: string | undefined;
}

/** Web sessions. They are forgotten when the controller restarts. */
export class Sessions {
  readonly #users: readonly UserOptions[];
  readonly #idleMs: number;
  readonly #open = new Map<string, Session>();

  constructor(users: readonly UserOptions[], idleSeconds: number) {
    this.#users = users;
    this.#idleMs = idleSeconds * 1000;
  }

  /** Throws -30109 for a wrong user or password. */
  login(username: unknown, password: unknown): Opened {
    const user = this.#users.find((each) => each.username === username && each.password === password);
    if (user === undefined) throw new ApiError(-30109);
    const [cookie, csrf] = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")];
    this.#open.set(cookie, { username: user.username, csrf, lastUsed: Date.now() });
    return { cookie, csrf };
  }

  logout(cookie: string | undefined): void {
    if (cookie !== undefined) this.#open.delete(cookie);
  }

  /** The user of a living session; undefined when there is none. */
  user(claim: SessionClaim): string | undefined {
    const session = claim.cookie === undefined ? undefined : this.#open.get(claim.cookie);
    if (session === undefined || session.csrf !== claim.csrf) return undefined;
    if (session.lastUsed + this.#idleMs <= Date.now()) return undefined;
    session.lastUsed = Date.now();
    return session.username;
  }

  /** Nobody is logged in any more. */
  forget(): void {
    this.#open.clear();
  }
}
