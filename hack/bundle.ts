import { build, type LogLevel, type Plugin } from "esbuild";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./command.ts";

/** How the Containerfile runs the release: less memory for the same work. */
export function releaseCommand(file: string): readonly [string, ...string[]] {
  return [
    "/usr/bin/env",
    "MALLOC_ARENA_MAX=1",
    process.execPath,
    "--optimize-for-size",
    "--max-semi-space-size=1",
    file,
  ];
}

const CLIENT = "@kubernetes/client-node";

/**
 * The Kubernetes client does not say that its modules do nothing by being loaded. They do nothing, so those that nobody
 * uses (every API of Kubernetes) stay out: a fifth of the file, and 20 MiB of memory.
 */
const withoutUnused: Plugin = {
  name: "without unused",
  setup(builder) {
    builder.onResolve(
      { filter: /^(\.|@kubernetes\/client-node$)/ },
      async ({ path, importer, resolveDir, kind, pluginData }) => {
        if (pluginData === CLIENT || (path !== CLIENT && !importer.includes(`${CLIENT}/dist/`))) return undefined;
        const resolved = await builder.resolve(path, { importer, resolveDir, kind, pluginData: CLIENT });
        return { ...resolved, sideEffects: false };
      },
    );
  },
};

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
    external: ["./standalone.ts"],
    legalComments: "linked",
    sourcemap: "linked",
    // Names stay, so that a stack trace can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    plugins: [withoutUnused],
    logLevel,
    // Packages written as CommonJS ask for require(), which an ES module has only when it makes one.
    banner: {
      js: [
        "#!/usr/bin/env node",
        `// homelab-controller ${version}, GPL-3.0-or-later`,
        'import { createRequire as createRequireOfBundle } from "node:module";',
        "const require = createRequireOfBundle(import.meta.url);",
      ].join("\n"),
    },
  });
}
