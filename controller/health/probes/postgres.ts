import type { Socket } from "node:net";
import type { Probe } from "../port.ts";
import { failureOf, hostPort, ProbeFailure, within } from "../probeFailure.ts";
import { connect } from "./connect.ts";
import { answerOf, startupMessage } from "./postgresWire.ts";

/**
 * Sends the start-up message and reads the first answer, as pg_isready does; nobody logs in. A request for
 * authentication is an answer, and so is any error but 57P03 (the server is starting up, shutting down or recovering).
 */
export async function postgres(
  probe: NonNullable<Probe["postgres"]>,
  address: string,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<void> {
  const port = probe.port ?? 5432;
  const socket = await connect(address, port, deadlineMs, signal);
  try {
    await ask(socket, { at: hostPort(address, port), deadlineMs }, signal);
  } finally {
    socket.destroy();
  }
}

function ask(
  socket: Socket,
  of: { readonly at: string; readonly deadlineMs: number },
  signal: AbortSignal,
): Promise<void> {
  let received = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(new ProbeFailure(false, `no answer ${within(of.deadlineMs)} at ${of.at}`));
    };
    socket.on("error", (error) => {
      reject(failureOf(error, of.at));
    });
    socket.on("close", () => {
      reject(new ProbeFailure(false, `connection closed without an answer at ${of.at}`));
    });
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const answer = answerOf(received);
      if (answer === "more") return;
      if (answer === "ready") resolve();
      else reject(new ProbeFailure(false, `${answer.refusal} at ${of.at}`));
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    socket.write(startupMessage());
  });
}
