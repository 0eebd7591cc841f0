import type { ProviderErrorKind } from "../../base/outcome.ts";

/** One call for the metrics. `template` has `*` for each argument of the path; `status` is 0 when none came. */
export interface RequestRecord {
  readonly method: string;
  readonly template: string;
  readonly status: number;
  readonly ms: number;
  readonly kind?: ProviderErrorKind;
}
