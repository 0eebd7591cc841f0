import { expect } from "chai";
import { NAMESPACE, type FakeLab } from "../fakes/lab.ts";
import { guests, threeLayers, untilSettled } from "./layers/threeLayers.ts";

const BASE = { driftPolicy: "Correct", updatePolicy: "Restart" };
const DNS = { dns: { nameservers: ["10.0.0.1"] } };

async function running(): Promise<FakeLab> {
  const lab = threeLayers({ running: true, guests: Object.fromEntries(guests.map(({ name }) => [name, BASE])) });
  for (const { name, vmid } of guests) lab.proxmox.guest(vmid).tags = [`hl.${NAMESPACE}.${name}`];
  lab.start();
  await untilSettled(lab);
  await lab.seconds(5);
  return lab;
}

function change(lab: FakeLab, wanted: readonly (typeof guests)[number][]): void {
  for (const { name, vmid, layer } of wanted) lab.guest(name, { vmid, layer, spec: { ...BASE, ...DNS } });
}

/** Two guests of one layer, the one with the smaller vmid first. */
function twoOfALayer(): readonly [(typeof guests)[number], (typeof guests)[number]] {
  for (const one of guests) {
    const other = guests.find(({ layer, vmid }) => layer === one.layer && vmid > one.vmid);
    if (other !== undefined) return [one, other];
  }
  throw new Error("no layer has two guests");
}

describe("a restart for changes that did not come about", function () {
  this.timeout(20_000);
  const [first, second] = twoOfALayer();
  const has = (lab: FakeLab, vmid: number): boolean => lab.proxmox.guest(vmid).nameservers.length === 1;

  it("A3: killed before its shutdown is sent, it is nobody's restart, and the guests before it do not wait for it", async () => {
    const lab = await running();
    lab.proxmox.witness = ({ call, is }) => {
      if (call !== "shutdown" || is !== "sent") return;
      lab.proxmox.witness = undefined;
      lab.kill();
    };
    change(lab, [second]);
    await lab.until("killed", () => lab.replicas === 0);
    change(lab, [first]);
    lab.start();
    await lab.until("both have it", () => has(lab, first.vmid) && has(lab, second.vmid), 120);
    expect(lab.calls().filter((call) => call.startsWith("shutdown"))).to.have.length(2);
    lab.kill();
  });

  it("A9: one that did not shut down is tried again, though a guest before it waits by now", async () => {
    const lab = await running();
    lab.proxmox.guest(second.vmid).stopMs = Number.POSITIVE_INFINITY;
    change(lab, [second]);
    await lab.until("refused", () => lab.reason("Container", second.name) === "StopRefused", 180);
    change(lab, [first]);
    await lab.seconds(30);
    lab.proxmox.guest(second.vmid).stopMs = 3_000;
    await lab.until("both have it", () => has(lab, first.vmid) && has(lab, second.vmid), 700);
    lab.kill();
  });
});
