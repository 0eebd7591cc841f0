import { randomBytes } from "node:crypto";
import { ApiError } from "./apiError.ts";
import type { ApplicationOptions } from "./options.ts";

/** What the token call answers. */
export interface Issued {
  readonly accessToken: string;
  readonly tokenType: "bearer";
  readonly expiresIn: number;
  readonly refreshToken: string;
}

const REFRESH_SECONDS = 14 * 24 * 3600;

/** Access and refresh tokens of the Open API. They are forgotten when the controller restarts. */
export class Tokens {
  readonly #applications: readonly ApplicationOptions[];
  readonly #seconds: number;
  readonly #access = new Map<string, { application: ApplicationOptions; until: number }>();
  readonly #refresh = new Map<string, { application: ApplicationOptions; until: number }>();

  constructor(applications: readonly ApplicationOptions[], seconds: number) {
    this.#applications = applications;
    this.#seconds = seconds;
  }

  /** Throws -44106 for a wrong id or secret. */
  application(clientId: unknown, clientSecret: unknown): ApplicationOptions {
    const found = this.#applications.find((each) => each.clientId === clientId);
    if (found === undefined || found.clientSecret !== clientSecret) throw new ApiError(-44106);
    return found;
  }

  issue(application: ApplicationOptions): Issued {
    const accessToken = `AT-${randomBytes(16).toString("hex")}`;
    const refreshToken = `RT-${randomBytes(16).toString("hex")}`;
    this.#access.set(accessToken, { application, until: Date.now() + this.#seconds * 1000 });
    this.#refresh.set(refreshToken, { application, until: Date.now() + REFRESH_SECONDS * 1000 });
    return { accessToken, tokenType: "bearer", expiresIn: this.#seconds, refreshToken };
  }

  /** A refresh token works once. Throws -44114 when it is unknown, used or too old. */
  refresh(token: string, application: ApplicationOptions): Issued {
    const found = this.#refresh.get(token);
    this.#refresh.delete(token);
    if (found?.application !== application || found.until <= Date.now()) throw new ApiError(-44114);
    return this.issue(application);
  }

  /** Who an Authorization header stands for. Throws the refusals of contract §4.1, number 5. */
  caller(authorization: string | undefined): ApplicationOptions {
    if (authorization === undefined) throw new ApiError(-44116);
    const token = /^AccessToken=(.*)$/.exec(authorization)?.[1];
    if (token === undefined) throw new ApiError(-44112);
    const found = this.#access.get(token);
    if (found === undefined) throw new ApiError(-44113);
    if (found.until <= Date.now()) throw new ApiError(-44112);
    return found.application;
  }

  /** Every access token has expired. */
  expire(): void {
    for (const [token, { application }] of this.#access) this.#access.set(token, { application, until: 0 });
  }

  /** No token is known any more. */
  forget(): void {
    this.#access.clear();
    this.#refresh.clear();
  }
}
