import { after, before } from "mocha";
import { withBed, type Bed, type BedOptions } from "./labBed.ts";

const RAISE_MS = 180_000;

/** To be called in a `describe`: one bed for all of its tests, raised before the first and taken away after the last. */
export function useBed(options: BedOptions, prepare: (bed: Bed) => Promise<void>): () => Bed {
  const over = Promise.withResolvers<undefined>();
  let bed: Bed | undefined;
  let done: Promise<void> = Promise.resolve();
  before(async function () {
    this.timeout(RAISE_MS);
    const ready = Promise.withResolvers<Bed>();
    done = withBed(options, async (raised) => {
      await prepare(raised);
      ready.resolve(raised);
      await over.promise;
    });
    done.catch(ready.reject);
    bed = await ready.promise;
  });
  after(async () => {
    over.resolve(undefined);
    await done;
  });
  return () => {
    if (bed === undefined) throw new Error("the bed is there inside tests and their hooks only");
    return bed;
  };
}
