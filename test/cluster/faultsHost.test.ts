import { expect } from "chai";
import { expectUntold, looks, tasksOf, withFaults, withRunningLab } from "./faultBed.ts";
import { inParallel } from "./inParallel.ts";
import { withBed, type Bed } from "./labBed.ts";
import { THREE_GUESTS } from "./labObjects.ts";

const start = { method: "POST", path: "status/start$", count: 1 };

async function crash(bed: Bed): Promise<void> {
  await bed.simulator.admin("POST", "/guests/101/crash");
}

async function patchGuest(bed: Bed, change: unknown): Promise<void> {
  await bed.simulator.admin("PATCH", "/guests/101", change);
}

/** A person asks for a look now, instead of waiting for the next one in some minutes. */
async function askForALook(bed: Bed, ...objects: readonly string[]): Promise<void> {
  await bed.kubectl(
    "annotate",
    "--overwrite",
    ...objects,
    `homelab.neuralcodelab.com/reconcile-requested-at=${String(Date.now())}`,
  );
}

/** Any change of what is to be created makes it look again at once; without one it looks every five minutes. */
async function changeSpec(bed: Bed): Promise<void> {
  await bed.kubectl("patch", "hct", "db", "--type=merge", "-p", '{"spec":{"resources":{"cores":2}}}');
}

/** What the simulated host has in a guest's configuration. */
interface Startup {
  readonly onboot?: string;
  readonly startup?: string;
}

