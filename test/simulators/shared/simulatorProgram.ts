import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parse } from "yaml";

/** What the command line can say of any simulator, by the name of the option it sets. */
interface CommonOptions {
  readonly port?: number;
  readonly adminPort?: number;
  readonly stateDirectory?: string;
  readonly speed?: number;
}

/** A simulator in this process. */
export interface Simulation {
  start(): Promise<void>;
  about(): object;
  stop(): Promise<void>;
}

/** A simulator as a program. */
export interface Program<Options> {
  /** As in `npm run <name>`. */
  readonly name: string;
  readonly help: string;
  readonly unknownOptions: (options: Options) => readonly string[];
  /** Throws when the options cannot be. */
  readonly make: (options: Options) => Simulation;
}

interface Given<Options> {
  readonly options: Options;
  readonly withStdin: boolean;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function read<Options extends CommonOptions>(help: string): Given<Options> {
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
    process.stdout.write(help);
    process.exit(0);
  }
  const file = values.config === undefined ? {} : (parse(readFileSync(values.config, "utf8")) as object);
  const given = {
    ...file,
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(values["admin-port"] === undefined ? {} : { adminPort: Number(values["admin-port"]) }),
    ...(values.state === undefined ? {} : { stateDirectory: values.state }),
    ...(values.speed === undefined ? {} : { speed: Number(values.speed) }),
  };
  // What the file holds is checked by name (unknownOptions) and where it is used.
  return { options: given as Options, withStdin: values["exit-with-stdin"] };
}

/** Runs a simulator until it is told to end; prints one line of JSON when it is ready. */
export async function runSimulator<Options extends CommonOptions>(program: Program<Options>): Promise<void> {
  const refuse = (what: string): never => {
    process.stderr.write(`${program.name}: ${what}\n`);
    process.exit(2);
  };
  const { options, withStdin } = readOr(program.help, refuse);
  const unknown = program.unknownOptions(options as Options);
  if (unknown.length > 0)
    refuse(`unknown option${unknown.length > 1 ? "s" : ""} ${unknown.join(", ")}; options.ts has all of them`);
  const simulation = await begin(program, options as Options, refuse);
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    void simulation.stop().finally(() => process.exit(0));
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  // The terminal it runs in was closed.
  process.once("SIGHUP", end);
  if (withStdin) process.stdin.resume().once("end", end).once("error", end);
  process.stdout.write(`${JSON.stringify({ ...simulation.about(), pid: process.pid })}\n`);
}

function readOr(help: string, refuse: (what: string) => never): Given<CommonOptions> {
  try {
    return read(help);
  } catch (error) {
    return refuse(`${textOf(error)} (--help lists the options)`);
  }
}

async function begin<Options>(
  program: Program<Options>,
  options: Options,
  refuse: (what: string) => never,
): Promise<Simulation> {
  try {
    const simulation = program.make(options);
    await simulation.start();
    return simulation;
  } catch (error) {
    return refuse(`cannot start: ${textOf(error)}`);
  }
}
