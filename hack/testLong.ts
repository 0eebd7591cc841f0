import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { root, run } from "./command.ts";

/** What takes longer than an ordinary run may: ten thousand random histories and many generated labs. */
const lengths = { HISTORIES: "2500", GENERATED_LABS: "60" };

const files = globSync("test/sim/*.test.ts", { cwd: root }).sort();
Object.assign(process.env, lengths, process.env);
const jobs = String(Math.max(1, Math.min(files.length, availableParallelism())));
const { ok } = await run(["mocha", "--timeout", "0", "--parallel", "--jobs", jobs, ...files], { live: true });
process.exitCode = ok ? 0 : 1;
