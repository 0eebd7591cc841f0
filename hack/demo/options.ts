import { parseArgs } from "node:util";

export interface DemoOptions {
  /** End after the report instead of staying up. */
  readonly exit: boolean;
  /** No guest exists at the beginning; the twelve are created. */
  readonly emptyHost: boolean;
  /** The report as JSON on standard output; everything else on standard error. */
  readonly json: boolean;
}

export type Wish =
  | { readonly is: "run"; readonly options: DemoOptions }
  | { readonly is: "help" }
  | { readonly is: "error"; readonly line: string };

export const help = `The lab of the host nosotros on this machine: a real Kubernetes API, a simulated Proxmox host with an Omada controller
in CT 101, and the controller.

  npm run demo [-- options]

It boots four layers, brings the network to what is declared, sees a cable moved and Starlink lost, loses its database,
respects a person's stop, shuts down in order, and reports. Every step is checked against the Kubernetes objects and the
simulators' own logs. Then it stays up until Ctrl-C.

  --exit         end after the report; exit code 0 only if every step was seen
  --empty-host   begin with no containers: the twelve are created from nothing
  --json         print the report as JSON on standard output, all else on standard error
  --help         this text

On a terminal the lab is drawn in place; elsewhere it is one line for each change. NO_COLOR turns colours off.
Nothing leaves this machine, and nothing stays on it but the cached programs of the control plane.
`;

/** Reads the command line; pure. */
export function parseWish(argv: readonly string[]): Wish {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        exit: { type: "boolean", default: false },
        "empty-host": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { is: "help" };
    return { is: "run", options: { exit: values.exit, emptyHost: values["empty-host"], json: values.json } };
  } catch (error) {
    return { is: "error", line: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error) };
  }
}
