import type { OmadaWrite } from "../../plan/network/omadaWrite.ts";
import type { OmadaPort } from "../../providers/omadaPort.ts";

/** Sends the one write. `passphrase`: read anew for a write that carries one; undefined: none is declared. */
export async function executeOmada(
  port: OmadaPort,
  write: OmadaWrite,
  passphrase: () => Promise<string | undefined>,
  signal: AbortSignal,
): Promise<void> {
  switch (write.call) {
    case "createNetwork":
      return port.createNetwork(write.wish, signal);
    case "updateNetwork":
      return port.updateNetwork(write.id, write.wish, signal);
    case "deleteNetwork":
      return port.deleteNetwork(write.id, signal);
    case "createProfile":
      return port.createProfile(write.wish, signal);
    case "deleteProfile":
      return port.deleteProfile(write.id, signal);
    case "setPort":
      return port.setPort(write.device, write.port, write.wish, signal);
    case "setRadio":
      return port.setRadio(write.device, write.wish, signal);
    case "renameDevice":
      return port.renameDevice(write.device, write.name, signal);
    case "setWlanGroup":
      return port.setWlanGroup(write.device, write.groupId, signal);
    case "createWlan":
      return port.createWlan(write.groupId, { ...write.wish, ...withSecret(await passphrase()) }, signal);
    case "updateWlan": {
      const secret = write.withPassphrase ? withSecret(await passphrase()) : {};
      return port.updateWlan(write.ref, { ...write.wish, ...secret }, signal);
    }
    case "deleteWlan":
      return port.deleteWlan(write.ref, signal);
    default:
      return executeRule(port, write, signal);
  }
}

type RuleCall =
  `${string}Acl` | `${string}Acls` | `${"create" | "update" | "delete"}Group` | `${string}Reservation` | "renameClient";
type RuleWrite = Extract<OmadaWrite, { readonly call: RuleCall }>;

function executeRule(port: OmadaPort, write: RuleWrite, signal: AbortSignal): Promise<void> {
  switch (write.call) {
    case "createAcl":
      return port.createAcl(write.wish, signal);
    case "updateAcl":
      return port.updateAcl(write.id, write.wish, signal);
    case "deleteAcl":
      return port.deleteAcl(write.id, signal);
    case "orderAcls":
      return port.orderAcls(write.table, write.ids, signal);
    case "createGroup":
      return port.createGroup(write.wish, signal);
    case "updateGroup":
      return port.updateGroup(write.id, write.wish, signal);
    case "deleteGroup":
      return port.deleteGroup(write.group, signal);
    case "setReservation":
      return port.setReservation(write.wish, write.exists, signal);
    case "deleteReservation":
      return port.deleteReservation(write.mac, signal);
    case "renameClient":
      return port.renameClient(write.mac, write.name, signal);
  }
}

function withSecret(passphrase: string | undefined): { readonly passphrase?: string } {
  return passphrase === undefined ? {} : { passphrase };
}
