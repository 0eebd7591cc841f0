import { ProviderError } from "../../controller/base/outcome.ts";
import { hostDown, hostUp, rebootHost, startall, stopall } from "../fakes/proxmox.ts";
import type { History } from "./history.ts";
import { nodeName } from "./plant.ts";
import type { StepRun, StepTable } from "./stepTable.ts";

const nodeAt = (history: History, a: number): string => nodeName(a % history.shape.nodes);
const isUp = (history: History, name: string): boolean => history.lab.proxmox.nodes.get(name)?.online === true;

/** What happens to whole nodes. */
export const hostSteps: StepTable = new Map<string, StepRun>([
  [
    "host reboots",
    (history, a, b) => {
      const name = nodeAt(history, a);
      if (!isUp(history, name)) return undefined;
      rebootHost(history.lab.proxmox, name, { clean: b % 2 === 0, downMs: 20_000 + b * 100 });
      return `${name} ${b % 2 === 0 ? "cleanly" : "hard"}, away for ${20 + b / 10} s`;
    },
  ],
  [
    "host lost",
    (history, a) => {
      const name = nodeAt(history, a);
      if (!isUp(history, name)) return undefined;
      hostDown(history.lab.proxmox, name);
      return name;
    },
  ],
  [
    "host back",
    (history, a) => {
      const name = nodeAt(history, a);
      if (isUp(history, name)) return undefined;
      hostUp(history.lab.proxmox, name);
      return name;
    },
  ],
  [
    "stopall",
    (history, a) => {
      const name = nodeAt(history, a);
      if (!isUp(history, name)) return undefined;
      history.hands.allStopped(name);
      stopall(history.lab.proxmox, name);
      return name;
    },
  ],
  [
    "startall",
    (history, a) => {
      const name = nodeAt(history, a);
      if (!isUp(history, name)) return undefined;
      startall(history.lab.proxmox, name);
      return name;
    },
  ],
  [
    "unreachable",
    (history) => {
      if (history.unreachableSince !== undefined) return undefined;
      history.lab.proxmox.reachable = false;
      history.unreachableSince = history.now;
      return "";
    },
  ],
  ["reachable", reachable],
  ["reachable again", reachable],
  [
    "internet gone",
    (history) => {
      history.lab.wan = false;
      history.wanFailsSince ??= history.now;
      return "";
    },
  ],
  [
    "internet back",
    (history) => {
      history.lab.wan = true;
      history.wanFailsSince = undefined;
      return "";
    },
  ],
  [
    "task fails",
    (history, a, b) => {
      const type = ["vzstart", "vzshutdown", "vzcreate", "qmstart", "vzdestroy", "vzmigrate"][a % 6] ?? "vzstart";
      history.lab.proxmox.failTask(type, `it did not work (${b})`);
      return type;
    },
  ],
  [
    "slow answers",
    (history, _a, b) => {
      history.lab.proxmox.latencyMs = b % 3 === 0 ? 0 : b;
      return `${history.lab.proxmox.latencyMs} ms`;
    },
  ],
]);

function reachable(history: History): string | undefined {
  if (history.unreachableSince === undefined) return undefined;
  history.lab.proxmox.reachable = true;
  history.unreachableSince = undefined;
  return "";
}

/** How a call fails, by number. */
export function errorOf(b: number): ProviderError {
  const errors: readonly ProviderError[] = [
    new ProviderError("outcomeUnknown", "socket hang up"),
    new ProviderError("outcomeUnknown", "too many redirections", { status: 599 }),
    new ProviderError("other", "got no worker upid", { status: 500 }),
    new ProviderError("unreachable", "connection refused"),
  ];
  return errors[b % errors.length] ?? new ProviderError("other", "");
}
