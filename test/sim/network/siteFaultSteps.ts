import { ProviderError } from "../../../controller/base/outcome.ts";
import { NAMESPACE } from "../../fakes/lab.ts";
import type { OmadaWrite } from "../../fakes/omadaController.ts";
import { refused } from "../../fakes/omadaWrites.ts";
import { pick, type StepRun, type StepTable } from "../stepTable.ts";
import type { NetworkHistory } from "./netHistory.ts";
import { rotate } from "./siteSteps.ts";

type Run = StepRun<NetworkHistory>;

const calls: readonly (OmadaWrite | "look")[] = [
  "createNetwork",
  "updateNetwork",
  "deleteNetwork",
  "createWlan",
  "updateWlan",
  "createAcl",
  "deleteAcl",
  "createGroup",
  "setReservation",
  "setPort",
  "createProfile",
  "look",
  "look",
];

/** What an Omada controller does wrong. */
export const siteFaultSteps: StepTable<NetworkHistory> = new Map<string, Run>([
  ["site call fails", fault],
  ["another site call fails", fault],
  ["yet another site call fails", fault],
  ["half page", halfPage],
  ["another half page", halfPage],
  ["site restarts", (history) => away(history, 15_000)],
  ["site away", (history) => away(history, 120_000)],
  [
    "site gone",
    (history) => {
      history.site.reachable = false;
      return "";
    },
  ],
  [
    "site back",
    (history) => {
      history.site.reachable = true;
      return "";
    },
  ],
  [
    "application refused",
    (history) => {
      history.site.unauthorized = true;
      return "";
    },
  ],
  ["application accepted", (history) => accept(history)],
  [
    "site busy",
    (history, _a, b) => {
      history.site.busy = b % 2 === 0;
      return String(history.site.busy);
    },
  ],
  [
    "site upgraded",
    (history) => {
      if (history.site.version.startsWith("6")) return undefined;
      history.site.version = "6.2.10.17";
      history.siteTouchedAt = history.now;
      return history.site.version;
    },
  ],
  [
    "web session",
    (history, _a, b) => {
      history.site.web = b % 2 === 0;
      return String(history.site.web);
    },
  ],
  [
    "lists lag",
    (history, _a, b) => {
      history.site.lagMs = b * 20;
      return `${b * 20} ms`;
    },
  ],
  ["passphrase rotated", (history, _a, b) => rotate(history, `another staple ${b}`)],
  ["passphrase too short", (history) => rotate(history, "short")],
]);

/** Also what a person does when all is over: the poller tries a new secret at once. */
export function accept(history: NetworkHistory): string | undefined {
  if (!history.site.unauthorized) return undefined;
  history.site.unauthorized = false;
  history.lab.kube.putSecret(NAMESPACE, "omada-api", { clientId: "id", clientSecret: `secret ${history.now}` });
  return "";
}

/** errorCode with HTTP 200, a session that is over, an answer that is lost. */
function fault(history: NetworkHistory, a: number, b: number): string {
  const on = pick(calls, b) ?? "look";
  const errors = [
    refused(-1001),
    refused(-1, "Failed to operate."),
    new ProviderError("unreachable", "connection refused"),
    new ProviderError("busy", "the system is busy", { status: 200 }),
    new ProviderError("outcomeUnknown", "socket hang up"),
  ];
  const when = a % 2 === 0 ? "before" : "after";
  const error = when === "after" ? new ProviderError("outcomeUnknown", "socket hang up") : pick(errors, a >> 1);
  history.site.calls.fault(on, when, error ?? refused(-1001));
  return `${on} ${when} its effect: ${error?.message ?? ""}`;
}

function halfPage(history: NetworkHistory, a: number, b: number): string {
  const part = pick(
    ["networks", "wlans", "acls", "groups", "reservations", "devices", "profiles", "clients"] as const,
    a,
  );
  history.site.shrinkOnce(part ?? "networks", b % 3);
  return `${part ?? ""} shows ${b % 3} rows`;
}

async function away(history: NetworkHistory, ms: number): Promise<string> {
  history.site.reachable = false;
  await history.pass(ms);
  history.site.reachable = true;
  return `for ${ms / 1000} s`;
}
