import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { root } from "./command.ts";

await bundle(join(root, "dist", "homelab-controller.mjs"), "info");