describe("faults of the Proxmox host", () => {
  const test = inParallel(4);

  test("A7: without quorum a start is refused with Proxmox's text, and goes when the quorum is back", () =>
    withRunningLab({}, async (bed) => {
      await bed.simulator.admin("PUT", "/quorum", { quorate: false });
      await crash(bed);
      await bed.untilTold(/^db Ready=False (ProviderFailed|BackingOff): .*cluster not ready - no quorum\?/);
      await bed.simulator.admin("PUT", "/quorum", { quorate: true });
      await bed.untilAll("Settled");
      expect(await tasksOf(bed, "vzstart")).to.equal(2);
    }));

  test("O4: without quorum a guest that is not listed is not taken for absent, and not created", () =>
    withFaults({ emptyHost: true, simulator: { clusterName: "homelab" } }, async (bed) => {
      await bed.simulator.admin("PUT", "/quorum", { quorate: false });
      await bed.applyLab();
      await bed.untilTold(/^db Ready=Unknown HostUnreachable: whether 101 exists cannot be proven: .*not quorate/);
      await looks(bed, 2);
      expect(await bed.host.mutations()).to.deep.equal([]);
      await bed.simulator.admin("PUT", "/quorum", { quorate: true });
      await bed.untilAll("Settled");
      expect(await tasksOf(bed, "vzcreate")).to.equal(1);
    }));

  test(
    "A4: a locked guest is left alone; a lock that nobody holds for a minute is LeftoverLock, with the command",
    () =>
      withRunningLab({}, async (bed) => {
        await patchGuest(bed, { lock: "backup" });
        await crash(bed);
        await bed.untilTold(/^db Ready=False GuestBusy: .*backup/);
        await bed.untilTold(/^db Ready=False LeftoverLock: .*pct unlock 101/, 90);
        expect(await tasksOf(bed, "vzstart")).to.equal(1);
        await patchGuest(bed, { lock: null });
        await bed.untilAll("Settled");
        expect(await tasksOf(bed, "vzstart")).to.equal(2);
      }),
    180,
  );

  test("A7: a file lock that another process holds is waited for", () =>
    withFaults({}, async (bed) => {
      const text = "can't lock file '/run/lock/lxc/pve-config-101.lock' - got timeout";
      await bed.fault({ ...start, effect: { kind: "status", status: 500, text } });
      await bed.applyLab();
      await bed.untilTold(/^db Ready=False (GuestBusy|BackingOff): .*can't lock file .*got timeout/);
      await bed.untilAll("Settled");
      expect(await tasksOf(bed, "vzstart")).to.equal(1);
    }));

  test("A5: a configuration edited by somebody between reading and writing is read again", () =>
    withFaults({}, async (bed) => {
      const text = "detected modified configuration - file changed by other user? Try again.";
      const fault = await bed.fault({
        method: "PUT",
        path: "/config$",
        count: 1,
        effect: { kind: "status", status: 500, text },
      });
      await bed.applyLab();
      await bed.met(fault);
      await bed.untilAll("Settled");
      expect((await bed.host.mutations()).filter((call) => call.method === "PUT")).to.have.lengthOf(2);
    }));

  test("A7: a vmid taken by somebody in the last moment is told, and looked at again", () =>
    withFaults({ emptyHost: true }, async (bed) => {
      const effect = { kind: "status", status: 500, text: "CT 101 already exists on node 'pve2'" };
      await bed.fault({ method: "POST", path: "/lxc$", count: 1, effect });
      await bed.applyLab();
      await bed.untilTold(/^db Ready=False [A-Za-z]+: .*CT 101 already exists on node 'pve2'/);
      await bed.untilAll("Settled");
      expect(await tasksOf(bed, "vzcreate")).to.equal(1);
    }));

  test("A7: a storage that is full is StorageFull before anything is sent, and heals", () =>
    withFaults({ emptyHost: true }, async (bed) => {
      await bed.simulator.admin("PATCH", "/storages/local-zfs", { free: 0 });
      await bed.applyLab();
      await bed.untilTold(/^db Ready=False StorageFull: .*local-zfs/);
      await bed.simulator.admin("PATCH", "/storages/local-zfs", { free: 500_000_000_000 });
      await changeSpec(bed);
      await bed.untilAll("Settled");
      expect(await tasksOf(bed, "vzcreate")).to.equal(1);
    }));

  test("A7: a template that vanished is told by its name, and heals when it is there again", () =>
    withFaults({ emptyHost: true }, async (bed) => {
      const volid = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";
      await bed.simulator.admin("PUT", "/templates", { volid, remove: true });
      await bed.applyLab();
      await bed.untilTold(/^db Ready=False RefusedByProvider: .*debian-12-standard_12\.7-1_amd64\.tar\.zst/);
      await bed.simulator.admin("PUT", "/templates", { volid });
      await changeSpec(bed);
      await bed.untilAll("Settled");
    }));

  test("A7: a start that fails is told with Proxmox's text, tried again with growing pauses, and heals", () =>
    withFaults(
      { simulator: { guests: [{ vmid: 101, name: "db", startFails: "startup for container '101' failed" }] } },
      async (bed) => {
        await bed.applyLab();
        await bed.untilTold(/^db event TaskFailed: Start failed: startup for container '101' failed$/);
        await bed.untilTold(
          /^db Ready=False BackingOff: Start failed: startup for container '101' failed; it is tried again/,
        );
        await patchGuest(bed, { behaviour: { startFails: null } });
        await bed.untilAll("Settled");
      },
    ));

  test("L6: a guest that ignores its shutdown is told by name, and stopped when it listens", () =>
    withRunningLab({}, async (bed) => {
      await patchGuest(bed, { behaviour: { ignoreShutdown: true } });
      await bed.kubectl("patch", "hct", "db", "--type=merge", "-p", '{"spec":{"powerState":"Stopped"}}');
      await bed.untilTold(/^db event TaskFailed: Shutdown failed: .*did not stop/);
      await patchGuest(bed, { behaviour: { ignoreShutdown: false } });
      await bed.untilAll("Stopped");
      expect(await tasksOf(bed, "vzstop")).to.equal(0);
      await bed.kubectl("patch", "hct", "db", "--type=merge", "-p", '{"spec":{"powerState":"Running"}}');
    }));

  test("O4: a guest that leaves the lists with a lost privilege is PermissionMissing, Unknown, and never made anew", () =>
    withRunningLab({}, async (bed) => {
      const { tokenId } = bed.simulator;
      const owner = tokenId.split("!")[0] ?? "";
      await bed.simulator.admin("PUT", "/acls", {
        roles: { Blind: "Sys.Audit" },
        acls: [
          { path: "/vms/101", ugid: tokenId, role: "Blind" },
          { path: "/vms/101", ugid: owner, role: "Blind" },
        ],
      });
      const since = await bed.host.mark();
      await bed.untilTold(
        /^db Ready=False PermissionMissing: 101 exists, but the token may not see it: grant VM\.Audit on \/vms\/101/,
      );
      await bed.untilTold(/^db Running=Unknown PermissionMissing/);
      await bed.untilTold(/^host Authorized=False PermissionMissing: .*VM\.Audit on \/vms\/101/);
      await looks(bed, 2);
      expect(await bed.host.mutations(since)).to.deep.equal([]);
      expectUntold(bed, /Vanished|Absent/);
      await bed.simulator.admin("PUT", "/acls", {
        acls: [owner, tokenId].map((ugid) => ({ path: "/", ugid, role: "HomelabController" })),
        replace: true,
      });
      await bed.untilAll("Settled");
      await askForALook(bed, "proxmoxcluster", "host");
      await bed.until("authorized again", ({ cluster }) =>
        (cluster?.status?.conditions ?? []).some(({ type, status }) => type === "Authorized" && status === "True"),
      );
      expect(await bed.host.mutations(since)).to.deep.equal([]);
    }));

  test("O3: resources as stale as Proxmox lets them be neither hide a crash nor make one up", () =>
    withRunningLab({ simulator: { broadcastSeconds: 100_000 } }, async (bed) => {
      await looks(bed, 3);
      expect(await tasksOf(bed, "vzstart")).to.equal(1);
      await crash(bed);
      await bed.untilTold(/^db event Crashed: /);
      await bed.untilHost("the start", async () => ((await tasksOf(bed, "vzstart")) === 2 ? true : undefined));
    }));

  test(
    "L9: under Mirror a host boots its guests in the layers' order by itself, and the controller only looks on",
    () =>
      withBed({ guests: THREE_GUESTS }, async (bed) => {
        await bed.start();
        await bed.applyLab({ proxmoxStartup: "Mirror" });
        await bed.untilAll("Settled");
        await bed.untilTold(/^lab BootOrderHonoured=True Mirrored: /);
        const startup = async (vmid: number): Promise<readonly (string | undefined)[]> => {
          const guest = (await bed.simulator.admin("GET", `/guests/${String(vmid)}`)) as { readonly config: Startup };
          return [guest.config.onboot, guest.config.startup];
        };
        expect([await startup(101), await startup(102), await startup(103)]).to.deep.equal([
          ["1", "order=10,down=20"],
          ["1", "order=10,up=30,down=20"],
          ["1", "order=20,up=30,down=20"],
        ]);
        const since = await bed.host.mark();
        await bed.simulator.admin("POST", "/nodes/pve1/reboot");
        await bed.untilTold(/^host event HostReboot: node pve1 has booted at /, 90);
        await bed.untilAll("Settled", 90);
        expect(await bed.host.mutations(since)).to.deep.equal([]);
        await bed.kubectl("patch", "hct", "web", "--type=merge", "-p", '{"spec":{"powerState":"Stopped"}}');
        await bed.untilHost("onboot follows", async () => (await startup(103))[0] === "0" || undefined);
      }),
    200,
  );
});
