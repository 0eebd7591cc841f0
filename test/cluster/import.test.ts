import { expect } from "chai";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { GuestOptions } from "../simulators/proxmox/options.ts";
import { readyReason } from "./conditions.ts";
import { withBed, type Bed } from "./labBed.ts";
import { secret } from "./labObjects.ts";

const execute = promisify(execFile);
const mainFile = join(import.meta.dirname, "..", "..", "controller", "main.ts");

/** A lab that grew by hand, with services where its software has them by default. */
const grown: readonly GuestOptions[] = [
  {
    vmid: 101,
    name: "Omada21",
    running: true,
    bootSeconds: 1,
    services: [{ port: 8043, protocol: "tcp" }],
    config: {
      onboot: 1,
      memory: 2048,
      tags: "net;important",
      description: "TP-Link Omada\nnetwork management",
      net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:01:01,ip=dhcp,type=veth",
    },
  },
  {
    vmid: 159,
    name: "postgres-main",
    running: true,
    bootSeconds: 1,
    services: [{ port: 5432, protocol: "postgres" }],
    config: { cores: 2, cpulimit: "1.5", swap: 0, mp0: "local-zfs:subvol-159-disk-1,mp=/srv/data,size=32G,backup=1" },
  },
  { vmid: 160, name: "notes", running: false, config: { features: "nesting=1", nameserver: "192.168.0.1" } },
];

/** Runs the command as a person does; the answer is the files it wrote, in one text. */
async function imported(bed: Bed, directory: string): Promise<string> {
  const { url, fingerprint, tokenId, tokenSecret } = bed.simulator;
  const tokenFile = `${directory}.token`;
  await writeFile(tokenFile, `${tokenId}=${tokenSecret}\n`);
  const flags = ["--proxmox", url, "--token-file", tokenFile, "--fingerprint", fingerprint, "--name", "grown"];
  const { stderr } = await execute(process.execPath, [mainFile, "import", ...flags, "-o", directory]);
  expect(stderr).to.contain("3 of 3 guests read");
  const names = (await readdir(directory)).toSorted();
  return (await Promise.all(names.map((name) => readFile(join(directory, name), "utf8")))).join("---\n");
}

/** What a plan of the manifests that were just written says would be done; that something would is its exit code 2. */
async function planned(directory: string): Promise<readonly string[]> {
  const flags = ["-f", directory, "--no-cluster", "--token-file", `${directory}.token`, "--json"];
  const plan: unknown = await execute(process.execPath, [mainFile, "plan", ...flags]).catch((error: unknown) => error);
  expect(plan).to.have.property("code", 2);
  const { objects } = JSON.parse((plan as { readonly stdout: string }).stdout) as {
    readonly objects: readonly { readonly steps: readonly { readonly do: string }[]; readonly fields: unknown }[];
  };
  expect(objects.flatMap(({ fields }) => fields)).to.deep.equal([]);
  return objects.flatMap(({ steps }) => steps.map((step) => step.do));
}

describe("homelab-controller import, on a lab that runs", () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "homelab-import-"));
  });
  after(() => rm(root, { recursive: true }));

  it("I4: what it writes is applied as it is, marks the guests and changes nothing else; power stays as found", () =>
    withBed({ guests: [], emptyHost: true, simulator: { guests: grown } }, async (bed) => {
      const manifests = await imported(bed, join(root, "lab"));
      expect(await planned(join(root, "lab"))).to.deep.equal(["adopt", "adopt", "adopt"]);
      expect(await bed.host.mutations()).to.deep.equal([]);
      const before = await configs(bed);
      const { tokenId, tokenSecret } = bed.simulator;
      await bed.apply(secret("proxmox-token", { tokenId, tokenSecret }));
      expect(await bed.kubectl("apply", "--validate=strict", "-k", join(root, "lab"))).to.contain("homelab.homelab");
      await bed.start();
      await bed.until("every guest is as found", ({ containers }) => {
        const reasons = containers.map((guest) => `${guest.metadata.name} ${readyReason(guest) ?? ""}`).toSorted();
        return reasons.join() === "notes Stopped,omada21 Settled,postgres-main Settled";
      });
      const written = (await bed.host.mutations()).map(({ method, path }) => `${method} ${path}`).toSorted();
      expect(written).to.deep.equal(grown.map(({ vmid }) => `PUT /nodes/pve1/lxc/${String(vmid)}/config`));
      const marks = [`hl.${bed.namespace}.omada21`, `hl.${bed.namespace}.postgres-main`, `hl.${bed.namespace}.notes`];
      for (const [index, after] of (await configs(bed)).entries()) {
        const tags = [tagsOf(before[index]), marks[index]].filter((tag) => tag !== "").join(";");
        expect(after).to.deep.equal({ ...before[index], tags: tags.split(";").toSorted().join(";") });
      }
      expect(await imported(bed, join(root, "again"))).to.equal(manifests);
    }));

  it("P3: a file that exists is not overwritten, and nothing else is written", () =>
    withBed({ guests: [], emptyHost: true, simulator: { guests: grown } }, async (bed) => {
      const directory = join(root, "taken");
      await mkdir(directory);
      await writeFile(join(directory, "homelab.yaml"), "mine\n");
      const refused = await imported(bed, directory).catch((error: unknown) => error);
      expect(refused).to.have.property("code", 1);
      expect(refused).to.have.property("stderr").that.contains("homelab.yaml exists; nothing was written");
      expect(await readdir(directory)).to.deep.equal(["homelab.yaml"]);
      expect(await readFile(join(directory, "homelab.yaml"), "utf8")).to.equal("mine\n");
    }));
});

function tagsOf(config: Readonly<Record<string, unknown>> | undefined): string {
  const tags = config?.["tags"];
  return typeof tags === "string" ? tags : "";
}

/** The guests' configurations as the host has them, without the digest. */
async function configs(bed: Bed): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const guests = (await bed.simulator.admin("GET", "/guests")) as readonly {
    readonly vmid: number;
    readonly config: object;
  }[];
  return guests.toSorted((a, b) => a.vmid - b.vmid).map(({ config }) => ({ ...config }));
}
