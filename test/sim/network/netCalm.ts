import { calmDown } from "../calm.ts";
import { accept } from "./siteFaultSteps.ts";
import { confirmNetwork, controllerAgain } from "./controllerSteps.ts";
import { netUnsettled } from "./netSettled.ts";
import type { NetworkHistory } from "./netHistory.ts";
import { mendSite, rotate } from "./siteSteps.ts";

/** Everything of the site that was broken is mended; what people decided stays. */
function healSite(history: NetworkHistory): void {
  const { site } = history;
  site.reachable = true;
  site.busy = false;
  site.latencyMs = 0;
  site.lagMs = Math.min(site.lagMs, 5_000);
  site.calls.faults.length = 0;
  accept(history);
  mendSite(history);
  if (history.passphrase === undefined || history.kubeNewAt >= 0) rotate(history, "the last of the staples");
}

export function calmNetwork(history: NetworkHistory): Promise<void> {
  return calmDown(history, {
    heal() {
      healSite(history);
    },
    decide() {
      if (confirmNetwork(history) !== undefined) history.tell("the brake is confirmed");
      if (controllerAgain(history) !== undefined) history.tell("the controller is declared again");
    },
    unsettled: () => netUnsettled(history),
    mutations: () => history.site.mutations,
  });
}
