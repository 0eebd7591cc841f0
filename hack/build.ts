import { build } from "esbuild";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./command.ts";

/**
 * The release: controller/main.ts with all it needs as one file, dist/homelab-controller.mjs, for Node 24 without
 * node_modules. The embedded control plane stays out: it is a tool of the checkout.
 */
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string };

mkdirSync(join(root, "dist"), { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: ["controller/main.ts"],
  outfile: "dist/homelab-controller.mjs",
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node24",
  external: ["../hack/standalone.ts"],
  legalComments: "linked",
  sourcemap: "linked",
  logLevel: "info",
  // Packages written as CommonJS ask for require(), which an ES module has only when it makes one.
  banner: {
    js: [
      `// homelab-controller ${version}, GPL-3.0-or-later`,
      'import { createRequire as createRequireOfBundle } from "node:module";',
      "const require = createRequireOfBundle(import.meta.url);",
    ].join("\n"),
  },
});
