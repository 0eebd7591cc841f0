import { parseArgs } from "node:util";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { root } from "./command.ts";
import { layImage } from "./imageFileSystem.ts";

const usage = `node hack/image.ts DIRECTORY

Builds the release and lays out the file system of its image in DIRECTORY: what the Containerfile copies.
`;

const { values, positionals } = parseArgs({ options: { help: { type: "boolean" } }, allowPositionals: true });
const [target, ...more] = positionals;
if (values.help === true) process.stdout.write(usage);
else if (target === undefined || more.length > 0) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  const file = join(root, "dist", "homelab-controller.mjs");
  await bundle(file, "info");
  layImage(target, file);
}
