import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { kinds } from "../../../controller/api/index.ts";
import type { Stored } from "../../../controller/api/meta.ts";
import { streamOf } from "../../../controller/import/importCommand.ts";
import { takeInventory } from "../../../controller/import/inventory.ts";
import { labManifests, type LabWish } from "../../../controller/import/labManifests.ts";
import { takeSite } from "../../../controller/import/site.ts";
import { FakeLab, NAMESPACE } from "../../fakes/lab.ts";
import { everyPrivilege } from "../../fakes/privileges.ts";
import { growSite, type Sees } from "../../import/grownSite.ts";
import { writes } from "./omadaLab.ts";

const { signal } = new AbortController();

const WISH: LabWish = {
  name: "pve",
  endpoint: "https://127.0.0.1:8006",
  insecure: false,
  ca: false,
  omada: { endpoint: "https://192.168.0.2:8043", site: "Default", web: true, insecure: false, ca: false },
};

type Written = Pick<Stored, "kind" | "metadata" | "spec">;

/** Lets the lab's time pass until the work is done. */
async function during<T>(lab: FakeLab, work: Promise<T>): Promise<T> {
  const state = { over: false };
  const end = (): void => {
    state.over = true;
  };
  work.then(end, end);
  await lab.until("the work is done", () => state.over, 300);
  return work;
}

/** A lab as people made it, without a controller: a site, its controller in a container, a recorder in the cameras' VLAN. */
async function grownLab(version: string): Promise<FakeLab> {
  const lab = new FakeLab();
  lab.omada.version = version;
  const net = { key: "net0", name: "eth0", bridge: "vmbr0" } as const;
  const base = { type: "lxc", power: "Running" } as const;
  lab.proxmox.add({
    ...base,
    vmid: 101,
    name: "Omada21",
    networks: [{ ...net, mac: "BC:24:11:00:01:01", ipv4: "192.168.0.2/24", gateway4: "192.168.0.1" }],
  });
  lab.proxmox.add({
    ...base,
    vmid: 104,
    name: "nvr69",
    networks: [{ ...net, vlan: 30, mac: "BC:24:11:00:01:04", ipv4: "dhcp" }],
  });
  lab.omada.addClient({ mac: "BC:24:11:00:01:04", name: "nvr69", wireless: false, vlan: 30 });
  lab.omada.addClient({ mac: "02:00:00:00:07:01", name: "printer", wireless: false });
  lab.omada.addClient({ mac: "02:00:00:00:04:01", name: "gate", wireless: true, ssid: "nosotros-camaras", vlan: 30 });
  lab.omada.addClient({ mac: "02:00:00:00:06:01", name: "02-00-00-00-06-01", wireless: true, ssid: "nosotros" });
  const people = lab.omada.port();
  const sees: Sees = async (what, find) => {
    for (let tries = 0; tries < 600; tries += 1) {
      const seen = people.seen();
      const found = seen === undefined ? undefined : find(seen);
      if (found !== undefined) return found;
      await lab.clock.sleep(100, signal);
    }
    throw new Error(`people do not see ${what}`);
  };
  await during(lab, growSite(people, sees));
  people.close();
  lab.omada.mutations.length = 0;
  return lab;
}

/** What the command would print of it, read back. */
async function imported(lab: FakeLab): Promise<{ readonly text: string; readonly objects: readonly Written[] }> {
  const proxmox = lab.proxmox.port();
  const omada = lab.omada.port();
  const inventory = await during(
    lab,
    takeInventory(proxmox, () => undefined, signal),
  );
  const site = await during(lab, takeSite(omada, signal));
  proxmox.close();
  omada.close();
  const text = streamOf(labManifests(inventory, WISH, site));
  const objects = parseAllDocuments(text, { version: "1.1" }).map((one) => one.toJS() as Written);
  return { text, objects };
}

function applyAll(lab: FakeLab, objects: readonly Written[]): void {
  lab.proxmox.permissions = everyPrivilege;
  for (const name of ["wifi-nosotros", "wifi-nosotros-camaras"])
    lab.kube.putSecret(NAMESPACE, name, { passphrase: "correct horse battery" });
  for (const { kind, metadata, spec } of objects)
    lab.kube.apply({ kind, metadata: { name: metadata.name, namespace: NAMESPACE }, spec });
}

const NETWORK = ["NetworkSegment", "NetworkDevice", "WirelessNetwork", "AccessRule", "ClientGroup"];

function network(objects: readonly Written[]): readonly Written[] {
  return objects.filter(({ kind }) => NETWORK.includes(kind));
}

