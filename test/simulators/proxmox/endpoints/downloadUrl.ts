import { createHash } from "node:crypto";
import { failure, invalid } from "../apiError.ts";
import { taskSeconds, type Call, type Route } from "../lab.ts";
import { choice, flag, format, NODE, required, text } from "../schema.ts";
import { seedTemplate } from "../seed.ts";
import { holds, isFileBased, requireStorage } from "../volumes.ts";

const ENDINGS: Readonly<Record<string, RegExp>> = {
  iso: /\.(iso|img)$/i,
  vztmpl: /\.tar\.(gz|xz|zst|bz2)$/i,
  import: /\.(qcow2|raw|vmdk|ova)$/i,
};

/** What lies at an address is the address itself, so that anybody can tell its checksum. */
function checksumOf(content: string, algorithm: string): string {
  return createHash(algorithm).update(content).digest("hex");
}

/** Fetches a file, or checks the one that has its name (contract §7.3). */
function download(call: Call): string {
  const { lab, values, node, caller } = call;
  const { content = "", filename = "", url = "", checksum, "checksum-algorithm": algorithm = "sha256" } = values;
  const state = requireStorage(lab.world, values["storage"] ?? "", node);
  if (ENDINGS[content]?.test(filename) !== true) throw invalid({ filename: "wrong file extension" });
  if (!isFileBased(state)) throw failure(`can't upload to storage type '${state.type}', not a file based storage!`);
  if (!holds(state, content))
    throw failure(`storage '${state.storage}' is not configured for content-type '${content}'`);
  const volid = `${state.storage}:${content}/${filename}`;
  return lab.tasks.fork({ node, type: "download", id: filename, user: caller.user }, async (task) => {
    const there = lab.world.volumes.get(volid);
    if (there !== undefined) {
      const path = `/var/lib/vz/template/${content}/${filename}`;
      if (checksum === undefined) throw failure(`refusing to override existing file '${path}'`);
      requireSame(checksumOf(there.fetchedFrom ?? volid, algorithm), checksum);
      task.log(`OK, got correct file already, no need to download`);
      return;
    }
    task.log(`downloading ${url} to /var/lib/vz/template/${content}/${filename}`);
    await lab.pace.pause(taskSeconds(lab, "download"), task.signal);
    if (/^https?:\/\/[^/]*\.invalid\//.test(url)) throw failure("download failed: exit code 4");
    if (checksum !== undefined) requireSame(checksumOf(url, algorithm), checksum);
    seedTemplate(lab.world, volid, lab.pace.now());
    const made = lab.world.volumes.get(volid);
    if (made !== undefined) lab.world.volumes.set(volid, { ...made, fetchedFrom: url });
    task.log(`download of '${url}' to '${volid}' finished`);
  });
}

function requireSame(got: string, expected: string): void {
  if (got !== expected) throw failure(`checksum mismatch: got '${got}' != expect '${expected}'`);
}

/** Files that a node fetches from elsewhere. */
export const DOWNLOAD_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/nodes/{node}/storage/{storage}/download-url",
    access: {
      check: [
        "and",
        ["perm", "/storage/{storage}", ["Datastore.AllocateTemplate"]],
        ["or", ["perm", "/", ["Sys.Audit", "Sys.Modify"]], ["perm", "/nodes/{node}", ["Sys.AccessNetwork"]]],
      ],
    },
    protected: true,
    proxied: true,
    params: {
      ...NODE,
      storage: required(format("pve-storage-id")),
      url: required(text({ pattern: "https?://.*" })),
      content: required({ ...choice("iso", "vztmpl", "import"), format: "pve-storage-content" }),
      filename: required(text()),
      checksum: text({ requires: "checksum-algorithm" }),
      "checksum-algorithm": {
        ...choice("md5", "sha1", "sha224", "sha256", "sha384", "sha512"),
        requires: "checksum",
      },
      compression: text(),
      "verify-certificates": flag,
    },
    handle: download,
  },
];
