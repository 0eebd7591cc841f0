import { expect } from "chai";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { growSite, type Sees } from "../import/grownSite.ts";
import { connectTo } from "../providers/omada/simulated.ts";
import { eventually } from "../simulators/apiClient.ts";
import { SEED_SITE } from "../simulators/omada/seedSite.ts";
import { startOmadaSimulator, type RunningOmadaSimulator } from "../simulators/omada/startOmadaSimulator.ts";
import { inParallel } from "./inParallel.ts";
import { withBed, type Bed } from "./labBed.ts";
import { secret } from "./labObjects.ts";

const execute = promisify(execFile);
const mainFile = join(import.meta.dirname, "..", "..", "controller", "main.ts");
const NETWORK = "networksegments,networkdevices,wirelessnetworks,accessrules,clientgroups";

/** People make their site, at its own pages. */
async function grown(omada: RunningOmadaSimulator): Promise<void> {
  const people = connectTo(omada);
  const sees: Sees = async (what, find) =>
    eventually(() => {
      const seen = people.seen();
      const found = seen === undefined ? undefined : find(seen);
      if (found === undefined) people.hurry();
      return Promise.resolve(found);
    }).catch((cause: unknown) => {
      throw new Error(`people do not see ${what}`, { cause });
    });
  try {
    await growSite(people, sees);
  } finally {
    people.close();
  }
}

/** Runs the command as a person does. */
async function importInto(directory: string, bed: Bed, omada: RunningOmadaSimulator): Promise<void> {
  const { url, fingerprint, tokenId, tokenSecret } = bed.simulator;
  await writeFile(`${directory}.token`, `${tokenId}=${tokenSecret}\n`);
  await writeFile(`${directory}.client`, `${omada.clientId}=${omada.clientSecret}\n`);
  await writeFile(`${directory}.web`, `${omada.username}=${omada.password}\n`);
  const proxmox = ["--proxmox", url, "--token-file", `${directory}.token`, "--fingerprint", fingerprint];
  const site = ["--omada", omada.url, "--omada-client-file", `${directory}.client`];
  const more = ["--omada-web-file", `${directory}.web`, "--omada-fingerprint", omada.fingerprint];
  await execute(process.execPath, [mainFile, "import", ...proxmox, ...site, ...more, "-o", directory]);
}

/** What writes have changed in the site so far, in the simulator's words. */
async function effects(omada: RunningOmadaSimulator): Promise<readonly string[]> {
  const log = (await omada.admin("GET", "/log")) as readonly { readonly write: boolean; readonly effect?: string }[];
  return log.flatMap(({ write, effect }) => (write && effect !== undefined ? [effect] : []));
}

interface Listed {
  readonly items: readonly {
    readonly kind: string;
    readonly metadata: { readonly name: string };
    readonly status?: {
      readonly drift?: unknown;
      readonly conditions?: readonly { readonly type: string; readonly reason: string; readonly message: string }[];
    };
  }[];
}

/** "AccessRule quiet Settled" of each network object. */
async function readies(bed: Bed): Promise<readonly string[]> {
  const { items } = JSON.parse(await bed.kubectl("get", NETWORK, "-o", "json")) as Listed;
  return items.map(({ kind, metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    return `${kind} ${metadata.name} ${ready?.reason ?? ""}${status?.drift === undefined ? "" : " drift"}`;
  });
}

describe("homelab-controller import --omada, on a site that people made", () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "homelab-import-omada-"));
  });
  after(() => rm(root, { recursive: true }));

  const test = inParallel(2);
  for (const profile of ["5.15", "6.2"] as const)
    test(
      `I4, I9: on ${profile} what it writes is applied as it is, marks rules and reservations, and changes nothing else`,
      () =>
        withBed({ guests: [], emptyHost: true, listen: false }, async (bed) => {
          const omada = await startOmadaSimulator({ profile, sites: [SEED_SITE], speed: 5 });
          try {
            await grown(omada);
            const made = await effects(omada);
            const directory = join(root, profile);
            await importInto(directory, bed, omada);
            expect(await effects(omada), "the import only reads").to.deep.equal(made);
            const { tokenId, tokenSecret } = bed.simulator;
            const { clientId, clientSecret, username, password } = omada;
            const passphrase = "correct horse battery";
            await bed.apply(
              secret("proxmox-token", { tokenId, tokenSecret }),
              secret("omada-api", { clientId, clientSecret, username, password }),
              secret("wifi-nosotros", { passphrase }),
              secret("wifi-nosotros-camaras", { passphrase }),
            );
            await bed.kubectl("apply", "--validate=strict", "-k", directory);
            await bed.start();
            let last: readonly string[] = [];
            await bed
              .untilHost(
                "all is as declared",
                async () => {
                  last = await readies(bed);
                  return last.length > 10 && last.every((line) => line.endsWith(" Settled")) ? true : undefined;
                },
                60,
              )
              .catch((cause: unknown) => {
                throw new Error(last.join("\n"), { cause });
              });
            const mark = (name: string): string => `[hl:${bed.namespace}/${name}]`;
            expect((await effects(omada)).slice(made.length).toSorted()).to.deep.equal([
              `gateway rule No cameras in the lab ${mark("no-cameras-in-the-lab")} changed`,
              `gateway rule quiet ${mark("quiet")} changed`,
              `gateway rule recorder ${mark("recorder")} changed`,
              "reservation of 02-00-00-00-07-01 changed",
            ]);
          } finally {
            await omada.stop();
          }
        }),
      120,
    );
});
