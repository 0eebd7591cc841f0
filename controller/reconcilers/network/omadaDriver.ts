import { OmadaController, type OmadaControllerStatus } from "../../api/index.ts";
import { Stalled } from "../../base/outcome.ts";
import type { Stored } from "../../api/meta.ts";
import type { Action } from "../../plan/action.ts";
import { planOmadaController } from "../../plan/network/omadaController.ts";
import { hostDown } from "../../plan/network/siteLink.ts";
import type { Driver } from "../../runtime/driver.ts";
import type { NetworkShop } from "./networkShop.ts";
import { parsed } from "../shared/objects.ts";

type ControllerDriver = Driver<Stored, OmadaControllerStatus, undefined, Action>;

/** Keeps the connection to an Omada site, and says how it is. */
export function omadaDriver(shop: NetworkShop): ControllerDriver {
  const { sites, clock, deletions } = shop.parts;
  return {
    kind: OmadaController,
    async observe(stored, signal) {
      const controller = parsed(OmadaController, stored);
      try {
        const { port } = await sites.sync(controller, signal);
        // Its guest came up since the last look: no need to wait for the next one.
        if (port.reach().is === "unreachable" && hostDown(shop.hostOf(controller)) === undefined) port.hurry();
      } catch (error) {
        // The pool remembers which Secret is missing; it is looked for each minute, like one in use (P3).
        if (!(error instanceof Stalled)) throw error;
      }
    },
    decide(stored) {
      const controller = parsed(OmadaController, stored);
      const { namespace, name } = controller.metadata;
      const connection = sites.of(namespace, name);
      return planOmadaController(controller, {
        ...shop.factsOf(controller),
        tlsVerified: connection?.port.tlsVerified ?? controller.spec.tls?.insecureSkipVerify !== true,
        lastGood: connection?.lastGood,
        deletions: deletions.recent(namespace),
        now: clock.now(),
      });
    },
    execute: () => Promise.reject(new Error("an OmadaController has no actions")),
    intent: (report) => report,
    forget(key) {
      sites.close(key);
    },
  };
}
