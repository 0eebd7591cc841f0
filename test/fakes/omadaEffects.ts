import type { OmadaPort } from "../../controller/providers/omadaPort.ts";
import type { SitePart } from "../../controller/providers/omadaSeen.ts";
import type { OmadaWrite } from "./omadaController.ts";
import * as rules from "./omadaRules.ts";
import type { FakeSite } from "./omadaSite.ts";
import * as writes from "./omadaWrites.ts";

type WithoutSignal<Args extends readonly unknown[]> = Args extends [...infer Given, AbortSignal] ? Given : never;

/** What each write of the port does to a site; throws the refusal. */
export const effects: {
  readonly [K in OmadaWrite]: (site: FakeSite, ...args: WithoutSignal<Parameters<OmadaPort[K]>>) => void;
} = {
  createNetwork: writes.createNetwork,
  updateNetwork: writes.updateNetwork,
  deleteNetwork: writes.deleteNetwork,
  createProfile: writes.createProfile,
  updateProfile: writes.updateProfile,
  deleteProfile: writes.deleteProfile,
  setPort: writes.setPort,
  setRadio: writes.setRadio,
  renameDevice: writes.renameDevice,
  setWlanGroup: writes.setWlanGroup,
  createWlan: rules.createWlan,
  updateWlan: rules.updateWlan,
  deleteWlan: rules.deleteWlan,
  createAcl: rules.createAcl,
  updateAcl: rules.updateAcl,
  deleteAcl: rules.deleteAcl,
  orderAcls: rules.orderAcls,
  createGroup: rules.createGroup,
  updateGroup: rules.updateGroup,
  deleteGroup: (site, { id }) => rules.deleteGroup(site, id),
  setReservation: rules.setReservation,
  deleteReservation: rules.deleteReservation,
  renameClient: rules.renameClient,
};

/** The list a row leaves by our own deletion, which then needs no second look (N1). */
export const deletes: Partial<Record<OmadaWrite, SitePart>> = {
  deleteNetwork: "networks",
  deleteProfile: "profiles",
  deleteWlan: "wlans",
  deleteAcl: "acls",
  deleteGroup: "groups",
  deleteReservation: "reservations",
};
