import { randomBytes } from "node:crypto";
import type { Lab } from "./lab.ts";

/** 24 hex digits, as the controller's database makes them. */
export const newId = (): string => randomBytes(12).toString("hex");

/** When lists show what is created now. */
export const visibleAt = (lab: Lab): number => lab.pace.now() + lab.pace.ms(lab.settings.listLagSeconds);
