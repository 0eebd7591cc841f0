import { pauseMs } from "../shared/pace.ts";
import { ApiError } from "./apiError.ts";
import type { Lab } from "./lab.ts";

const AT_ONCE = 5;

/** Writes of a site: each takes a moment, too many at once fail (contract §1.9), a busy site takes none. */
export class Writers {
  readonly #lab: Lab;
  readonly #now = new Map<string, number>();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  async write(site: string, act: () => unknown): Promise<unknown> {
    const running = this.#now.get(site) ?? 0;
    if (running >= AT_ONCE) throw new ApiError(-1);
    this.#now.set(site, running + 1);
    try {
      await pauseMs(this.#lab.settings.writeMs);
      if (this.#lab.world.sites.get(site)?.busy === true) throw new ApiError(-33004);
      return act();
    } finally {
      this.#now.set(site, (this.#now.get(site) ?? 1) - 1);
    }
  }
}