/** Everything that people made, without ids that the fake counts. */
function stored(lab: FakeLab): unknown {
  const { networks, profiles, wlans, acls, groups, reservations, devices, passphrases } = lab.omada;
  const shelves = [networks, profiles, wlans, acls, groups, reservations].map((shelf) => shelf.all());
  return structuredClone([...shelves, [...devices.values()], [...passphrases]]);
}

for (const version of ["5.15.8.12", "6.2.10.17"])
  describe(`a site that people made, imported (${version})`, () => {
    it("applied to itself changes nothing but the marks, and is all as declared (I4, I9)", async () => {
      const lab = await grownLab(version);
      const { text, objects } = await imported(lab);
      const before = stored(lab);
      applyAll(lab, objects);
      lab.start();
      await lab.until("all is settled", () =>
        network(objects).every(({ kind, metadata }) => lab.reason(kind, metadata.name) === "Settled"),
      );
      await lab.seconds(120);
      expect(writes(lab).toSorted()).to.deep.equal(["setReservation", "updateAcl", "updateAcl", "updateAcl"]);
      const marked = JSON.stringify(stored(lab)).replace(/ \[hl:lab\/[a-z0-9-]+\]/g, "");
      expect(JSON.parse(marked)).to.deep.equal(JSON.parse(JSON.stringify(before)));
      for (const { kind, metadata } of network(objects))
        expect(lab.status(kind, metadata.name), `${kind} ${metadata.name}`).to.not.have.property("drift");
      expect((await imported(lab)).text).to.equal(text);
      expect(lab.calls().map((call) => call.split(" ")[0])).to.not.include.members(["start", "shutdown", "create"]);
    });

    it("without Adopt changes nothing at all (I3, I9)", async () => {
      const lab = await grownLab(version);
      const { objects } = await imported(lab);
      const before = JSON.stringify(stored(lab));
      applyAll(
        lab,
        objects.map((object) => {
          const { adoption: _, ...spec } = object.spec as Readonly<Record<string, unknown>>;
          return { ...object, spec };
        }),
      );
      lab.start();
      await lab.until("what has an owner is refused", () =>
        objects
          .filter(({ kind }) => ["NetworkSegment", "WirelessNetwork", "AccessRule"].includes(kind))
          .every(({ kind, metadata }) => lab.reason(kind, metadata.name) === "NetworkNotOwned"),
      );
      await lab.seconds(120);
      expect(writes(lab)).to.deep.equal([]);
      expect(JSON.stringify(stored(lab))).to.equal(before);
    });

    it("is whole and valid: both sides joined, containers in their segments, guesses marked, no secret", async () => {
      const lab = await grownLab(version);
      const { text, objects } = await imported(lab);
      for (const { kind, metadata, spec } of objects) {
        const declared = kinds.find((one) => one.kind === kind);
        expect(declared?.spec.safeParse(spec).error?.message, `${kind} ${metadata.name}`).to.equal(undefined);
      }
      const of = (kind: string, name: string): Written["spec"] =>
        objects.find((one) => one.kind === kind && one.metadata.name === name)?.spec;
      expect(of("NetworkSegment", "lan")).to.deep.include({
        omada: { controllerRef: { name: "omada" }, networkName: "Default" },
        proxmox: { clusterRef: { name: "pve" }, bridge: "vmbr0" },
      });
      expect(of("NetworkSegment", "camaras")).to.deep.include({ vlan: 30, gateway: "192.168.30.1" });
      expect(of("NetworkSegment", "camaras")).to.have.nested.property("proxmox.bridge", "vmbr0");
      expect(of("Container", "nvr69")).to.have.nested.property("networks[0].segmentRef.name", "camaras");
      expect(of("Container", "omada21")).to.have.nested.property("networks[0].segmentRef.name", "lan");
      expect(of("OmadaController", "omada")).to.have.nested.property("hostedBy.name", "omada21");
      expect(of("NetworkDevice", "cerebro")).to.have.nested.property("ports[0].taggedSegmentRefs[0]", "camaras");
      expect(of("WirelessNetwork", "nosotros-camaras")).to.have.nested.property("segmentRef.name", "camaras");
      expect(of("ClientGroup", "wired-lan")).to.have.nested.property("members[0].address", "192.168.0.51");
      expect(text).to.include("# Guess: it runs in this guest, by its address.");
      expect(text).to.include("# Guess, by how they are connected and where");
      expect(text).to.include("Left out: network storage (VLAN 40) of Omada");
      expect(text).to.include("Left out: 1 clients without a name.");
      expect(text).to.not.include("correct horse");
    });
  });
