import type { OmadaController } from "../../api/index.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { SiteSeen } from "../../providers/omadaSeen.ts";
import type { Link } from "../cluster/clusterClaims.ts";
import { unknown, waiting } from "../outcomes.ts";
import type { Member } from "../lab.ts";
import type { SiteLink } from "./netInput.ts";

/** The guest a controller runs in, as far as it is declared and known. */
export type Host =
  | { readonly is: "elsewhere" }
  | { readonly is: "missing"; readonly id: string }
  /** `healthyMs`: for how long it is healthy. */
  | { readonly is: "guest"; readonly member: Member; readonly healthyMs: number };

export interface SiteFacts {
  readonly link: Link;
  readonly seen: SiteSeen | undefined;
  /** The last look succeeded. */
  readonly sure: boolean;
  readonly host: Host;
}

/** So long after its guest got healthy a controller may still be starting, or the next look is still to come. */
const GRACE_MS = 30_000;

/** Why the guest that hosts the controller is not up, in a phrase; undefined: it is, or there is none. */
export function hostDown(host: Host): string | undefined {
  switch (host.is) {
    case "elsewhere":
      return undefined;
    case "missing":
      return `${host.id}, which hosts it, does not exist; apply it, or correct hostedBy`;
    case "guest": {
      const { power, health, id } = host.member;
      if (power === "Running" && health === "Healthy") return undefined;
      return `${id}, which hosts it, is ${power === "Running" ? health : power}`;
    }
  }
}

/** Why a controller that does not answer is not to be wondered at (L8); undefined: its guest is up, and has been. */
export function excused(host: Host): string | undefined {
  const down = hostDown(host);
  if (down !== undefined || host.is !== "guest" || host.healthyMs >= GRACE_MS) return down;
  return `${host.member.id}, which hosts it, has just come up`;
}

/** How network objects see the site behind a controller (L8, H4). */
export function siteLinkOf(controller: OmadaController, { link, seen, sure, host }: SiteFacts): SiteLink {
  const { name } = controller.metadata;
  const unseen = (outcome: Outcome): SiteLink => ({ is: "unseen", controller: name, outcome });
  const down = hostDown(host);
  if (link.is === "reachable" && seen !== undefined) {
    const hold = holdOf(name, down, sure);
    return { is: "seen", controller: name, seen, ...(hold === undefined ? {} : { hold }) };
  }
  const excuse = excused(host);
  if (excuse !== undefined && (link.is === "unreachable" || link.is === "connecting"))
    return unseen(waiting("ControllerGuestDown", `waits for OmadaController ${name}: ${excuse}`));
  switch (link.is) {
    case "reachable":
    case "connecting":
      return {
        is: "unseen",
        controller: name,
        outcome: waiting("Connecting", `OmadaController ${name} is being connected to`, 5_000),
        early: true,
      };
    case "unreachable":
      return unseen(unknown("OmadaUnreachable", `OmadaController ${name} does not answer`));
    case "unauthorized":
    case "untrusted":
    case "secretMissing":
      return unseen(waiting("ControllerNotReady", `OmadaController ${name} cannot be used; it says why`));
  }
}

function holdOf(name: string, down: string | undefined, sure: boolean): Outcome | undefined {
  if (down !== undefined) return waiting("ControllerGuestDown", `waits for OmadaController ${name}: ${down}`);
  return sure
    ? undefined
    : waiting("SiteBusy", `OmadaController ${name} did not answer the last look; nothing is sent`);
}
