import { z } from "zod";
import { integer, list, oneOf, ref, text, time, word } from "./fields.ts";

/** Fields that the kinds reconciled against an Omada site have in common. */
export const controllerRef = ref(
  "The OmadaController whose site it is in. May be left out while the namespace has exactly one.",
  "OmadaController",
).exactOptional();

type Choice<V extends string> = z.ZodEnum<{ [K in V]: K }>;

/** `binds`: what adoption does. */
export function adoptionOf(what: string, binds = "binds it to this object"): z.ZodDefault<Choice<"Refuse" | "Adopt">> {
  return oneOf(
    `What to do when ${what} exists and is not known to be this object's: Refuse leaves it alone (NetworkNotOwned); Adopt ${binds} and changes nothing else.`,
    ["Refuse", "Adopt"],
  ).default("Refuse");
}

export function deletionPolicyOf(what: string): z.ZodDefault<Choice<"Retain" | "Delete">> {
  return oneOf(
    `What happens in Omada when this object is deleted: Retain leaves ${what} as it is; Delete removes it, if it is provably this object's, under the Homelab's brake.`,
    ["Retain", "Delete"],
  ).default("Retain");
}

export function driftPolicyOf(absent: string): z.ZodExactOptional<Choice<"Correct" | "Report">> {
  return oneOf(
    `What to do when Omada has other values than declared: Correct writes the declared ones, Report only shows them in status.drift. Absent: ${absent}.`,
    ["Correct", "Report"],
  ).exactOptional();
}

export const CREATED_OR_ADOPTED = "Correct for what this object created, Report for what it adopted";

/** Declared values that are not what Omada has. */
export const drift = list(
  "Declared fields whose value in Omada is another.",
  z.object({
    field: word("The field, as in spec.", 253),
    desired: text("Value that is declared.", 1024),
    actual: text("Value that Omada has.", 1024),
  }),
  64,
).exactOptional();

/** A create that was sent, or is about to be; it stands until what it makes is seen, or proven not to come (N4). */
export const creating = z
  .object({
    what: word("What is created, such as network servers.", 253),
    startTime: time("When the call was about to be sent."),
  })
  .describe("A creation under way: nothing else of its kind is created at the site until it was seen.")
  .exactOptional();

export const lastHandledReconcileAt = text(
  "Value of the reconcile-requested-at annotation that was last answered.",
  256,
).exactOptional();

/** A switch or gateway port. */
export function portNumber(description: string): z.ZodInt {
  return integer(description, 1, 128);
}

/** A MAC in the way Omada or Proxmox writes it. */
export const macPattern = {
  rule: "self.matches('^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$')",
  message: "a MAC address has six pairs of hex digits: write 1C:61:B4:2C:1B:E3 or 1C-61-B4-2C-1B-E3",
};
