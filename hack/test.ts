import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { closingLine, type Totals } from "../test/reporter/totals.ts";
import { root, run } from "./command.ts";

const help = `Runs the checks and tests of the project: npm test -- [step …]

Steps, in this order; all of them where none is named:
  controlplane   find, download or build etcd, kube-apiserver, kube-controller-manager and kubectl
  verify         generated files, compiler, ESLint, rooms, dead code, format, and what the API server accepts
  unit           everything in memory and over loopback sockets
  simulators     the simulators of Proxmox and Omada
  gitops         objects as Argo CD and kstatus read them; builds a small Go program once
  cluster        the controller on the control plane, against the simulators
  thirdparty     programs of others against the simulators
`;

/** A room of test/ that is a step of its own; all other rooms are the step "unit". */
const rooms = ["simulators", "gitops", "cluster", "thirdparty"];
const steps = ["controlplane", "verify", "unit", ...rooms];

/** Longest time of a step in minutes, and of one test in seconds. */
const limits: Readonly<Record<string, { readonly minutes: number; readonly testSeconds: number }>> = {
  verify: { minutes: 10, testSeconds: 0 },
  unit: { minutes: 20, testSeconds: 10 },
  simulators: { minutes: 10, testSeconds: 20 },
  gitops: { minutes: 15, testSeconds: 20 },
  cluster: { minutes: 40, testSeconds: 120 },
  thirdparty: { minutes: 10, testSeconds: 120 },
};
/** A run whose tests are over must end by itself: what keeps it alive is a leak. */
const LINGER_MS = 15_000;
const one = { passed: 1, failed: 0, skipped: 0 } as const;
const none: Totals = { passed: 0, failed: 0, skipped: 0 };
const failure: Totals = { passed: 0, failed: 1, skipped: 0 };

function add(a: Totals, b: Totals): Totals {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

function filesOf(step: string): readonly string[] {
  const all = globSync("test/**/*.test.ts", { cwd: root }).sort();
  const roomOf = (file: string): string => file.split(/[\\/]/)[1] ?? "";
  // What takes hours is for npm run test:long.
  const others = [...rooms, "long"];
  return all.filter((file) => (step === "unit" ? !others.includes(roomOf(file)) : roomOf(file) === step));
}

/** Runs a command that writes its totals to a file, within the limits of `step`. */
async function counted(step: string, command: readonly string[], totalsFile: string): Promise<Totals> {
  const { minutes } = limits[step] ?? { minutes: 10 };
  const tooLong = new AbortController();
  const limit = setTimeout(() => tooLong.abort(new Error(`longer than ${minutes} minutes`)), minutes * 60_000);
  let lingering: NodeJS.Timeout | undefined;
  const watch = setInterval(() => {
    if (existsSync(totalsFile))
      lingering ??= setTimeout(() => tooLong.abort(new Error("its tests are over and it does not end")), LINGER_MS);
  }, 500);
  const { ok, output } = await run(command, { live: true, signal: tooLong.signal });
  clearTimeout(limit);
  clearInterval(watch);
  clearTimeout(lingering);
  if (tooLong.signal.aborted) process.stdout.write(`  ${step}: ended: ${(tooLong.signal.reason as Error).message}\n`);
  if (output !== "") process.stdout.write(`  ${output}\n`);
  const totals = existsSync(totalsFile) ? (JSON.parse(readFileSync(totalsFile, "utf8")) as Totals) : none;
  // Whatever went wrong outside a test counts as one more.
  return ok || (totals.failed > 0 && !tooLong.signal.aborted) ? totals : add(totals, failure);
}

async function perform(step: string, room: string): Promise<Totals> {
  const totalsFile = join(room, `${step}.json`);
  if (step === "controlplane") {
    const { ok } = await run(["node", "hack/controlplane/main.ts", "--prepare"], { live: true });
    return ok ? one : failure;
  }
  if (step === "verify") return await counted(step, ["node", "hack/verify.ts", "--totals", totalsFile], totalsFile);
  const files = filesOf(step);
  if (files.length === 0) return none;
  const timeout = String((limits[step]?.testSeconds ?? 10) * 1000);
  const command = ["mocha", "--timeout", timeout, "--reporter-option", `totals=${totalsFile}`, ...files];
  return await counted(step, command, totalsFile);
}

async function runSteps(chosen: readonly string[]): Promise<Totals> {
  const room = mkdtempSync(join(tmpdir(), "homelab-test-"));
  let sum = none;
  try {
    for (const step of steps.filter((name) => chosen.length === 0 || chosen.includes(name))) {
      process.stdout.write(`── ${step}\n`);
      const started = performance.now();
      const totals = await perform(step, room);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      process.stdout.write(`── ${step}: ${totals.passed} ok, ${totals.failed} not ok, ${seconds} s\n\n`);
      sum = add(sum, totals);
    }
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
  return sum;
}

const { values, positionals } = parseArgs({ options: { help: { type: "boolean" } }, allowPositionals: true });
const unknown = positionals.filter((name) => !steps.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`No step is called ${unknown.join(", ")}.\n\n${help}`);
  process.exitCode = 2;
} else if (values.help === true) {
  process.stdout.write(help);
} else {
  const totals = await runSteps(positionals);
  process.stdout.write(`${closingLine(totals)}\n`);
  process.exitCode = totals.failed === 0 ? 0 : 1;
}
