import { among, filled, flag, integer, list, looseName, must, object, text, type Shape } from "../shape.ts";

export const SPANNING_TREE = object({
  priority: must(integer()),
  extPathCost: must(integer()),
  intPathCost: must(integer()),
  edgePort: must(flag),
  p2pLink: must(integer()),
  mcheck: flag,
  loopProtect: flag,
  rootProtect: flag,
  tcGuard: flag,
  bpduProtect: flag,
  bpduFilter: flag,
  bpduForward: flag,
});

/** What profiles have in v2, where VLANs live on ports. */
export const PROFILE_V2: Shape = {
  name: must(text("^.{1,128}$")),
  poe: must(among(0, 1, 2)),
  dot1x: must(among(0, 1, 2)),
  portIsolationEnable: must(flag),
  lldpMedEnable: must(flag),
  bandWidthCtrlType: must(among(0, 1, 2)),
  spanningTreeEnable: must(flag),
  loopbackDetectEnable: must(flag),
  spanningTreeSetting: SPANNING_TREE,
  loopbackDetectVlanBasedEnable: flag,
  eeeEnable: flag,
  flowControlEnable: flag,
  fastLeaveEnable: flag,
  igmpFastLeaveEnable: flag,
  mldFastLeaveEnable: flag,
  dot1pPriority: integer(),
  trustMode: integer(),
};

/** The same with VLANs, as v1 has them. */
export const PROFILE_V1: Shape = {
  ...PROFILE_V2,
  name: must(looseName(128)),
  nativeNetworkId: must(filled),
  tagNetworkIds: list(text()),
  untagNetworkIds: list(text()),
  voiceNetworkId: text(),
};
