import type { Claim } from "../../api/meta.ts";
import type { Reach } from "../../providers/port.ts";
import { needText, type Need } from "../need.ts";

/** How the connection is, or that there is none for want of a Secret. */
export type Link = Reach | { readonly is: "secretMissing"; readonly message: string };

interface Known {
  readonly reach: Link;
  readonly tlsVerified: boolean;
  /** Undefined: not read yet. */
  readonly missing: readonly Need[] | undefined;
}

/** The kind's own conditions: Reachable, Authorized, TLSVerified. */
export function clusterClaims(known: Known): readonly Claim[] {
  return [reachable(known.reach), authorized(known), verified(known)];
}

function reachable(reach: Link): Claim {
  const claim = (status: Claim["status"], reason: string, message: string): Claim => ({
    type: "Reachable",
    status,
    reason,
    message,
  });
  switch (reach.is) {
    case "reachable":
    case "unauthorized":
      return claim("True", "Reachable", "an endpoint answers");
    case "connecting":
      return claim("Unknown", "Connecting", "the first answer is awaited");
    case "secretMissing":
      return claim("Unknown", "SecretMissing", reach.message);
    case "untrusted":
      return claim("False", "CertificateMismatch", reach.message);
    case "unreachable":
      return claim("False", "HostUnreachable", reach.message);
  }
}

function authorized({ reach, missing }: Known): Claim {
  const claim = (status: Claim["status"], reason: string, message: string): Claim => ({
    type: "Authorized",
    status,
    reason,
    message,
  });
  if (reach.is === "unauthorized") return claim("False", "Unauthorized", reach.message);
  if (missing === undefined) return claim("Unknown", "Unknown", "the token's privileges have not been read yet");
  if (missing.length > 0) return claim("False", "PermissionMissing", `the token lacks ${needsText(missing)}`);
  return claim("True", "Authorized", "the token has every privilege that what is declared needs");
}

function verified({ reach, tlsVerified }: Known): Claim {
  const claim = (status: Claim["status"], reason: string, message: string): Claim => ({
    type: "TLSVerified",
    status,
    reason,
    message,
  });
  if (reach.is === "untrusted") return claim("False", "CertificateMismatch", reach.message);
  if (!tlsVerified)
    return claim(
      "False",
      "VerificationOff",
      "insecureSkipVerify is set: whoever answers in the host's place gets the token",
    );
  if (reach.is === "reachable" || reach.is === "unauthorized")
    return claim("True", "Verified", "the node's identity is verified");
  return claim("Unknown", "Unknown", "no connection stands whose certificate could be looked at");
}

const SHOWN = 6;

/** The first of them, and how many more there are. */
export function needsText(missing: readonly Need[]): string {
  const shown = missing.slice(0, SHOWN).map(needText).join(", ");
  if (missing.length <= SHOWN) return shown;
  return `${shown} and ${String(missing.length - SHOWN)} more (status.missingPermissions)`;
}
