import fc from "fast-check";

/** A lab as the dice have it. Everything refers by number, so that it can be shrunk. */
export interface LabShape {
  readonly nodes: number;
  readonly layers: readonly LayerShape[];
  readonly guests: readonly GuestShape[];
  readonly maxConcurrentTasks: number;
  readonly maxDestroys: number;
  readonly proxmoxStartup: "Unmanaged" | "NoAutostart" | "Mirror";
  readonly preflight: "none" | "Warn" | "Block";
  readonly latencyMs: number;
  /** Whether the internet is there at the begin. */
  readonly wan: boolean;
  /** Whether there is no room for new guests at the begin. */
  readonly full: boolean;
  /** Index of the guest that is protected; beyond the guests: none. */
  readonly protectedGuest: number;
}

export interface LayerShape {
  /** Indexes of layers below, taken modulo its own. */
  readonly needs: readonly number[];
  readonly quorum: number | string;
  readonly minMembers: number;
  readonly minHealthySeconds: number;
  readonly onTimeout: "Halt" | "Proceed";
}

export interface GuestShape {
  readonly layer: number;
  readonly node: number;
  readonly vm: boolean;
  readonly management: "Full" | "Power" | "Observe";
  readonly adoption: "Adopt" | "Refuse";
  /** What is there in Proxmox before anybody looks. */
  readonly before: "absent" | "stopped" | "running";
  readonly marked: boolean;
  readonly deletionPolicy: "Retain" | "Delete";
  readonly powerState: "Running" | "Stopped";
  /** Index of a guest that it depends on, if the order allows it; -1: none. */
  readonly dependsOn: number;
  readonly bootSeconds: number;
  readonly onStopped: "Restart" | "None";
  readonly onUnhealthy: "Restart" | "None";
  readonly respectManualStop: boolean;
  readonly force: boolean;
  readonly onboot: boolean;
  /** HA manages it. */
  readonly ha: boolean;
}

/** The first of these is what a failure shrinks to. */
const one = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const layerShape: fc.Arbitrary<LayerShape> = fc.record({
  needs: fc.array(fc.nat(11), { maxLength: 3 }),
  quorum: one<number | string>("100%", "100%", "50%", 1, 2, "0%"),
  minMembers: one(1, 1, 0, 2),
  minHealthySeconds: one(0, 0, 0, 5),
  onTimeout: one("Halt", "Halt", "Proceed"),
});

const guestShape: fc.Arbitrary<GuestShape> = fc.record({
  layer: fc.nat(11),
  node: fc.nat(2),
  vm: one(false, false, false, true),
  management: one("Full", "Full", "Full", "Full", "Power", "Power", "Observe"),
  adoption: one("Adopt", "Adopt", "Adopt", "Adopt", "Refuse"),
  before: one("stopped", "stopped", "absent", "absent", "running"),
  marked: one(false, false, true),
  deletionPolicy: one("Retain", "Delete", "Delete"),
  powerState: one("Running", "Running", "Running", "Running", "Running", "Running", "Stopped"),
  dependsOn: one(-1, -1, -1, 0, 1, 2, 3, 4, 5),
  bootSeconds: one(3, 1, 8, 20),
  onStopped: one("Restart", "Restart", "Restart", "Restart", "None"),
  onUnhealthy: one("None", "None", "Restart"),
  respectManualStop: one(true, true, true, true, true, false),
  force: one(false, false, false, true),
  onboot: one(false, false, false, true),
  ha: one(false, false, false, false, false, false, false, true),
});

/** Labs of up to so many layers and guests; `large`: as often big as small. */
export function labShapes(
  most: { readonly layers: number; readonly guests: number },
  large = false,
): fc.Arbitrary<LabShape> {
  const size = large ? ({ size: "max" } as const) : {};
  return fc.record({
    nodes: one(1, 1, 2, 3),
    layers: fc.array(layerShape, { minLength: 1, maxLength: most.layers, ...size }),
    guests: fc.array(guestShape, { minLength: 1, maxLength: most.guests, ...size }),
    maxConcurrentTasks: one(4, 1, 2),
    maxDestroys: one(1, 0, 2),
    proxmoxStartup: one("Unmanaged", "Unmanaged", "NoAutostart", "Mirror"),
    preflight: one("none", "none", "Warn", "Block"),
    latencyMs: one(0, 0, 30, 300),
    wan: one(true, true, false),
    full: one(false, false, false, false, false, false, false, true),
    protectedGuest: fc.nat(30),
  });
}
