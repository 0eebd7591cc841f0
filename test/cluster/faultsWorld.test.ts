import { expect } from "chai";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { expectUntold, looks, ONE_GUEST, withFaults, withRunningLab } from "./faultBed.ts";
import { inParallel } from "./inParallel.ts";
import { withBed } from "./labBed.ts";
import { containerOf, type BedGuest } from "./labObjects.ts";

const TWO: readonly BedGuest[] = [
  { name: "db", vmid: 101, layer: "base" },
  { name: "dns", vmid: 102, layer: "base" },
];

describe("what others do to host and guests", () => {
  const test = inParallel(4);

  test("O3: a node of two that goes offline makes its guests Unknown, and nothing else; it is told once", () =>
    withRunningLab(
      {
        guests: TWO,
        simulator: {
          nodes: ["pve1", "pve2"],
          guests: [
            { vmid: 101, name: "db" },
            { vmid: 102, name: "dns", node: "pve2" },
          ],
        },
      },
      async (bed) => {
        const since = await bed.host.mark();
        await bed.simulator.admin("POST", "/nodes/pve2/network", { online: false });
        await bed.untilTold(/^dns Ready=Unknown NodeOffline: node pve2 /);
        await bed.untilTold(/^dns Running=Unknown NodeOffline: /);
        await bed.untilTold(/^host event NodeOffline: node pve2 is offline; its guests are unknown$/);
        await looks(bed, 2);
        expectUntold(bed, /^db .*(NodeOffline|HostUnreachable)/);
        expect(await bed.host.mutations(since)).to.deep.equal([]);
        await bed.simulator.admin("POST", "/nodes/pve2/network", { online: true });
        await bed.untilTold(/^host event NodeOnline: /);
        await bed.untilAll("Settled");
        expect(await bed.host.mutations(since)).to.deep.equal([]);
      },
    ));

  test("I3, I5: a stranger's guest under the vmid of ours is neither adopted nor stopped nor destroyed", () =>
    withBed({ guests: own("Delete"), emptyHost: true }, async (bed) => {
      await bed.start();
      await bed.applyLab();
      await bed.untilAll("Settled");
      const since = await bed.host.mark();
      await bed.simulator.admin("DELETE", "/guests/101");
      await bed.simulator.admin("POST", "/guests", { vmid: 101, name: "stranger", running: true });
      await bed.untilTold(
        /^db Ready=False GuestNotOwned: 101 \(stranger\) exists and carries no mark of ours; it is not touched/,
      );
      await bed.kubectl("delete", "hct", "db", "--timeout=30s");
      await bed.untilTold(
        /^db event GuestNotOwned: 101 does not carry this object's mark: it is not ours to destroy and stays$/,
      );
      expect(await bed.host.mutations(since)).to.deep.equal([]);
      const stranger = (await bed.simulator.admin("GET", "/guests/101")) as { readonly running: boolean };
      expect(stranger.running).to.equal(true);
    }));

  test("I3: a clone that carries our tag counts as not marked, and the original goes on being ours", () =>
    withFaults({}, async (bed) => {
      await bed.applyLab();
      await bed.untilAll("Settled");
      const since = await bed.host.mark();
      const tags = `hl.${bed.namespace}.db`;
      await bed.simulator.admin("POST", "/guests", { vmid: 999, name: "clone", config: { tags } });
      await looks(bed, 2);
      const clone = { name: "copy", vmid: 999, layer: "base", spec: { adoption: "Refuse" } };
      await bed.apply(containerOf(clone));
      await bed.untilTold(/^copy Ready=False GuestNotOwned: 999 \(clone\) /);
      expect(await bed.host.mutations(since)).to.deep.equal([]);
      await bed.apply(containerOf({ ...clone, spec: { adoption: "Adopt", powerState: "Stopped" } }));
      await bed.until("the clone is adopted", ({ containers }) =>
        containers.some(
          ({ metadata, status }) =>
            metadata.name === "copy" &&
            status?.conditions?.[0] !== undefined &&
            bed.told.has("copy Ready=True Stopped: stopped, as declared"),
        ),
      );
      await bed.kubectl("delete", "hct", "copy");
    }));

  test("H3: when the way to the guests breaks, it is one incident of the host and nobody is restarted", () => {
    const guests = TWO.map((guest) => ({ ...guest, spec: { recovery: { onUnhealthy: "Restart" } } }));
    return withRelay((port) => {
      const probes = [
        { name: "serves", tcpSocket: { port: port.number }, host: "127.0.0.1", periodSeconds: 1, failureThreshold: 2 },
      ];
      const relayed = guests.map((guest) => ({ ...guest, spec: { ...guest.spec, probes } }));
      return withRunningLab({ guests: relayed }, async (bed) => {
        const since = await bed.host.mark();
        await port.close();
        await bed.untilTold(
          /^host Ready=False ProbeFailing: ProbePathBroken: 2 of 2 probed guests over node pve1 fail together \(db, dns\)/,
        );
        await looks(bed, 3);
        expect(await bed.host.mutations(since)).to.deep.equal([]);
        await bed.untilTold(
          /^host event ProbePathBroken: 2 of 2 probed guests over node pve1 fail together \(db, dns\)/,
        );
        await bed.until("it is nobody else's outage", ({ containers }) =>
          containers.every(({ status }) => status?.lastIncident === undefined),
        );
        await port.open();
        await bed.untilAll("Settled");
        await bed.untilTold(/^host event Recovered: healthy again [0-9.]+ s after .* \(ProbePathBroken\)$/);
        await bed.until("the host is well", ({ cluster }) =>
          (cluster?.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True"),
        );
        expect(await bed.host.mutations(since)).to.deep.equal([]);
      });
    });
  });

  test("I7: in a namespace that is being deleted nothing is stopped or destroyed, and the finalizers go", () =>
    withBed({ guests: own("Delete"), emptyHost: true }, async (bed) => {
      // The namespace's Role and account go with it. The controller lives elsewhere, and may still let go.
      const subject = "--serviceaccount=homelab:homelab-controller";
      await bed.kubectl("create", "rolebinding", "elsewhere", "--role=homelab-controller", subject);
      await bed.kubectl("apply", "-k", join(import.meta.dirname, "../../manifests/letting-go"));
      await bed.start("--kubeconfig", bed.controlPlane.controllerKubeconfigPath);
      await bed.applyLab();
      await bed.untilAll("Settled");
      const since = await bed.host.mark();
      await bed.kubectl("delete", "namespace", bed.namespace, "--timeout=60s");
      expect(await bed.host.mutations(since)).to.deep.equal([]);
      const guest = (await bed.simulator.admin("GET", "/guests/101")) as {
        readonly running: boolean;
        readonly config: { readonly tags?: string };
      };
      expect([guest.running, guest.config.tags]).to.deep.equal([true, `hl.${bed.namespace}.db`]);
      await bed.kubectl("delete", "-k", join(import.meta.dirname, "../../manifests/letting-go"));
    }));
});

function own(deletionPolicy: string): readonly BedGuest[] {
  return ONE_GUEST.map((guest) => ({ ...guest, spec: { adoption: "Refuse", deletionPolicy } }));
}

interface Relay {
  readonly number: number;
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A door on the way from the prober to the guests. */
async function withRelay(use: (relay: Relay) => Promise<void>): Promise<void> {
  let server: Server | undefined;
  let number = 0;
  const open = async (): Promise<void> => {
    server = createServer((socket) => socket.on("error", () => undefined).end());
    server.listen(number, "127.0.0.1");
    await once(server, "listening");
    number = (server.address() as AddressInfo).port;
  };
  const close = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    const closed = once(closing, "close");
    closing.close();
    await closed;
  };
  await open();
  try {
    await use({ number, open, close });
  } finally {
    await close();
  }
}
