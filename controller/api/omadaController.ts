import { z } from "zod";
import { endpointOf, tlsOf } from "./connectionFields.ts";
import { atomic, integer, list, oneOf, ref, suspend, text, time, word } from "./fields.ts";
import { incidentOf } from "./incidentFields.ts";
import { defineKind } from "./kind.ts";
import type { ObjectOf, StatusOf } from "./kind.ts";
import { lastHandledReconcileAt } from "./omadaFields.ts";

export const OmadaController = defineKind({
  kind: "OmadaController",
  plural: "omadacontrollers",
  shortNames: ["homada"],
  description: "The connection to one site of a TP-Link Omada SDN controller.",
  spec: z.object({
    endpoint: endpointOf(
      "URL of the controller: https, address or name, port 8043 (software controller) or 443 (OC200, OC300). An address is safer than a name, for the lab's DNS may be down. A change makes a new connection.",
      "https://192.168.0.2:8043",
    ),
    credentialsRef: ref(
      "Secret with clientId and clientSecret of an Open API application in client mode; optional username and password of a local user for a web session, without which port VLANs cannot be read back on 6.x (PortsVerified=Unknown). A change of the Secret is noticed within a minute and makes a new connection.",
      "Secret",
    ),
    site: word("Name of the site. A change makes a new connection.", 64).default("Default"),
    tls: tlsOf({
      whose: "the controller's certificate",
      where: "a browser shows it in the certificate's details",
    }).exactOptional(),
    pollIntervalSeconds: integer(
      "Seconds between looks at rest. While something is in flight it looks every two seconds. Takes effect at once.",
      1,
      300,
    ).default(15),
    hostedBy: atomic(
      z.object({
        kind: oneOf("Kind of the guest.", ["Container", "VirtualMachine"]),
        name: word("Name of the guest's object in the same namespace."),
      }),
    )
      .describe(
        "The guest that the controller runs in. While it is not healthy, network objects wait (ControllerGuestDown), nothing fails and nothing alarms. Absent: the controller is elsewhere.",
      )
      .exactOptional(),
    suspend,
  }),
  status: z.object({
    version: text("Version of the controller.", 64).exactOptional(),
    omadacId: text("Id of the controller.", 64).exactOptional(),
    siteId: text("Id of the site.", 64).exactOptional(),
    devices: z
      .object({
        online: integer("Devices that are connected.", 0, 100_000),
        total: integer("Devices that are adopted.", 0, 100_000),
      })
      .describe("Devices of the site.")
      .exactOptional(),
    deletions: list(
      "What was deleted in Omada within the last ten minutes, for the Homelab's brake.",
      z.object({
        what: word("The object whose deletion asked for it.", 512),
        time: time("When."),
      }),
      256,
    ).exactOptional(),
    lastIncident: incidentOf("OmadaUnreachable: the controller does not answer although its guest is healthy"),
    lastHandledReconcileAt,
    summary: z
      .object({ devices: text('Devices online of all: "3/3".', 32).exactOptional() })
      .describe("Short texts for the columns of kubectl get.")
      .exactOptional(),
  }),
  columns: [
    { name: "Version", type: "string", path: ".status.version", description: "Version of the controller." },
    { name: "Site", type: "string", path: ".spec.site", description: "Name of the site." },
    { name: "Devices", type: "string", path: ".status.summary.devices", description: "Devices online of all." },
  ],
  conditions: [
    {
      type: "Reachable",
      means: "The controller answers. False after two failed looks and at least 10 s.",
    },
    { type: "Authorized", means: "The Open API credentials are accepted for this site." },
    { type: "TLSVerified", means: "The controller's identity is verified. False with insecureSkipVerify." },
  ],
  selectableFields: [],
  rules: [],
});

export type OmadaController = ObjectOf<typeof OmadaController>;
export type OmadaControllerStatus = StatusOf<typeof OmadaController>;
