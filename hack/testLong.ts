import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { root, run } from "./command.ts";

/**
 * What takes longer than an ordinary run may: ten thousand random histories and many generated labs, then the controller
 * killed at every call of a boot on the real control plane.
 */
const lengths = { HISTORIES: "2000", GENERATED_LABS: "60" };

const files = globSync("test/sim/*.test.ts", { cwd: root }).sort();
Object.assign(process.env, lengths, process.env);
const jobs = String(Math.max(1, Math.min(files.length, availableParallelism())));
const { ok } = await run(["mocha", "--timeout", "0", "--parallel", "--jobs", jobs, ...files], { live: true });
const long = await run(["mocha", "--timeout", "0", ...globSync("test/long/*.test.ts", { cwd: root })], { live: true });
process.exitCode = ok && long.ok ? 0 : 1;
