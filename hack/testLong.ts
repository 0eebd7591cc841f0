import { globSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { terminal } from "./bench/progress.ts";
import { root, run } from "./command.ts";
import { progressLine, tallyTable, toldIn } from "./historyTally.ts";

const help = `What takes longer than an ordinary run may: npm run test:long -- [options]

Ten thousand random histories and many generated labs, on as many processes as there are cores; then the controller
killed at every call of a boot and at those of updates, migrations, snapshots and clones on the real control plane. It
prints how many histories were told a minute.

  --histories  only the histories and labs
  --help

HISTORIES sets how many are told of each mix, GENERATED_LABS how many small labs are booted.
`;
const { values } = parseArgs({
  options: { histories: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
});

const lengths = { HISTORIES: "2000", GENERATED_LABS: "60" };
const LOOK_MS = 1_000;
/** Where nobody looks at a terminal a line is written so often. */
const SAY_MS = 300_000;

async function tellHistories(): Promise<boolean> {
  const files = globSync("test/sim/*.test.ts", { cwd: root }).sort();
  const mixes = files.filter((file) => !/generatedLabs|witness/.test(file)).length;
  const room = mkdtempSync(join(tmpdir(), "homelab-histories-"));
  Object.assign(process.env, { ...lengths, ...process.env, HISTORY_TALLY: room });
  const labs = Number(process.env["GENERATED_LABS"]);
  const all = mixes * Number(process.env["HISTORIES"]) + labs + Math.ceil(labs / 4);

  const screen = terminal(process.stderr);
  const began = performance.now();
  const line = (): string => progressLine(toldIn(room), all, (performance.now() - began) / 1000);
  const look = setInterval(() => screen.progress(line()), LOOK_MS);
  const say = setInterval(() => {
    if (!process.stderr.isTTY) screen.say(line());
  }, SAY_MS);

  const jobs = String(Math.max(1, Math.min(files.length, availableParallelism())));
  const { ok, output } = await run(["mocha", "--timeout", "0", "--parallel", "--jobs", jobs, ...files]);
  clearInterval(look);
  clearInterval(say);
  screen.end();
  process.stdout.write(`${output}\n${tallyTable(toldIn(room))}\n`);
  rmSync(room, { recursive: true, force: true });
  return ok;
}

async function killEverywhere(): Promise<boolean> {
  const files = globSync("test/long/*.test.ts", { cwd: root });
  const { ok } = await run(["mocha", "--timeout", "0", ...files], { live: true });
  return ok;
}

if (values.help) process.stdout.write(help);
else {
  const told = await tellHistories();
  const killed = values.histories || (await killEverywhere());
  process.exitCode = told && killed ? 0 : 1;
}
