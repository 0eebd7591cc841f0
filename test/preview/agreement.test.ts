import { expect } from "chai";
import fc from "fast-check";
import type { Guest } from "../../controller/api/index.ts";
import { FakeLab } from "../fakes/lab.ts";
import { anyMachineSpec } from "../reconcilers/anyMachineSpec.ts";
import { anySpec } from "../reconcilers/anySpec.ts";
import { maybe, record } from "../reconcilers/anySpecs.ts";
import { CREATABLE } from "../reconcilers/oneGuest.ts";
import { CARD, DISK } from "../reconcilers/oneMachine.ts";
import { actedIn, rehearsed, stepsOf } from "./planned.ts";

/** `PLANS=500` tries more. */
const RUNS = Number(process.env["PLANS"] ?? 40);

const LAYERS = ["base", "core", "apps"] as const;

const how = record({
  powerState: maybe(fc.constantFrom("Running", "Running", "Stopped")),
  adoption: fc.constantFrom("Adopt", "Adopt", "Adopt", "Refuse"),
  driftPolicy: maybe(fc.constantFrom("Correct", "Correct", "Report")),
  deletionPolicy: maybe(fc.constantFrom("Retain", "Delete")),
  suspend: maybe(fc.constantFrom(false, false, true)),
});
const FULL = fc.constantFrom("Full", "Full", "Full", "Power", "Observe");

const specs: Readonly<Record<Guest["kind"], fc.Arbitrary<object>>> = {
  Container: fc
    .tuple(anySpec, how, record({ management: maybe(FULL), template: maybe(fc.constant(CREATABLE.template)) }))
    .map(mixed),
  VirtualMachine: fc.tuple(anyMachineSpec, how, record({ management: FULL })).map(mixed),
};

function mixed(parts: readonly object[]): object {
  return Object.assign({ probes: [] }, ...parts) as object;
}

const guest = fc.constantFrom("Container" as const, "Container" as const, "VirtualMachine" as const).chain((kind) =>
  fc.record({
    kind: fc.constant(kind),
    layer: fc.constantFrom(...LAYERS),
    spec: specs[kind],
    later: fc.option(specs[kind], { nil: undefined }),
    leaves: fc.constantFrom(false, false, false, true),
    is: fc.constantFrom("Running", "Running", "Stopped", undefined),
    marked: fc.boolean(),
  }),
);

const world = fc.record({
  guests: fc.array(guest, { minLength: 1, maxLength: 5 }),
  homelab: fc.constantFrom(
    {},
    {},
    { proxmoxStartup: "Mirror" },
    { proxmoxStartup: "NoAutostart" },
    { suspend: true },
    undefined,
  ),
  stopped: maybe(fc.constantFrom(...LAYERS, "homelab")),
  ranBefore: fc.boolean(),
});

type World = typeof world extends fc.Arbitrary<infer W> ? W : never;

function nameOf(index: number): string {
  return `g${String(index)}`;
}

/** What people declare. `later`: after they have thought again. */
function declare(lab: FakeLab, { guests, homelab, stopped }: World, later: boolean): void {
  lab.cluster();
  for (const [index, name] of LAYERS.entries()) {
    const power = later && stopped === name ? { powerState: "Stopped" } : {};
    lab.layer(name, index === 0 ? [] : [LAYERS[index - 1] ?? ""], power);
  }
  guests.forEach((one, index) => {
    const spec = later ? (one.later ?? one.spec) : one.spec;
    lab.guest(nameOf(index), { vmid: 101 + index, kind: one.kind, layer: one.layer, spec: { ...spec } });
  });
  if (homelab === undefined) return;
  lab.homelab({ ...homelab, ...(later && stopped === "homelab" ? { powerState: "Stopped" } : {}) });
}

function build({ guests }: World): FakeLab {
  const lab = new FakeLab();
  guests.forEach(({ kind, is, marked }, index) => {
    if (is === undefined) return;
    const [vmid, name] = [101 + index, nameOf(index)];
    const machine = { type: "qemu" as const, networks: [CARD], vm: { disks: [diskOf(vmid)], hostDevices: {} } };
    const tags = marked ? [`hl.lab.${name}`, "mine"] : ["mine"];
    lab.proxmox.add({ vmid, name, power: is, tags, ...(kind === "VirtualMachine" ? machine : {}) });
  });
  return lab;
}

function diskOf(vmid: number): typeof DISK {
  return { ...DISK, volume: `local-zfs:vm-${String(vmid)}-disk-0` };
}

/** Until nothing was sent for so long that nothing will be. */
async function untilQuiet(lab: FakeLab): Promise<void> {
  for (let quiet = 0, last = -1; quiet < 15;) {
    await lab.seconds(10);
    quiet = lab.proxmox.mutations.length === last ? quiet + 1 : 0;
    last = lab.proxmox.mutations.length;
  }
}

/**
 * Proxmox's autostart is written beside everything else (L9), before or after, and in one write or two, as it happens: here
 * at the end, and as all of it together.
 */
function inOrder(steps: readonly string[]): readonly string[] {
  const startup = steps.filter((step) => step.startsWith("SetStartup"));
  const changes = startup.map((step) => (JSON.parse(step.slice("SetStartup ".length)) as { change: object }).change);
  const rest = steps.filter((step) => !startup.includes(step));
  const all = Object.entries(Object.assign({}, ...changes) as object).sort(([a], [b]) => a.localeCompare(b));
  return startup.length === 0 ? rest : [...rest, `SetStartup ${JSON.stringify(all)}`];
}

describe("plan and act", function () {
  this.timeout(60_000 + RUNS * 2_000);

  it("7: what a plan says of each guest is what the controller then does, step by step, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(world, async (shape) => {
        const lab = build(shape);
        try {
          declare(lab, shape, !shape.ranBefore);
          if (shape.ranBefore) {
            lab.start();
            await untilQuiet(lab);
            lab.kill();
            declare(lab, shape, true);
          }
          shape.guests.forEach(({ kind, leaves }, index) => {
            if (leaves) lab.kube.delete(lab.key(kind, nameOf(index)));
          });
          const sent = lab.proxmox.mutations.length;
          const planned = stepsOf(await rehearsed(lab));
          expect(lab.proxmox.mutations.length, "sent by the plan").to.equal(sent);
          const from = lab.reports.length;
          lab.start();
          await untilQuiet(lab);
          const acted = actedIn(lab, from);
          for (const [id, steps] of planned)
            expect(inOrder(acted.get(id) ?? []), `${id}\n${lab.describe()}`).to.deep.equal(inOrder(steps));
        } finally {
          lab.kill();
        }
      }),
      { numRuns: RUNS },
    );
  });
});
