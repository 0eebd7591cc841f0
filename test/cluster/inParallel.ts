import { it } from "mocha";

/** Declares a test; its body may begin before it is its turn. `seconds`: beyond what the others may take. */
export type ParallelIt = (title: string, run: () => Promise<void>, seconds?: number) => void;

/**
 * Tests that mostly wait and share nothing but the control plane: up to `width` of them run at once, in their order, and
 * each is told as a test of its own. To be called in a `describe`.
 */
export function inParallel(width: number): ParallelIt {
  const waiting: (() => Promise<void>)[] = [];
  let running = 0;
  const pump = (): void => {
    while (running < width) {
      const next = waiting.shift();
      if (next === undefined) return;
      running += 1;
      void next().finally(() => {
        running -= 1;
        pump();
      });
    }
  };
  return (title, run, seconds) => {
    const done = Promise.withResolvers<undefined>();
    // It may fail before its turn to tell.
    done.promise.catch(() => undefined);
    waiting.push(async () => {
      try {
        await run();
        done.resolve(undefined);
      } catch (error) {
        done.reject(error);
      }
    });
    it(title, async function () {
      if (seconds !== undefined) this.timeout(seconds * 1000);
      pump();
      await done.promise;
    });
  };
}
