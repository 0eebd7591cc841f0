import { request as plain, type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as secure } from "node:https";
import type { Probe } from "../port.ts";
import { failureOf, hostPort, ProbeFailure, within } from "../probeFailure.ts";

/**
 * As the kubelet: GET, success is 200..399, certificates are not verified. Redirects are an answer and not followed.
 * Each attempt is a new connection, so that a listener that went away is noticed.
 */
export function http(
  probe: NonNullable<Probe["httpGet"]>,
  address: string,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { url, options } = asked(probe, address);
  return new Promise((resolve, reject) => {
    const sent = probe.scheme === "HTTPS" ? secure({ ...options, rejectUnauthorized: false }) : plain(options);
    const fail = (failure: ProbeFailure): void => {
      signal.removeEventListener("abort", onAbort);
      sent.destroy();
      reject(failure);
    };
    const onAbort = (): void => {
      fail(silence(isConnected(sent), url, deadlineMs));
    };
    sent.on("error", (error) => {
      fail(failureOf(error, url));
    });
    const onClose = (): void => {
      fail(new ProbeFailure(false, `connection closed without an answer at ${url}`));
    };
    sent.on("close", onClose);
    sent.once("response", (answer) => {
      sent.off("close", onClose);
      const failure = failureOfStatus(answer, url);
      if (failure === undefined) resolve();
      else reject(failure);
      signal.removeEventListener("abort", onAbort);
      sent.destroy();
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    sent.end();
  });
}

function asked(probe: NonNullable<Probe["httpGet"]>, address: string): { url: string; options: RequestOptions } {
  const given = probe.path ?? "/";
  const path = given.startsWith("/") ? given : `/${given}`;
  const scheme = probe.scheme === "HTTPS" ? "https" : "http";
  return {
    url: `${scheme}://${hostPort(address, probe.port)}${path}`,
    options: {
      host: address,
      port: probe.port,
      path: encodeURI(path).replaceAll("%25", "%"),
      agent: false,
      headers: { accept: "*/*", connection: "close", "user-agent": "homelab-controller-probe" },
    },
  };
}

function isConnected(sent: ClientRequest): boolean {
  return sent.socket !== null && !sent.socket.connecting;
}

function silence(connected: boolean, url: string, deadlineMs: number): ProbeFailure {
  const what = connected ? "no answer" : "no connection";
  return new ProbeFailure(!connected, `${what} ${within(deadlineMs)} at ${url}`);
}

function failureOfStatus(answer: IncomingMessage, url: string): ProbeFailure | undefined {
  const status = answer.statusCode ?? 0;
  return status >= 200 && status < 400 ? undefined : new ProbeFailure(false, `HTTP status ${String(status)} at ${url}`);
}
