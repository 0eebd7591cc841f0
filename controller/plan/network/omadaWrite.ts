import type {
  AclWish,
  GroupWish,
  NetworkWish,
  PortWish,
  ProfileWish,
  RadioWish,
  WlanRef,
  WlanWish,
} from "../../providers/omadaPort.ts";
import type { AclTable, GroupSeen, ReservationSeen } from "../../providers/omadaSeen.ts";

/** One write to a site, as plain data; each is one call of the port. A passphrase is never in it: it is read when sent. */
export type OmadaWrite =
  | { readonly call: "createNetwork"; readonly wish: NetworkWish }
  | { readonly call: "updateNetwork"; readonly id: string; readonly wish: Partial<NetworkWish> }
  | { readonly call: "deleteNetwork"; readonly id: string }
  | { readonly call: "createProfile"; readonly wish: ProfileWish }
  | { readonly call: "deleteProfile"; readonly id: string }
  | { readonly call: "setPort"; readonly device: string; readonly port: number; readonly wish: PortWish }
  | { readonly call: "setRadio"; readonly device: string; readonly wish: RadioWish }
  | { readonly call: "renameDevice"; readonly device: string; readonly name: string }
  | { readonly call: "setWlanGroup"; readonly device: string; readonly groupId: string }
  | { readonly call: "createWlan"; readonly groupId: string; readonly wish: Omit<WlanWish, "passphrase"> }
  | {
      readonly call: "updateWlan";
      readonly ref: WlanRef;
      readonly wish: Omit<Partial<WlanWish>, "passphrase">;
      readonly withPassphrase: boolean;
    }
  | { readonly call: "deleteWlan"; readonly ref: WlanRef }
  | { readonly call: "createAcl"; readonly wish: AclWish }
  | { readonly call: "updateAcl"; readonly id: string; readonly wish: AclWish }
  | { readonly call: "deleteAcl"; readonly id: string }
  | { readonly call: "orderAcls"; readonly table: AclTable; readonly ids: readonly string[] }
  | { readonly call: "createGroup"; readonly wish: GroupWish }
  | { readonly call: "updateGroup"; readonly id: string; readonly wish: GroupWish }
  | { readonly call: "deleteGroup"; readonly group: Pick<GroupSeen, "id" | "type"> }
  | { readonly call: "setReservation"; readonly wish: ReservationSeen; readonly exists: boolean }
  | { readonly call: "deleteReservation"; readonly mac: string }
  | { readonly call: "renameClient"; readonly mac: string; readonly name: string };

/** The list in which a creation shows; while one is unseen, nothing else is created in it (N4). */
export type Shelf = "networks" | "profiles" | "wlans" | "acls" | "groups" | "reservations";

/** The list a write adds to; undefined: it creates nothing. */
export function shelfOf(write: OmadaWrite): Shelf | undefined {
  switch (write.call) {
    case "createNetwork":
      return "networks";
    case "createProfile":
      return "profiles";
    case "createWlan":
      return "wlans";
    case "createAcl":
      return "acls";
    case "createGroup":
      return "groups";
    case "setReservation":
      return write.exists ? undefined : "reservations";
    default:
      return undefined;
  }
}

export function isDelete(write: OmadaWrite): boolean {
  return write.call.startsWith("delete");
}
