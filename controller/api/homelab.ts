import { z } from "zod";
import { integer, list, listMap, oneOf, suspend, text, time, word } from "./fields.ts";
import { defineKind } from "./kind.ts";
import type { ObjectOf, StatusOf } from "./kind.ts";

const preflight = z
  .object({
    name: word("Name of the check, unique within the Homelab.", 63),
    tcpSocket: z
      .object({
        hosts: list("Addresses tried in turn; one that accepts is enough.", word("An IP address or a name."), 16).min(
          1,
        ),
        port: integer("TCP port.", 1, 65_535),
      })
      .describe("Succeeds when one of the hosts accepts a TCP connection."),
    onFailure: oneOf(
      "Warn never waits: the check runs beside the first layer and is reported. Block holds the first starts of the first layer until the check passes or its timeout ends.",
      ["Warn", "Block"],
    ).default("Warn"),
    timeoutSeconds: integer(
      "Seconds after which a blocking check is given up with a Warning, and the boot goes on.",
      1,
      86_400,
    ).default(600),
  })
  .describe("A question to the outside world. A change takes effect at the next boot.");

const step = z.object({
  name: word("What the step is, such as the name of a layer."),
  state: oneOf("How far it is.", ["Pending", "Running", "Done", "Failed", "Skipped"]),
  startTime: time("When it began.").exactOptional(),
  finishTime: time("When it ended.").exactOptional(),
  message: text("What happened, for people.", 1024).exactOptional(),
});

const lastBoot = z
  .object({
    id: word("Name of the boot; guests that ran in it carry it as status.bootID.", 64),
    cause: oneOf("What began it.", ["FirstStart", "HostReboot", "AllDown", "PowerOn"]),
    node: text("The only node it concerns; absent: all.", 64).exactOptional(),
    cluster: text("The ProxmoxCluster of that node.", 253).exactOptional(),
    layer: text("The only layer it concerns; absent: all.", 253).exactOptional(),
    startTime: time("When it began."),
    lastGoodTime: time("When the lab was last seen good before it; absent for a first start.").exactOptional(),
    finishTime: time("When every layer had settled; absent while it goes on.").exactOptional(),
    durationSeconds: z.number().min(0).describe("From start to finish, in seconds.").exactOptional(),
    mttrSeconds: z
      .number()
      .min(0)
      .describe("After a reboot or an outage: seconds from the last good look until all was validated.")
      .exactOptional(),
    steps: list("The runbook as it was carried out.", step, 512).exactOptional(),
    criticalPath: list(
      "What the length of the boot was made of, in order.",
      text("One link, for people.", 512),
      512,
    ).exactOptional(),
    slowestProbe: text(
      "The probe that took longest from its guest's start to its first success, with the time.",
      512,
    ).exactOptional(),
  })
  .describe("The last boot or recovery, step by step.");

export const Homelab = defineKind({
  kind: "Homelab",
  plural: "homelabs",
  shortNames: ["hl"],
  description:
    "The whole lab of a namespace, and the go switch: without one nothing is changed. The oldest is in charge; others are Stalled (NotInCharge).",
  spec: z.object({
    powerState: oneOf(
      "Stopped shuts the lab down in order, the top layer first, and keeps it down; Running boots it again in order. Takes effect at the next step.",
      ["Running", "Stopped"],
    ).default("Running"),
    proxmoxStartup: oneOf(
      "What Proxmox's own start at boot should say, written on marked guests only. Unmanaged writes nothing; NoAutostart switches it off, for a controller outside the lab; Mirror switches it on in the order of the layers, for a controller inside the lab.",
      ["Unmanaged", "NoAutostart", "Mirror"],
    ).default("Unmanaged"),
    brake: z
      .object({
        maxDestroys: integer(
          "Destructive steps allowed within ten minutes. The rest are held (HeldByBrake) until the confirm-destroys annotation names their list. 0 asks for each.",
          0,
          1000,
        ).default(1),
      })
      .describe("Keeps an empty commit or a bad prune from destroying a lab. Takes effect at once.")
      .prefault({}),
    preflight: listMap("Checks of the outside world before the first layer of a boot.", preflight, {
      keys: ["name"],
      max: 16,
    }).exactOptional(),
    suspend,
  }),
  status: z.object({
    layers: listMap(
      "The layers in boot order.",
      z.object({
        name: word("Name of the layer."),
        order: integer("Its place in the order, from 1.", 0, 10_000),
        state: text("Reason of its Ready condition.", 128),
      }),
      { keys: ["name"], max: 256 },
    ).exactOptional(),
    guests: z
      .object({
        total: integer("Guests declared.", 0, 1_000_000),
        running: integer("Of these running.", 0, 1_000_000),
        healthy: integer("Of these healthy.", 0, 1_000_000),
      })
      .describe("Guests of all layers.")
      .exactOptional(),
    nodes: listMap(
      "Boots of Proxmox nodes the Homelab has accounted for; a later one is a host reboot.",
      z.object({
        cluster: word("Name of the ProxmoxCluster."),
        name: word("Name of the node.", 64),
        bootTime: time("When the node booted, by its own clock."),
      }),
      { keys: ["cluster", "name"], max: 128 },
    ).exactOptional(),
    stopped: list(
      'Layers declared Stopped, themselves or below, as last accounted for; "*" is the whole lab. One that leaves this list begins a boot.',
      word("Name of a layer, or *."),
      257,
    ).exactOptional(),
    lastBoot: lastBoot.exactOptional(),
    anotherController: z
      .object({
        message: text("What was seen of it.", 1024),
        takeOver: text("Value of the take-over annotation at that time; another one clears it.", 256).exactOptional(),
      })
      .describe("Set while another controller is known to act with the same token; nothing is changed meanwhile.")
      .exactOptional(),
    lastHandledReconcileAt: text(
      "Value of the reconcile-requested-at annotation that was last answered.",
      256,
    ).exactOptional(),
    summary: z
      .object({
        layers: text('Layers ready of all: "3/4".', 32).exactOptional(),
        guests: text('Guests healthy of all: "10/12".', 32).exactOptional(),
      })
      .describe("Short texts for the columns of kubectl get.")
      .exactOptional(),
  }),
  columns: [
    { name: "Layers", type: "string", path: ".status.summary.layers", description: "Layers ready of all." },
    { name: "Guests", type: "string", path: ".status.summary.guests", description: "Guests healthy of all." },
  ],
  conditions: [
    { type: "Healthy", means: "Every guest that should run is healthy." },
    {
      type: "BootOrderHonoured",
      means:
        "Nothing starts the guests in another order. False when Proxmox would start them itself at boot, or would not start the controller's own guest first.",
    },
  ],
  selectableFields: [],
  rules: [],
});

export type Homelab = ObjectOf<typeof Homelab>;
export type HomelabStatus = StatusOf<typeof Homelab>;
