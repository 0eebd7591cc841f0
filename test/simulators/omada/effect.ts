import { Faults as Armed, type Fault as Scripted } from "../shared/faults.ts";
import type { WireEffect } from "../shared/wireEffect.ts";

/** What goes wrong with a request that matches. With `after` the request does what it does before. */
export type Effect =
  | WireEffect
  | { readonly kind: "status"; readonly status: number; readonly text: string; readonly after?: boolean }
  /** HTTP 200 with this code. */
  | { readonly kind: "errorCode"; readonly code: number; readonly msg?: string; readonly after?: boolean }
  /** HTTP 200 with a page for people. */
  | { readonly kind: "loginPage"; readonly after?: boolean }
  /** A list without rows, and its counters say so too. */
  | { readonly kind: "emptyList" }
  /** Half of the rows, and the counters say that is all. */
  | { readonly kind: "shrunkList" }
  /** Half of the rows of a page; the counters know better. */
  | { readonly kind: "halfPage" };

export type Fault = Scripted<Effect>;
export class Faults extends Armed<Effect> {}
