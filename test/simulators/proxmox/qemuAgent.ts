import { failure, invalid } from "./apiError.ts";
import { guestName } from "./guestSettings.ts";
import { vmidOf, type Call } from "./lab.ts";
import { requireVm } from "./qemuPower.ts";
import { agentEnabled } from "./statusView.ts";
import type { Guest } from "./world.ts";

/** The agent answers once the guest has booted; before, each question takes three seconds to fail (contract §5.4). */
async function requireAgent(call: Call): Promise<Guest> {
  const guest = requireVm(call.lab, { node: call.node, type: "qemu", vmid: vmidOf(call) });
  if (!agentEnabled(guest)) throw failure("No QEMU guest agent configured");
  if (!guest.running) throw failure(`VM ${String(guest.vmid)} is not running`);
  const { agentMissing = false } = call.lab.runtime.behaviour(guest);
  if (!agentMissing && guest.paused !== true && call.lab.runtime.hasBooted(guest)) return guest;
  await call.lab.pace.pause(3);
  throw failure("QEMU guest agent is not running");
}

/** GET of the interfaces as the agent sees them. */
function interfaces(call: Call, guest: Guest): unknown {
  const { runtime } = call.lab;
  const mac =
    /(?:virtio|e1000|vmxnet3|rtl8139|macaddr)=([0-9A-F:]{17})/i.exec(guest.config["net0"] ?? "")?.[1]?.toLowerCase() ??
    "";
  const address = (ip: string, prefix: number): unknown => ({ "ip-address": ip, "ip-address-type": "ipv4", prefix });
  const [own, prefix] = runtime.staticAddress(guest)?.split("/") ?? [];
  const served = runtime.address(guest);
  const addresses = own === undefined || own === served ? [] : [address(own, Number(prefix))];
  return [
    { name: "lo", "hardware-address": "00:00:00:00:00:00", "ip-addresses": [address("127.0.0.1", 8)] },
    {
      name: "eth0",
      "hardware-address": mac,
      "ip-addresses": [...addresses, address(served, 8)],
      statistics: STATISTICS,
    },
  ];
}

const STATISTICS = Object.fromEntries(
  ["rx", "tx"].flatMap((way) => ["bytes", "dropped", "errs", "packets"].map((what) => [`${way}-${what}`, 0])),
);

const OS = {
  id: "debian",
  "kernel-release": "6.12.0-amd64",
  "kernel-version": "#1 SMP PREEMPT_DYNAMIC",
  machine: "x86_64",
  name: "Debian GNU/Linux",
  "pretty-name": "Debian GNU/Linux 13 (trixie)",
  version: "13 (trixie)",
  "version-id": "13",
};

const COMMANDS = ["guest-ping", "guest-info", "guest-get-osinfo", "guest-network-get-interfaces", "guest-exec"];

/** What the agent says to each question. */
const ANSWERS: Readonly<Record<string, (call: Call, guest: Guest) => unknown>> = {
  ping: () => ({}),
  info: () => ({
    version: "10.0.0",
    supported_commands: COMMANDS.map((name) => ({ name, enabled: true, "success-response": true })),
  }),
  "network-get-interfaces": interfaces,
  "get-host-name": (_, guest) => ({ "host-name": guestName(guest) }),
  "get-osinfo": () => OS,
  "get-fsinfo": () => [
    { name: "sda1", mountpoint: "/", type: "ext4", "used-bytes": 1 << 30, "total-bytes": 2 ** 33, disk: [] },
  ],
  "get-time": (call) => call.lab.pace.seconds() * 1_000_000_000,
  "get-timezone": () => ({ zone: "UTC", offset: 0 }),
  "get-users": () => [],
  "get-vcpus": (_, guest) =>
    Array.from(
      { length: Number(guest.config["cores"] ?? 1) * Number(guest.config["sockets"] ?? 1) },
      (_each, index) => ({
        "logical-id": index,
        online: true,
        "can-offline": index > 0,
      }),
    ),
  "fsfreeze-status": () => "thawed",
  fstrim: () => ({ paths: [{ path: "/", trimmed: 0, minimum: 0 }] }),
};

/** Asks the agent one of its questions. */
export function askAgent(question: string): (call: Call) => Promise<unknown> {
  return async (call) => {
    const guest = await requireAgent(call);
    return { result: ANSWERS[question]?.(call, guest) };
  };
}

/** POST of a shutdown by the agent itself: no task, as if done inside. */
export async function agentShutdown(call: Call): Promise<unknown> {
  const guest = await requireAgent(call);
  if (call.lab.runtime.behaviour(guest).ignoreShutdown !== true)
    call.lab.runtime.end(guest, "powered off by its agent");
  return { result: {} };
}

const FIRST_PID = 800;

/** POST of a command: nothing is executed, it just succeeds. */
export async function agentExec(call: Call): Promise<unknown> {
  await requireAgent(call);
  if ((call.values["command"] ?? "") === "") throw invalid({ command: "property is missing and it is not optional" });
  return { pid: FIRST_PID };
}

/** GET of how a command ended. */
export async function agentExecStatus(call: Call): Promise<unknown> {
  await requireAgent(call);
  if (Number(call.values["pid"]) !== FIRST_PID)
    throw failure(`Agent error: PID ${call.values["pid"] ?? ""} does not exist`);
  return { exited: 1, exitcode: 0, "out-data": "" };
}
