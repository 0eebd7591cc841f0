import { join } from "node:path";
import ts from "typescript";
import type { Mutant } from "./instrument.ts";

/** Complaints about what is left unused; they are no reason to say that a bug cannot be written. */
const UNUSED = new Set([6133, 6138, 6192, 6196, 6198, 6199]);

/** Says whether the compiler takes a file with one bug in it. What it refuses is no bug anybody could commit. */
export class Compiler {
  readonly #root: string;
  readonly #service: ts.LanguageService;
  #changed: { readonly path: string; readonly text: string } | undefined;
  #version = 0;

  constructor(root: string) {
    this.#root = root;
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as {
      config: unknown;
    };
    const { options, fileNames } = ts.parseJsonConfigFileContent(
      { ...(config as object), include: ["controller"] },
      ts.sys,
      root,
    );
    const read = (path: string): string | undefined =>
      path === this.#changed?.path ? this.#changed.text : ts.sys.readFile(path);
    this.#service = ts.createLanguageService({
      getCompilationSettings: () => options,
      getScriptFileNames: () => fileNames,
      getScriptVersion: (path) => (path === this.#changed?.path ? String(this.#version) : "0"),
      getScriptSnapshot: (path) => {
        const text = read(path);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => root,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      fileExists: (path) => ts.sys.fileExists(path),
      readFile: read,
      readDirectory: (...args) => ts.sys.readDirectory(...args),
      directoryExists: (path) => ts.sys.directoryExists(path),
      getDirectories: (path) => ts.sys.getDirectories(path),
    });
  }

  takes({ file, start, end, text }: Mutant): boolean {
    const path = join(this.#root, file);
    const source = ts.sys.readFile(path) ?? "";
    this.#changed = { path, text: source.slice(0, start) + text + source.slice(end) };
    this.#version += 1;
    const found = [...this.#service.getSyntacticDiagnostics(path), ...this.#service.getSemanticDiagnostics(path)];
    return found.every(({ category, code }) => category !== ts.DiagnosticCategory.Error || UNUSED.has(code));
  }
}
