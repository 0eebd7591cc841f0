import { ProviderError } from "../controller/base/outcome.ts";
import { engineFor, Host } from "./conformance/host.ts";
import { help, parseWish, type Target } from "./conformance/options.ts";
import { ownSimulator } from "./conformance/ownSimulator.ts";
import { findPlace, type Place } from "./conformance/place.ts";
import { runSuites, type LeftOut, type Outcome } from "./conformance/run.ts";

const FAILED = 1;
const UNUSABLE = 2;
const INTERRUPTED = 130;

/** Tests that no address can run through its API alone, or that need a second token. */
function leftOutFor(target: Target): readonly LeftOut[] {
  const lock = {
    title: "A4: shows a lock's word",
    reason: "Proxmox gives no way to take a lock away again by its API",
  };
  const person = { title: "O6: tasks name who acted", reason: "--person-token is not given" };
  return target.person === undefined ? [lock, person] : [lock];
}

/** The first Ctrl-C ends the tests and removes what they made; after a second one nothing is waited for. */
function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => {
      if (interrupted.signal.aborted) process.exit(INTERRUPTED);
      process.stderr.write("interrupted: removing the guests that were made; again to leave them\n");
      interrupted.abort(new Error("interrupted"));
    });
  return interrupted.signal;
}

interface Report extends Outcome {
  readonly address: string;
  readonly version: string;
  readonly node: string;
  readonly interrupted: boolean;
  /** Guests that could not be removed, each with the reason. */
  readonly leftBehind: readonly string[];
}

async function perform(target: Target, say: (line: string) => void, interrupted: AbortSignal): Promise<Report> {
  const engine = engineFor(target);
  const address = target.connection.endpoints[0] ?? "";
  const place = await placeAt(target, engine, interrupted);
  const { node, version, storage, template, free, taken } = place;
  say(`${address}: Proxmox VE ${version}, node ${node}, storage ${storage}, template ${template}`);
  say(`vmids ${free.join(", ")}${taken.length === 0 ? "" : `; left alone: ${taken.join(", ")}`}`);
  const host = new Host(target, place, engine, interrupted);
  const outcome = await runSuites(host, leftOutFor(target), say, interrupted);
  const leftBehind = await host.clear();
  host.close();
  return { address, version, node, ...outcome, interrupted: interrupted.aborted, leftBehind };
}

class Unusable extends Error {}

async function placeAt(target: Target, engine: ReturnType<typeof engineFor>, signal: AbortSignal): Promise<Place> {
  try {
    return await findPlace(engine, target, signal);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const where = `${target.connection.endpoints[0] ?? ""} as ${target.connection.tokenId}: `;
    throw new Unusable(`${error instanceof ProviderError ? where : ""}${message}`, { cause: error });
  }
}

function summary(report: Report): string {
  const lines = report.leftOut.map(({ title, reason }) => `left out: ${title} (${reason})`);
  const behind = report.leftBehind.map((each) => `left behind: guest ${each}; remove it by hand`);
  const counts = `${String(report.passed)} passed, ${String(report.failures.length)} failed`;
  return [...lines, ...behind, counts, ""].join("\n");
}

/** Exit codes: 0 all passed, 1 something failed or was left behind, 2 it could not begin, 130 interrupted. */
async function main(): Promise<number> {
  const wish = parseWish(process.argv.slice(2), process.env);
  switch (wish.is) {
    case "help":
      process.stdout.write(help);
      return 0;
    case "error":
      process.stderr.write(`conformance: ${wish.line}\n\n${help}`);
      return UNUSABLE;
    case "run": {
      if (wish.target !== undefined) return await run(wish.target, wish.json);
      const { simulator, target } = await ownSimulator();
      return await run(target, wish.json).finally(() => simulator.stop());
    }
  }
}

async function run(target: Target, json: boolean): Promise<number> {
  const out = json ? process.stderr : process.stdout;
  const interrupted = untilInterrupted();
  try {
    const report = await perform(target, (line) => out.write(`${line}\n`), interrupted);
    out.write(summary(report));
    if (json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    if (report.interrupted) return INTERRUPTED;
    return report.failures.length + report.leftBehind.length === 0 ? 0 : FAILED;
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    process.stderr.write(`conformance: ${error.message}\n`);
    return interrupted.aborted ? INTERRUPTED : UNUSABLE;
  }
}

process.exitCode = await main();
