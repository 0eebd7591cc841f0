import type { Guest } from "../../lab.ts";

/**
 * Whether differences are corrected or only shown: as declared, else by who made the guest (I4). `made`: by us just now,
 * before the status says so.
 */
export function corrects({ spec, status }: Pick<Guest, "spec" | "status">, made = false): boolean {
  const policy = "driftPolicy" in spec ? spec.driftPolicy : undefined;
  return policy === undefined ? made || status?.createdVmid === spec.vmid : policy === "Correct";
}

/** When what needs a restart is written, and whether we restart for it. */
export function updatePolicyOf({ spec }: Pick<Guest, "spec">): "Live" | "Restart" | "Manual" {
  return "updatePolicy" in spec ? spec.updatePolicy : "Live";
}
