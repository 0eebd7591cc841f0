import { failure } from "./apiError.ts";
import { vmidOf, type Call } from "./lab.ts";
import { requireVm } from "./qemuPower.ts";
import { agentEnabled } from "./statusView.ts";
import type { Guest } from "./world.ts";

/** The agent answers once the guest has booted; before, each question takes three seconds to fail (contract §5.4). */
async function requireAgent(call: Call): Promise<Guest> {
  const guest = requireVm(call.lab, { node: call.node, type: "qemu", vmid: vmidOf(call) });
  if (!agentEnabled(guest)) throw failure("No QEMU guest agent configured");
  if (!guest.running) throw failure(`VM ${String(guest.vmid)} is not running`);
  if (call.lab.runtime.hasBooted(guest)) return guest;
  await call.lab.pace.pause(3);
  throw failure("QEMU guest agent is not running");
}

/** GET of the interfaces as the agent sees them. */
export async function agentInterfaces(call: Call): Promise<unknown> {
  const guest = await requireAgent(call);
  const mac =
    /(?:virtio|e1000|vmxnet3|rtl8139|macaddr)=([0-9A-F:]{17})/i.exec(guest.config["net0"] ?? "")?.[1]?.toLowerCase() ??
    "";
  const address = (ip: string, prefix: number): unknown => ({ "ip-address": ip, "ip-address-type": "ipv4", prefix });
  return {
    result: [
      { name: "lo", "hardware-address": "00:00:00:00:00:00", "ip-addresses": [address("127.0.0.1", 8)] },
      { name: "eth0", "hardware-address": mac, "ip-addresses": [address(call.lab.runtime.address(guest), 8)] },
    ],
  };
}

/** POST of a ping. */
export async function agentPing(call: Call): Promise<unknown> {
  await requireAgent(call);
  return { result: {} };
}
