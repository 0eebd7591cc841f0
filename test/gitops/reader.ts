import { spawn } from "node:child_process";
import { join } from "node:path";
import { goProgram } from "../../hack/controlplane/goProgram.ts";

const source = join(import.meta.dirname, "runner");

/** What is asked about one object. */
export type Question =
  /** Argo CD's health, by this script. */
  | { readonly do: "health"; readonly script: string }
  /** What a discovery script offers. */
  | { readonly do: "actions"; readonly script: string }
  /** What an action makes of the object. */
  | { readonly do: "action"; readonly script: string }
  /** kstatus, by its own library. */
  | { readonly do: "kstatus" }
  /** Argo CD's deep link; empty where `if` does not hold. */
  | { readonly do: "link"; readonly url: string; readonly if: string };

export interface Readings {
  readonly kstatus: Reading;
  readonly argo: Reading;
}

interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

interface Reading {
  readonly status: string;
  readonly message: string;
}

/**
 * The program that reads objects with Argo CD's Lua machine and with the kstatus library, built from runner/ once and kept
 * in the user's cache directory. Throws with what to install where it cannot be had.
 */
export function prepareReader(say: (line: string) => void): Promise<string> {
  const why = "read objects with Argo CD's Lua machine and with the kstatus library, which are Go";
  return goProgram({ source, cache: "gitops", what: "the reader of GitOps tests", why }, say);
}

/** Asks the program about objects; throws with the text of a question that it could not answer. */
export class Reader {
  readonly #program: string;

  constructor(program: string) {
    this.#program = program;
  }

  async ask(object: object, question: Question): Promise<unknown> {
    const [answer] = await this.#run([{ ...question, object }]);
    if (answer?.error !== undefined) throw new Error(answer.error);
    return answer?.value;
  }

  /** As kstatus and as Argo CD with this script read the same objects. */
  async read(objects: readonly object[], script: string): Promise<readonly Readings[]> {
    const answers = await this.#run(
      objects.flatMap((object) => [
        { do: "kstatus", object },
        { do: "health", script, object },
      ]),
    );
    const readings = answers.map(({ value, error }) => {
      if (error !== undefined) throw new Error(error);
      return value as Reading;
    });
    return objects.map((_, index) => ({ kstatus: readings[2 * index]!, argo: readings[2 * index + 1]! }));
  }

  #run(questions: readonly (Question & { readonly object: object })[]): Promise<readonly Answer[]> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#program, [], { stdio: ["pipe", "pipe", "pipe"] });
      let output = "";
      let trouble = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (trouble += text));
      child.on("error", reject);
      child.on("close", (code) => {
        if (code === 0) resolve(JSON.parse(output) as readonly Answer[]);
        else reject(new Error(`the reader ended with ${String(code)}: ${trouble}`));
      });
      child.stdin.end(JSON.stringify(questions));
    });
  }
}

/** To be called in a `describe`: builds the reader where needed, and gives it to the tests. */
export function useReader(): () => Reader {
  let reader: Reader | undefined;
  before("the reader is built", async function () {
    this.timeout(600_000);
    reader = new Reader(await prepareReader((line) => process.stderr.write(`${line}\n`)));
  });
  return () => {
    if (reader === undefined) throw new Error("the reader is there inside tests only");
    return reader;
  };
}
