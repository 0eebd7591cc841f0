import { NAMESPACE } from "../fakes/lab.ts";
import { IDENTITY, type History } from "./history.ts";

/** The same token with a new secret. */
export function putSecret({ lab, now }: History): void {
  lab.kube.putSecret(NAMESPACE, "proxmox-token", { tokenId: IDENTITY, tokenSecret: `secret ${now}` });
}
