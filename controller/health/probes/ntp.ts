import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Clock } from "../../base/clock.ts";
import type { Probe } from "../port.ts";
import { failureOf, hostPort, ProbeFailure, within } from "../probeFailure.ts";
import { ipOf } from "./ipOf.ts";
import { offsetOf, question } from "./sntp.ts";

type NtpProbe = NonNullable<Probe["ntp"]>;

/** One SNTP question (RFC 4330): a synchronised server whose time differs from ours by at most the allowed offset. */
export function ntp(
  clock: Clock,
): (probe: NtpProbe, address: string, deadlineMs: number, signal: AbortSignal) => Promise<void> {
  return async (probe, address, deadlineMs, signal) => {
    const port = probe.port ?? 123;
    const at = hostPort(address, port);
    const ip = await ipOf(address, signal);
    const sentMs = clock.now();
    const since = clock.monotonic();
    const reply = await exchange(question(sentMs), { ip, port, at, deadlineMs }, signal);
    const offset = offsetOf(reply, at, { sentMs, receivedMs: sentMs + clock.monotonic() - since });
    const allowed = probe.maxOffsetMilliseconds ?? 1_000;
    if (Math.abs(offset) <= allowed) return;
    const word = offset > 0 ? "ahead of" : "behind";
    const size = String(Math.round(Math.abs(offset)));
    throw new ProbeFailure(false, `clock ${size} ms ${word} ours, allowed are ${String(allowed)} ms, at ${at}`);
  };
}

interface Peer {
  readonly ip: string;
  readonly port: number;
  readonly at: string;
  readonly deadlineMs: number;
}

function exchange(packet: Buffer, peer: Peer, signal: AbortSignal): Promise<Buffer> {
  // Connected, so that the kernel reports a closed port and drops datagrams of others.
  const socket: Socket = createSocket(isIPv6(peer.ip) ? "udp6" : "udp4");
  return new Promise<Buffer>((resolve, reject) => {
    const onAbort = (): void => {
      reject(new ProbeFailure(false, `no answer ${within(peer.deadlineMs)} at ${peer.at}`));
    };
    socket.on("error", (error) => {
      reject(failureOf(error, peer.at));
    });
    socket.once("message", resolve);
    socket.once("connect", () => {
      socket.send(packet);
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    socket.connect(peer.port, peer.ip);
  }).finally(() => {
    socket.close();
  });
}
