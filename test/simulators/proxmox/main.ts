import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { unknownOptions, type SimulatorOptions } from "./options.ts";
import { Simulator } from "./simulator.ts";

const HELP = `A simulated Proxmox VE cluster: HTTPS on 127.0.0.1 with a CA of its own. See README.md beside this file.

  node test/simulators/proxmox/main.ts [options]

  --config FILE       options as JSON or YAML (see options.ts for all of them)
  --port N            port of the API; 0 takes a free one (default)
  --admin-port N      port of the admin interface (plain HTTP); 0 takes a free one (default)
  --state DIR         keeps state, certificates and the access log here; survives a restart
  --speed N           guests, tasks and waits are N times faster than life (default 1)
  --exit-with-stdin   ends when its standard input ends (so that it does not outlive who started it)
  --help

Prints one JSON line when it is ready: url, caFile, ca, adminUrl, fingerprint, tokenId, tokenSecret.
GET <adminUrl>/ lists what can be looked at and changed from outside.
`;

function options(): SimulatorOptions & { readonly withStdin: boolean } {
  const { values } = parseArgs({
    options: {
      config: { type: "string" },
      port: { type: "string" },
      "admin-port": { type: "string" },
      state: { type: "string" },
      speed: { type: "string" },
      "exit-with-stdin": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const file = values.config === undefined ? {} : (parse(readFileSync(values.config, "utf8")) as SimulatorOptions);
  return {
    ...file,
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(values["admin-port"] === undefined ? {} : { adminPort: Number(values["admin-port"]) }),
    ...(values.state === undefined ? {} : { stateDirectory: values.state }),
    ...(values.speed === undefined ? {} : { speed: Number(values.speed) }),
    withStdin: values["exit-with-stdin"],
  };
}

function refuse(what: string): never {
  process.stderr.write(`sim:proxmox: ${what}\n`);
  process.exit(2);
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function begin(given: SimulatorOptions): Promise<Simulator> {
  const unknown = unknownOptions(given);
  if (unknown.length > 0)
    refuse(`unknown option${unknown.length > 1 ? "s" : ""} ${unknown.join(", ")}; options.ts has all of them`);
  try {
    const simulator = new Simulator(given);
    await simulator.start();
    return simulator;
  } catch (error) {
    return refuse(`cannot start: ${textOf(error)}`);
  }
}

function read(): ReturnType<typeof options> {
  try {
    return options();
  } catch (error) {
    return refuse(`${textOf(error)} (--help lists the options)`);
  }
}

const { withStdin, ...given } = read();
const simulator = await begin(given);

let ending = false;
const end = (): void => {
  if (ending) return;
  ending = true;
  void simulator.stop().finally(() => process.exit(0));
};
process.once("SIGINT", end);
process.once("SIGTERM", end);
// The terminal it runs in was closed.
process.once("SIGHUP", end);
if (withStdin) process.stdin.resume().once("end", end).once("error", end);
process.stdout.write(`${JSON.stringify({ ...simulator.about(), pid: process.pid })}\n`);
