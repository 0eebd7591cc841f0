import { runSimulator } from "../shared/simulatorProgram.ts";
import { unknownOptions } from "./settings.ts";
import { Simulator } from "./simulator.ts";

const HELP = `A simulated TP-Link Omada controller: HTTPS with a CA of its own. See README.md beside this file.

  node test/simulators/omada/main.ts [options]

  --config FILE       options as JSON or YAML (see options.ts for all of them)
  --port N            port of the API; 0 takes a free one (default)
  --admin-port N      port of the admin interface (plain HTTP); 0 takes a free one (default)
  --state DIR         keeps state, certificates and the access log here; survives a restart
  --speed N           devices and lists are N times faster than life (default 1)
  --exit-with-stdin   ends when its standard input ends (so that it does not outlive who started it)
  --help

Prints one JSON line when it is ready: url, caFile, ca, adminUrl, fingerprint, omadacId, clientId, clientSecret,
username, password. GET <adminUrl>/ lists what can be looked at and changed from outside.
`;

await runSimulator({ name: "sim:omada", help: HELP, unknownOptions, make: (options) => new Simulator(options) });
