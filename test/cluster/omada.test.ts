import { expect } from "chai";
import { startOmadaSimulator, type RunningOmadaSimulator } from "../simulators/omada/startOmadaSimulator.ts";
import { SEED, SEED_SITE } from "../simulators/omada/seedSite.ts";
import type { OmadaOptions } from "../simulators/omada/options.ts";
import { inParallel } from "./inParallel.ts";
import { withBed, type Bed } from "./labBed.ts";
import { ours, secret, THREE_GUESTS, type Declared } from "./labObjects.ts";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

function siteOf(omada: RunningOmadaSimulator): readonly Declared[] {
  const { url, ca, clientId, clientSecret, username, password } = omada;
  return [
    secret("omada-api", { clientId, clientSecret, username, password }),
    secret("omada-ca", { "ca.crt": ca }),
    ours("OmadaController", "omada", {
      endpoint: url,
      credentialsRef: { name: "omada-api" },
      site: "Default",
      tls: { caRef: { name: "omada-ca", key: "ca.crt" } },
      pollIntervalSeconds: 2,
    }),
  ];
}

const cameras = (more: Readonly<Record<string, unknown>> = {}): Declared =>
  ours("NetworkSegment", "cameras", {
    vlan: 30,
    cidr: "192.168.30.0/24",
    gateway: "192.168.30.1",
    purpose: "Interface",
    dhcp: { enabled: true, start: "192.168.30.100", end: "192.168.30.200", leaseSeconds: 86400 },
    omada: { controllerRef: { name: "omada" } },
    proxmox: { bridge: "vmbr0" },
    deletionPolicy: "Delete",
    ...more,
  });

async function ready(bed: Bed, object: string, reason: string): Promise<void> {
  let last: Condition | undefined;
  await bed
    .untilHost(
      `${object} ${reason}`,
      async () => {
        const text = await bed.kubectl("get", object, "-o", "json");
        const { status } = JSON.parse(text) as { readonly status?: { readonly conditions?: readonly Condition[] } };
        last = status?.conditions?.find(({ type }) => type === "Ready");
        return last?.reason === reason ? true : undefined;
      },
      60,
    )
    .catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(last)}`);
    });
}

/** Every request to the site that was meant to change something; tokens and logins apart. */
async function writes(omada: RunningOmadaSimulator): Promise<readonly string[]> {
  const log = (await omada.admin("GET", "/log")) as readonly { readonly method: string; readonly path: string }[];
  return log
    .filter(({ method, path }) => method !== "GET" && !/token|login|\/clients$|uplink-info/.test(path))
    .map(({ method, path }) => `${method} ${path.replace(/[0-9a-f]{24,32}/g, "ID")}`);
}

describe("an Omada site, on real processes", () => {
  // Most of it is the minute that passes before anything declared is destroyed (I5).
  const test = inParallel(2);
  for (const profile of ["5.15", "6.2"] as const)
    test(
      `N3, N4, I9: on ${profile} a segment is made once, kept, corrected and taken away; nothing else is touched`,
      () =>
        withBed({ guests: THREE_GUESTS.slice(0, 1), listen: false }, async (bed) => {
          const options: OmadaOptions = { profile, sites: [SEED_SITE] };
          const omada = await startOmadaSimulator(options);
          try {
            await bed.apply(...siteOf(omada));
            await bed.applyLab();
            await bed.start();
            await ready(bed, "omadacontrollers/omada", "Settled");
            expect(await writes(omada)).to.deep.equal([]);
            await bed.apply(cameras());
            await ready(bed, "networksegments/cameras", "Settled");
            const made = await writes(omada);
            expect(made.filter((line) => line.startsWith("POST")).length, made.join("\n")).to.equal(1);
            await bed.apply(
              cameras({ dhcp: { enabled: true, start: "192.168.30.50", end: "192.168.30.99", leaseSeconds: 86400 } }),
            );
            await bed.untilHost(
              "the range is written",
              async () => ((await writes(omada)).length > made.length ? true : undefined),
              60,
            );
            await ready(bed, "networksegments/cameras", "Settled");
            await bed.apply(
              ours("NetworkDevice", "cerebro", {
                mac: SEED.switch.replaceAll("-", ":"),
                role: "Switch",
                model: "SG3428",
              }),
            );
            await ready(bed, "networkdevices/cerebro", "Settled");
            const before = (await writes(omada)).length;
            await bed.kubectl("delete", "networksegments/cameras", "--timeout=120s");
            const gone = (await writes(omada)).slice(before);
            expect(gone.filter((line) => line.startsWith("DELETE")).length, gone.join("\n")).to.equal(1);
          } finally {
            await omada.stop();
          }
        }),
      240,
    );
});
