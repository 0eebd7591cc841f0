import { join } from "node:path";
import { parse } from "yaml";

/** The files of a person, as far as a plan reads them. */
export interface Files {
  /** Throws when it can't be read. */
  readonly read: (path: string) => string;
  readonly isFolder: (path: string) => boolean;
  /** Names in a folder, sorted. */
  readonly list: (path: string) => readonly string[];
  readonly standardInput: () => Promise<string>;
}

/** One file's text. */
export interface ManifestText {
  /** For messages; "standard input". */
  readonly path: string;
  readonly text: string;
  /** What a kustomization above it puts every object into. */
  readonly namespace?: string;
}

/** What keeps the files from being read; a sentence with the path. */
export class BadManifest extends Error {}

const KUSTOMIZATIONS = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/** What a plain kustomization consists of: it gathers files and says their namespace. */
const PLAIN: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata", "resources", "namespace", "sortOptions"]);

/** The texts that these paths stand for, as kubectl takes them with -R, and plain kustomizations as with -k. */
export async function manifestTexts(paths: readonly string[], files: Files): Promise<readonly ManifestText[]> {
  const texts: ManifestText[] = [];
  for (const path of paths)
    if (path === "-") texts.push({ path: "standard input", text: await files.standardInput() });
    else texts.push(...under(path, files));
  return texts;
}

function under(path: string, files: Files): readonly ManifestText[] {
  if (!files.isFolder(path)) return [{ path, text: readOr(path, files) }];
  const names = files.list(path);
  const own = names.find((name) => KUSTOMIZATIONS.includes(name));
  if (own !== undefined) return kustomized(path, own, files);
  return names.flatMap((name) => {
    const child = join(path, name);
    if (files.isFolder(child)) return under(child, files);
    return /\.(ya?ml|json)$/.test(name) ? under(child, files) : [];
  });
}

function readOr(path: string, files: Files): string {
  try {
    return files.read(path);
  } catch (error) {
    throw new BadManifest(`${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Anything but a plain one is kustomize's own to build. */
function kustomized(folder: string, name: string, files: Files): readonly ManifestText[] {
  const path = join(folder, name);
  const said: unknown = parse(readOr(path, files));
  const fields = said !== null && typeof said === "object" ? (said as Readonly<Record<string, unknown>>) : {};
  const other = Object.keys(fields).find((key) => !PLAIN.has(key));
  const resources = Array.isArray(fields["resources"]) ? fields["resources"].map(String) : [];
  const remote = resources.find((one) => one.includes("://") || one.startsWith("github.com/"));
  if (other !== undefined || remote !== undefined)
    throw new BadManifest(
      `${path} uses ${other ?? remote ?? ""}, which only kustomize builds: kubectl kustomize ${folder} | homelab-controller plan -f -`,
    );
  const { namespace } = fields;
  return resources
    .flatMap((one) => under(join(folder, one), files))
    .map((one) => (typeof namespace === "string" ? { ...one, namespace } : one));
}
