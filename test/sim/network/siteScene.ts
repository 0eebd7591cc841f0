import type { OmadaApproach } from "../../fakes/omadaController.ts";
import type { OmadaPort } from "../../../controller/providers/omadaPort.ts";
import type { NetDeclared } from "./netObjects.ts";
import type { NetworkHistory } from "./netHistory.ts";

/** A write to the site about to take effect, with the world around it. */
export interface SiteScene {
  readonly history: NetworkHistory;
  readonly call: OmadaApproach["call"];
  readonly args: readonly unknown[];
  /** Objects in whose name it can be. */
  readonly actors: readonly NetDeclared[];
  readonly now: number;
  /** Nobody changed the site by hand since the last look, and the process has not slept. */
  readonly fresh: boolean;
}

export type SiteRule = readonly [rule: string, broken: (scene: SiteScene) => string | undefined];

/** Two looks at rest, and a list that shrank. */
export const SITE_STALE_MS = 40_000;

/** The arguments of a call, by its name. */
export function argsOf<K extends OmadaApproach["call"]>(
  { args }: Pick<SiteScene, "args">,
  _call: K,
): Parameters<OmadaPort[K]> {
  return args as unknown as Parameters<OmadaPort[K]>;
}
