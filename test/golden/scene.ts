import type { FakeLab } from "../fakes/lab.ts";
import { sentences } from "./sentences.ts";

/** One thing that happens. `seconds`: when, from the beginning of the scene. */
export interface Happening {
  readonly seconds: number;
  readonly text: string;
  readonly run: (lab: FakeLab) => void;
}

export interface Scene {
  /** Declared before the first moment. */
  readonly before: readonly Happening[];
  readonly happenings: readonly Happening[];
  readonly endSeconds: number;
}

type Spec = Readonly<Record<string, unknown>>;

/**
 * Reads a scene: one sentence a line, a spec as JSON behind it where it takes one, "at 30 s" before what happens later,
 * "end at 90 s" last. Lines that begin with # are for people. Throws on a sentence it does not know.
 */
export function readScene(text: string): Scene {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const end = /^end at (\d+) s$/.exec(lines.at(-1) ?? "");
  if (end === null) throw new Error('a scene ends with "end at 90 s"');
  const all = lines.slice(0, -1).map((line) => {
    const [, seconds, sentence] = /^(?:at (\d+) s )?(.*)$/.exec(line) ?? [];
    return { line, at: seconds, happening: readSentence(Number(seconds ?? 0), sentence ?? "") };
  });
  return {
    before: all.filter(({ at }) => at === undefined).map(({ happening }) => happening),
    happenings: all.filter(({ at }) => at !== undefined).map(({ happening }) => happening),
    endSeconds: Number(end[1]),
  };
}

function readSentence(seconds: number, text: string): Happening {
  const brace = text.indexOf(" {");
  const words = brace < 0 ? text : text.slice(0, brace);
  const spec = brace < 0 ? {} : (JSON.parse(text.slice(brace)) as Spec);
  for (const [form, run] of sentences) {
    const found = form.exec(words);
    if (found !== null) return { seconds, text: words, run: (lab) => run(lab, found.slice(1), spec) };
  }
  throw new Error(`no scene has the sentence: ${text}`);
}
