import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./command.ts";

/** The user that manifests/base asks for; nothing of the image belongs to it. */
const USER = 65532;

const files: Readonly<Record<string, string>> = {
  "/etc/passwd": `controller:x:${String(USER)}:${String(USER)}::/:/sbin/nologin\n`,
  "/etc/group": `controller:x:${String(USER)}:\n`,
  // The C library looks only at DNS where it is not told of the pod's own hosts file.
  "/etc/nsswitch.conf": "hosts: files dns\n",
};

/**
 * Lays out everything the image has, below `target`: Node as it runs here with the libraries it loads, the bundle, the
 * licence. No shell, no package manager, no certificate store: Node brings its roots with it.
 */
export function layImage(target: string, bundle: string): void {
  const put = (from: string, path: string): void => {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    copyFileSync(from, join(target, path));
  };
  put(process.execPath, "/usr/local/bin/node");
  chmodSync(join(target, "/usr/local/bin/node"), 0o755);
  for (const library of librariesOf(process.execPath)) put(library, library);
  for (const part of ["", ".LEGAL.txt"]) put(`${bundle}${part}`, `/app/homelab-controller.mjs${part}`);
  put(join(root, "LICENSE"), "/app/LICENSE");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), text);
  }
}

/** Absolute paths of the shared libraries and of the loader, as the loader itself names them. */
function librariesOf(program: string): readonly string[] {
  const lines = execFileSync("ldd", [program], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}
