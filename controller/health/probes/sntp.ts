import { ProbeFailure } from "../probeFailure.ts";

/** Packet layout and offset of SNTP version 4, RFC 4330 sections 4 and 5. */

/** 1900-01-01 to 1970-01-01, seconds. */
const EPOCH_SECONDS = 2_208_988_800;
const ERA_MS = 2 ** 32 * 1_000;
const PACKET_BYTES = 48;
const MODE_CLIENT = 3;
const MODE_SERVER = 4;
const VERSION = 4;
const NOT_SYNCHRONISED = 3;
const at = { reference: 12, originate: 24, receive: 32, transmit: 40 } as const;

/** A client question whose transmit timestamp is our wall clock, milliseconds. */
export function question(nowMs: number): Buffer {
  const packet = Buffer.alloc(PACKET_BYTES);
  packet.writeUInt8((VERSION << 3) | MODE_CLIENT, 0);
  writeTimestamp(packet, at.transmit, nowMs);
  return packet;
}

/** How far the server's clock is ahead of ours, milliseconds. Throws ProbeFailure for anything but a good answer. */
export function offsetOf(
  reply: Buffer,
  server: string,
  ours: { readonly sentMs: number; readonly receivedMs: number },
): number {
  const wrong = complaint(reply, question(ours.sentMs));
  if (wrong !== undefined) throw new ProbeFailure(false, `${wrong} at ${server}`);
  const received = readTimestamp(reply, at.receive, ours.sentMs);
  const sent = readTimestamp(reply, at.transmit, ours.sentMs);
  return (received - ours.sentMs + (sent - ours.receivedMs)) / 2;
}

function complaint(reply: Buffer, asked: Buffer): string | undefined {
  if (reply.length < PACKET_BYTES) return "not an NTP answer";
  const flags = reply.readUInt8(0);
  if ((flags & 7) !== MODE_SERVER) return "not an NTP server's answer";
  if (!reply.subarray(at.originate, at.originate + 8).equals(asked.subarray(at.transmit)))
    return "NTP answer to another question";
  const stratum = reply.readUInt8(1);
  // Stratum 0 is a "kiss of death"; its four letters stand where the reference id is.
  if (stratum === 0) return `NTP server refuses (${reply.toString("latin1", at.reference, at.reference + 4)})`;
  if (flags >> 6 === NOT_SYNCHRONISED || stratum > 15) return "NTP server is not synchronised";
  return undefined;
}

function writeTimestamp(packet: Buffer, offset: number, ms: number): void {
  const seconds = Math.floor(ms / 1_000);
  packet.writeUInt32BE((seconds + EPOCH_SECONDS) % 2 ** 32, offset);
  packet.writeUInt32BE(Math.floor(((ms - seconds * 1_000) / 1_000) * 2 ** 32), offset + 4);
}

/** Timestamps wrap every 136 years (next in 2036): the one nearest to our own time is meant. */
function readTimestamp(packet: Buffer, offset: number, nearMs: number): number {
  const ms =
    (packet.readUInt32BE(offset) - EPOCH_SECONDS) * 1_000 + (packet.readUInt32BE(offset + 4) / 2 ** 32) * 1_000;
  return ms + Math.round((nearMs - ms) / ERA_MS) * ERA_MS;
}
