import { tell } from "./histories.ts";
import { declareSteps } from "./network/declareSteps.ts";
import { calmNetwork } from "./network/netCalm.ts";
import { NetworkHistory } from "./network/netHistory.ts";
import { netShapes } from "./network/netShape.ts";
import { siteFaultSteps } from "./network/siteFaultSteps.ts";
import { siteSteps } from "./network/siteSteps.ts";
import { judgeSite } from "./network/siteWitness.ts";
import { guestSteps, namesOf, stepsOf } from "./steps.ts";

const network = [...declareSteps.keys(), ...siteSteps.keys(), ...siteFaultSteps.keys()];
const guests = namesOf(["process", "faults", "hosts", "people", "deletions", "intent", "kubernetes"]);

tell("a network and the guest that keeps it", 20268, {
  shapes: netShapes(),
  begin: (shape) => new NetworkHistory(shape, judgeSite),
  steps: stepsOf([...network, ...network, ...network, ...guests], 24),
  table: new Map([...guestSteps, ...declareSteps, ...siteSteps, ...siteFaultSteps]),
  calm: calmNetwork,
});
