import { z } from "zod";
import { endpointOf, tlsOf } from "./connectionFields.ts";
import { integer, list, listMap, ref, set, suspend, text, time, word } from "./fields.ts";
import { incidentOf } from "./incidentFields.ts";
import { defineKind } from "./kind.ts";
import type { ObjectOf, StatusOf } from "./kind.ts";

const tls = tlsOf({
  whose: "a node's certificate",
  where: "the Proxmox UI shows it under node, System, Certificates",
});

const endpoint = endpointOf("URL of one node: https, address or name, port 8006.", "https://192.168.0.10:8006");

export const ProxmoxCluster = defineKind({
  kind: "ProxmoxCluster",
  plural: "proxmoxclusters",
  shortNames: ["hpve"],
  description: "The connection to one Proxmox VE host or cluster.",
  spec: z.object({
    endpoints: list(
      "Nodes of one cluster, tried in order; the one that answers is kept. Addresses are safer than names, for the lab's DNS may be down. A change makes a new connection.",
      endpoint,
      16,
    ).min(1),
    credentialsRef: ref(
      "Secret with tokenId (user@realm!name) and tokenSecret. Give each controller a token of its own. A change of the Secret is noticed within a minute and makes a new connection.",
      "Secret",
    ),
    tls: tls.exactOptional(),
    pollIntervalSeconds: integer(
      "Seconds between looks at rest. While something is in flight it looks about once a second. Takes effect at once.",
      1,
      300,
    ).default(10),
    maxConcurrentTasks: integer(
      "Guest tasks (start, stop, create) at once on one node. Lower it for slow disks. Takes effect at once.",
      1,
      64,
    ).default(4),
    protectedVmids: set(
      "Guests that are never stopped, changed or destroyed, whatever anyone declares: the one the controller runs in, for instance. Write an empty list to say that there is none; while the list is absent and the controller has not found its own guest, every stop waits (ConfirmProtection).",
      integer("A vmid.", 100, 999_999_999),
      256,
    ).exactOptional(),
    suspend,
  }),
  status: z.object({
    version: text("Proxmox VE version of the node that answered.", 64).exactOptional(),
    nodes: listMap(
      "The nodes as last seen.",
      z.object({
        name: word("Name of the node.", 64),
        online: z.boolean().describe("Whether the cluster says that it is up."),
        version: text("Its Proxmox VE version.", 64).exactOptional(),
        bootTime: time("When it booted, by its own clock.").exactOptional(),
      }),
      { keys: ["name"], max: 64 },
    ).exactOptional(),
    guests: z
      .object({
        managed: integer("Guests that an object of this namespace declares.", 0, 1_000_000),
        unmanaged: integer("Guests that none declares; they are left alone.", 0, 1_000_000),
      })
      .describe("Guests of the cluster.")
      .exactOptional(),
    missingPermissions: list(
      "Privileges the token lacks for what is declared.",
      z.object({
        privilege: word("Name of the privilege, such as VM.PowerMgmt.", 64),
        path: word("Where it is needed, such as /vms/101.", 256),
      }),
      256,
    ).exactOptional(),
    lastIncident: incidentOf(
      "HostUnreachable or ProbePathBroken: what takes host or guests together is an outage of the connection, not of each guest",
    ),
    lastHandledReconcileAt: text(
      "Value of the reconcile-requested-at annotation that was last answered.",
      256,
    ).exactOptional(),
    summary: z
      .object({
        nodes: text('Nodes online of all: "1/1".', 32).exactOptional(),
        guests: text('Guests managed of all: "12/14".', 32).exactOptional(),
      })
      .describe("Short texts for the columns of kubectl get.")
      .exactOptional(),
  }),
  columns: [
    { name: "Version", type: "string", path: ".status.version", description: "Proxmox VE version." },
    { name: "Nodes", type: "string", path: ".status.summary.nodes", description: "Nodes online of all." },
    { name: "Guests", type: "string", path: ".status.summary.guests", description: "Guests managed of all." },
  ],
  conditions: [
    {
      type: "Reachable",
      means: "One of the endpoints answers. False after two failed polls over all of them and at least 10 s.",
    },
    { type: "Authorized", means: "The token is accepted and has every privilege that what is declared needs." },
    { type: "TLSVerified", means: "The nodes' identity is verified. False with insecureSkipVerify." },
  ],
  selectableFields: [],
  rules: [],
});

export type ProxmoxCluster = ObjectOf<typeof ProxmoxCluster>;
export type ProxmoxClusterStatus = StatusOf<typeof ProxmoxCluster>;
