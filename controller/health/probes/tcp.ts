import type { Probe } from "../port.ts";
import { connect } from "./connect.ts";

/** Succeeds when the port accepts a connection; nothing is sent. */
export async function tcp(
  probe: NonNullable<Probe["tcpSocket"]>,
  address: string,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<void> {
  const socket = await connect(address, probe.port, deadlineMs, signal);
  socket.destroy();
}
