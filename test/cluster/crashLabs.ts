import { withCrashLab, type CrashLab } from "./crashRounds.ts";
import type { BedGuest } from "./labObjects.ts";

interface Open {
  readonly lab: CrashLab;
  readonly close: () => Promise<void>;
}

/** Labs that are handed from one round to the next, as many as rounds run at once. One in which a round failed is not. */
export class CrashLabs {
  readonly #guests: readonly BedGuest[];
  readonly #idle: Open[] = [];
  readonly #closing: Promise<void>[] = [];

  constructor(guests: readonly BedGuest[]) {
    this.#guests = guests;
  }

  async use(run: (lab: CrashLab) => Promise<void>): Promise<void> {
    const open = this.#idle.pop() ?? (await this.#open());
    try {
      await run(open.lab);
      this.#idle.push(open);
    } catch (error) {
      await open.close();
      throw error;
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#idle.map((open) => open.close()));
    await Promise.all(this.#closing);
  }

  async #open(): Promise<Open> {
    const over = Promise.withResolvers<undefined>();
    const ready = Promise.withResolvers<CrashLab>();
    const life = withCrashLab(this.#guests, async (lab) => {
      ready.resolve(lab);
      await over.promise;
    });
    life.catch(ready.reject);
    this.#closing.push(life);
    const lab = await ready.promise;
    return {
      lab,
      close: () => {
        over.resolve(undefined);
        return life;
      },
    };
  }
}
