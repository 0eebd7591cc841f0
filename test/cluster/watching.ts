import { Observer } from "../../hack/demo/observer.ts";
import type { Scene } from "../../hack/demo/scene.ts";
import type { ControlPlane } from "../../hack/controlplane/controlPlane.ts";
import { describeScene } from "./sceneText.ts";

/** Eyes on a namespace until `end`. */
export function observe(
  controlPlane: ControlPlane,
  namespace: string,
): { readonly observer: Observer; readonly end: () => Promise<void> } {
  const observer = new Observer(controlPlane.kubeconfigPath, namespace);
  const over = new AbortController();
  const watching = observer.run(over.signal);
  return {
    observer,
    end: async () => {
      over.abort();
      await watching;
    },
  };
}

interface Expectation {
  readonly what: string;
  readonly holds: (scene: Scene) => boolean;
  readonly seconds: number;
}

/** Resolves once it holds of what the API server shows, all writes of before included; throws with all that was seen. */
export async function held(observer: Observer, { what, holds, seconds }: Expectation): Promise<Scene> {
  const late = AbortSignal.timeout(seconds * 1000);
  // Where the API server is away the next change is its return, with all that was written before.
  let isFresh = false;
  while (!isFresh || !holds(observer.scene)) {
    try {
      if (isFresh) await observer.nextChange(late);
      else isFresh = await caughtUp(observer, late);
    } catch (cause) {
      if (!late.aborted) throw cause;
      throw new Error(`not within ${String(seconds)} s: ${what}\n${describeScene(observer.scene)}`, { cause });
    }
  }
  return observer.scene;
}

const POLL_MS = 50;

/** False: the API server did not answer; to be asked again. */
async function caughtUp(observer: Observer, late: AbortSignal): Promise<boolean> {
  try {
    await observer.caughtUp(late);
    return true;
  } catch (cause) {
    if (late.aborted) throw cause;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    return false;
  }
}

/** Asks again and again, every 50 ms, until there is an answer. */
export async function polled<T>(what: string, look: () => Promise<T | undefined>, seconds: number): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`not within ${String(seconds)} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
