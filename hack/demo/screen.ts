import type { Container } from "../../controller/api/index.ts";
import { fitted, type Ink } from "./ink.ts";
import { objectsIn, type NetworkObject, type Scene } from "./scene.ts";
import type { Progress } from "./progress.ts";
import { readyOf } from "./ready.ts";
import { draw, storyLine, type Picture } from "./view.ts";

/** Where the demo shows itself. */
export interface Screen {
  /** The lab as it is now; called after each change. */
  show(scene: Scene, story: readonly Progress[]): void;
  /** A step that has begun or is over. */
  step(progress: Progress): void;
  /** Text that stays. */
  print(text: string): void;
}

type Out = NodeJS.WriteStream;

const REDRAW_MS = 100;
/** The clock in the headline goes on when nothing changes. */
const TICK_MS = 1_000;

/** Redraws the view in place; text that stays goes above it. */
export class LiveScreen implements Screen {
  readonly #out: Out;
  readonly #ink: Ink;
  readonly #seconds: () => number;
  #drawn = 0;
  #last: Pick<Picture, "scene" | "story"> | undefined;
  #soon: NodeJS.Timeout | undefined;

  constructor(out: Out, ink: Ink, seconds: () => number) {
    this.#out = out;
    this.#ink = ink;
    this.#seconds = seconds;
    setInterval(() => {
      this.#redraw();
    }, TICK_MS).unref();
  }

  show(scene: Scene, story: readonly Progress[]): void {
    this.#last = { scene, story };
    this.#soon ??= setTimeout(() => {
      this.#redraw();
    }, REDRAW_MS).unref();
  }

  step(): void {
    // The view has all steps.
  }

  print(text: string): void {
    this.#erase();
    this.#out.write(`${text}\n`);
    this.#redraw();
  }

  #erase(): void {
    if (this.#drawn > 0) this.#out.write(`\u001b[${String(this.#drawn)}A\u001b[J`);
    this.#drawn = 0;
  }

  #redraw(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    if (this.#last === undefined) return;
    const { columns, rows } = this.#out;
    const picture = { ...this.#last, seconds: this.#seconds(), ink: this.#ink };
    const lines = draw(picture, rows - 1).map((line) => `${fitted(line, columns)}\u001b[K\n`);
    const up = this.#drawn === 0 ? "" : `\u001b[${String(this.#drawn)}A`;
    this.#out.write(`${up}${lines.join("")}\u001b[J`);
    this.#drawn = lines.length;
  }
}

/** One line for each change. */
export class LineScreen implements Screen {
  readonly #out: Out;
  readonly #ink: Ink;
  readonly #seconds: () => number;
  readonly #said = new Map<string, string>();

  constructor(out: Out, ink: Ink, seconds: () => number) {
    this.#out = out;
    this.#ink = ink;
    this.#seconds = seconds;
  }

  show({ homelab, layers, containers, network }: Scene): void {
    for (const each of containers) this.#say(`container ${each.metadata.name}`, guestState(each));
    for (const layer of layers) {
      const members = layer.status?.summary?.members ?? "";
      this.#say(`layer ${layer.metadata.name}`, `${readyOf(layer).reason} ${members}`);
    }
    for (const one of objectsIn(network))
      this.#say(`${one.kind} ${one.metadata.name}`, `${readyOf(one).reason} ${placeIn(one)}`);
    if (homelab !== undefined) this.#say(`lab ${homelab.metadata.name}`, readyOf(homelab).reason);
  }

  step(progress: Progress): void {
    if (progress.state === "playing") this.print(`── ${progress.title}`);
    else this.print(storyLine(progress, this.#ink));
  }

  print(text: string): void {
    this.#out.write(`${text}\n`);
  }

  #say(who: string, state: string): void {
    if (state.trim() === "" || this.#said.get(who) === state) return;
    this.#said.set(who, state);
    this.print(`${this.#seconds().toFixed(1).padStart(6)} s  ${who}: ${state.trim()}`);
  }
}

function guestState(guest: Container): string {
  const { reason } = readyOf(guest);
  const { powerState = "not seen", health = "" } = guest.status ?? {};
  return reason === "" ? "" : `${reason} (${powerState}${powerState === "Running" ? ` ${health}` : ""})`;
}

function placeIn(object: NetworkObject): string {
  if (object.kind === "ClientGroup") return object.status?.summary?.online ?? "";
  return object.kind === "NetworkDevice" ? (object.status?.summary?.uplink ?? "") : "";
}
