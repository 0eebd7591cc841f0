import { globSync, rmSync } from "node:fs";
import { Compiler } from "./compiler.ts";
import { plantIn } from "./copy.ts";
import { Crew } from "./crew.ts";
import type { Mutant } from "./instrument.ts";
import type { Answer, Seen } from "./messages.ts";

export interface Verdict {
  readonly mutant: Mutant;
  /** Unseen: no test comes past it. Refused: the compiler notices it. */
  readonly is: "killed" | "survived" | "hung" | "unseen" | "refused";
  /** Title of the test that told, and what it said. */
  readonly by?: string;
  readonly why?: string;
}

export interface Hunt {
  readonly verdicts: readonly Verdict[];
  readonly mutants: readonly Mutant[];
  /** Tests that fail without any bug; nothing is learnt from them. */
  readonly broken: readonly string[];
  /** Until all tests had run once without a bug, and until the end. */
  readonly learntMs: number;
  readonly tookMs: number;
}

export interface HuntOptions {
  readonly root: string;
  readonly files: readonly string[];
  /** Parts of paths: only test files that have one. All where there is none. */
  readonly tests: readonly string[];
  readonly ids: readonly string[];
  readonly onVerdict: (verdict: Verdict, done: number, of: number) => void;
}

/** Tests in memory, the quick ones first. */
const rooms = ["plan", "runtime", "reconcilers", "preview"];
const LEARN_MS = 15 * 60_000;
/** A machine with other work is slow at times; only CPU time tells a loop from patience. */
const TRY_MS = 120_000;
const QUICK_MS = 8;
const LIKELY = 6;

/** Plants every bug of `files` in a copy of the project and looks which the tests notice. */
export async function hunt({ root, files, tests: parts, ids, onVerdict }: HuntOptions): Promise<Hunt> {
  const all = rooms.flatMap((room) => globSync(`test/${room}/**/*.test.ts`, { cwd: root }).sort());
  const tests = all.filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)));
  const { room, mutants } = plantIn(files);
  const crew = new Crew(room, tests);
  const compiler = new Compiler(root);
  const began = performance.now();
  try {
    const learnt = await crew.ask<"learnt">({ is: "learn" }, LEARN_MS);
    if (learnt?.is !== "learnt")
      throw new Error(`the tests did not run on the planted copy: ${JSON.stringify(learnt)}`);
    const learntMs = performance.now() - began;
    const trial: Trial = { crew, learnt, killers: [] };
    const wanted = mutants.filter((mutant) => ids.length === 0 || ids.includes(mutant.id));
    const verdicts: Verdict[] = [];
    for (const mutant of wanted) {
      const tried = await tryOne(mutant, mutants.indexOf(mutant), trial);
      const left = tried.is === "survived" || tried.is === "unseen";
      const verdict: Verdict = left && !compiler.takes(mutant) ? { mutant, is: "refused" } : tried;
      verdicts.push(verdict);
      onVerdict(verdict, verdicts.length, wanted.length);
    }
    return { verdicts, mutants, broken: learnt.failed, learntMs, tookMs: performance.now() - began };
  } finally {
    crew.end();
    rmSync(room, { recursive: true, force: true });
  }
}

interface Trial {
  readonly crew: Crew;
  readonly learnt: Answer & { is: "learnt" };
  /** Titles of the tests that noticed a bug, the last one first. */
  readonly killers: string[];
}

async function tryOne(mutant: Mutant, number: number, { crew, learnt, killers }: Trial): Promise<Verdict> {
  const passing = learnt.tests.filter((test) => test.mutants.includes(number));
  // Most bugs fall to a test that takes no time, or to one that noticed a bug nearby; what is left meets them all.
  const quick = passing.filter((test) => test.ms <= QUICK_MS);
  const likely = passing.filter((test) => test.ms > QUICK_MS && killers.slice(0, LIKELY).includes(test.title));
  const slow = passing.filter((test) => !quick.includes(test) && !likely.includes(test));
  for (const tests of [quick, likely, slow].filter((some) => some.length > 0)) {
    const order = { is: "try", mutant: number, tests: tests.map((test) => test.title), ...limits(tests) } as const;
    const verdict = verdictOf(mutant, await crew.ask<"tried">(order, TRY_MS));
    if (verdict.by !== undefined) {
      const known = killers.indexOf(verdict.by);
      if (known >= 0) killers.splice(known, 1);
      killers.unshift(verdict.by);
    }
    if (verdict.is !== "survived") return verdict;
  }
  if (!learnt.atLoad.includes(number)) return { mutant, is: passing.length > 0 ? "survived" : "unseen" };
  // Evaluated when its module was loaded: it has to be awake by then.
  return verdictOf(mutant, await crew.askFresh({ is: "try", mutant: number, ...limits(learnt.tests) }, 2 * TRY_MS));
}

function verdictOf(mutant: Mutant, answer: (Answer & { is: "tried" }) | undefined): Verdict {
  if (answer === undefined) return { mutant, is: "hung" };
  if (answer.killedBy === undefined) return { mutant, is: "survived" };
  return { mutant, is: "killed", by: answer.killedBy, ...(answer.why === undefined ? {} : { why: answer.why }) };
}

function limits(tests: readonly Seen[]): { testMs: number; cpuMs: number } {
  const total = tests.reduce((sum, test) => sum + test.ms, 0);
  const longest = Math.max(...tests.map((test) => test.ms));
  return { testMs: 4000 + 10 * longest, cpuMs: 10_000 + 5 * total };
}
