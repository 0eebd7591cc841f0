import type { NetworkSegment } from "../../api/index.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { SiteSeen } from "../../providers/omadaSeen.ts";
import { stalled } from "../outcomes.ts";

/** MTU of Ethernet, which every switch passes, with a VLAN tag too. */
const USUAL = 1_500;
/** Header and checksum of a frame, in bytes. */
const AROUND = 18;

/** Whether the switches of the site have to be asked what they pass. */
export function needsFrames({ spec }: NetworkSegment): boolean {
  return spec.mtu !== undefined && spec.mtu > USUAL;
}

/** Switches that do not pass frames of the segment's MTU; nothing is changed for it. What is not told is taken to pass. */
export function framesTrouble(segment: NetworkSegment, seen: SiteSeen): Outcome | undefined {
  const { mtu = USUAL, proxmox } = segment.spec;
  if (!needsFrames(segment)) return undefined;
  const needed = mtu + AROUND;
  const small = [...seen.devices.values()].flatMap(({ name, maxFrameBytes }) =>
    maxFrameBytes === undefined || maxFrameBytes >= needed ? [] : [`${name} passes ${String(maxFrameBytes)}`],
  );
  if (small.length === 0) return undefined;
  const guests = proxmox === undefined ? "" : ` of guests on bridge ${proxmox.bridge} in Proxmox`;
  return stalled(
    "FramesTooShort",
    `mtu is ${String(mtu)}, so frames${guests} have up to ${String(needed)} bytes, and in Omada switch ${small.join(", switch ")}; ` +
      `raise Jumbo in the switch's settings in Omada, or write mtu: ${String(USUAL)}`,
    300_000,
  );
}
