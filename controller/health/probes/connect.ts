import { connect as open, type Socket } from "node:net";
import { failureOf, hostPort, ProbeFailure, within } from "../probeFailure.ts";

/** Opens a TCP connection; the caller destroys it. Nobody answering until `signal` aborts counts as unreachable. */
export function connect(host: string, port: number, deadlineMs: number, signal: AbortSignal): Promise<Socket> {
  const at = hostPort(host, port);
  return new Promise((resolve, reject) => {
    const socket = open({ host, port });
    const fail = (failure: ProbeFailure): void => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      reject(failure);
    };
    const onAbort = (): void => {
      fail(new ProbeFailure(true, `no connection ${within(deadlineMs)} at ${at}`));
    };
    socket.on("error", (error) => {
      fail(failureOf(error, at));
    });
    socket.once("connect", () => {
      signal.removeEventListener("abort", onAbort);
      resolve(socket);
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
