import { build, type LogLevel } from "esbuild";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./command.ts";

/**
 * The release: controller/main.ts with all it needs as one file, for Node 24 without node_modules. The embedded control
 * plane stays out: it is a tool of the checkout.
 */
export async function bundle(outfile: string, logLevel: LogLevel): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string };
  mkdirSync(dirname(outfile), { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ["controller/main.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    external: ["../hack/standalone.ts"],
    legalComments: "linked",
    sourcemap: "linked",
    logLevel,
    // Packages written as CommonJS ask for require(), which an ES module has only when it makes one.
    banner: {
      js: [
        `// homelab-controller ${version}, GPL-3.0-or-later`,
        'import { createRequire as createRequireOfBundle } from "node:module";',
        "const require = createRequireOfBundle(import.meta.url);",
      ].join("\n"),
    },
  });
}
