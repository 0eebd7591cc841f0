import { annotation } from "../../../controller/api/meta.ts";
import { NAMESPACE } from "../../fakes/lab.ts";
import { homelabIn } from "../declared.ts";
import { apply } from "../deletionSteps.ts";
import { edit } from "../stepTable.ts";
import type { NetworkHistory } from "./netHistory.ts";
import { netObjects } from "./netObjects.ts";

/** A person changes the OmadaController. */
export function controllerEdit(history: NetworkHistory, fields: Readonly<Record<string, unknown>>): string | undefined {
  const one = history.lab.kube.all("OmadaController")[0];
  if (one === undefined) return undefined;
  edit(history, "OmadaController", one.metadata.name, fields);
  return JSON.stringify(fields);
}

/** Also what a person does when all is over. */
export function controllerAgain(history: NetworkHistory): string | undefined {
  const gone = history.removed.get("OmadaController/omada");
  if (gone === undefined || history.lab.read("OmadaController", "omada") !== undefined) return undefined;
  return apply(history, gone);
}

/** The hash is in the message, and so is the list it stands for. */
export function confirmNetwork(history: NetworkHistory): string | undefined {
  const { lab } = history;
  const held = netObjects(lab).find((one) => lab.reason(one.kind, one.metadata.name) === "HeldByBrake");
  if (held === undefined || homelabIn(lab) === undefined || lab.kube.isTerminating(NAMESPACE)) return undefined;
  const hash = /confirm-destroys=(\S+)/.exec(lab.message(held.kind, held.metadata.name))?.[1];
  if (hash === undefined) return undefined;
  lab.kube.annotate(lab.key("Homelab", "home"), { [annotation.confirmDestroys]: hash });
  history.confirms();
  history.editedAt = history.now;
  return hash;
}
