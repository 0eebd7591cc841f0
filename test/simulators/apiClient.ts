import { type Agent, request } from "node:https";
import type { RunningSimulator } from "./proxmox/startProxmoxSimulator.ts";

/** An answer of the API, taken apart. */
export interface ApiAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The `data` member; undefined when the body is no JSON. */
  readonly data: unknown;
  readonly errors: Readonly<Record<string, string>>;
}

export interface Ask {
  readonly params?: Readonly<Record<string, unknown>>;
  /** user@realm!token=secret; the simulator's own token by default, null for none. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
}

/** Calls the API of a simulator over real HTTPS with its CA. GET and DELETE parameters go into the query. */
export function callApi(simulator: RunningSimulator, method: string, path: string, ask: Ask = {}): Promise<ApiAnswer> {
  const url = new URL(simulator.url);
  const sends = method === "POST" || method === "PUT";
  const body = sends && ask.params !== undefined ? JSON.stringify(ask.params) : undefined;
  const query =
    !sends && ask.params !== undefined
      ? `?${new URLSearchParams(ask.params as Record<string, string>).toString()}`
      : "";
  const token = ask.token === undefined ? `${simulator.tokenId}=${simulator.tokenSecret}` : ask.token;
  const headers = {
    ...(token === null ? {} : { Authorization: `PVEAPIToken=${token}` }),
    ...(body === undefined
      ? {}
      : { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(body)) }),
    ...ask.headers,
  };
  return new Promise((resolve, reject) => {
    const options = {
      host: url.hostname,
      port: url.port,
      ca: simulator.ca,
      method,
      path: `/api2/json${path}${query}`,
      headers,
      agent: ask.agent ?? false,
    };
    const sent = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? "",
          headers: response.headers,
          text,
          ...members(text),
        });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function members(text: string): { data: unknown; errors: Record<string, string> } {
  try {
    const body = JSON.parse(text) as { data?: unknown; errors?: Record<string, string> };
    return { data: body.data, errors: body.errors ?? {} };
  } catch {
    return { data: undefined, errors: {} };
  }
}

/** Waits until a look gives something; a deadline of ten seconds. */
export async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error("it did not come in ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Starts a call that forks a task, waits for its end and gives its exit text. */
export async function runTask(
  simulator: RunningSimulator,
  method: string,
  path: string,
  ask: Ask = {},
): Promise<string> {
  const answer = await callApi(simulator, method, path, ask);
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${String(answer.status)} ${answer.reason}`);
  return exitOf(simulator, String(answer.data));
}

/** Waits for the end of a task. */
export function exitOf(simulator: RunningSimulator, upid: string): Promise<string> {
  const node = upid.split(":")[1] ?? "";
  return eventually(async () => {
    const { data } = await callApi(simulator, "GET", `/nodes/${node}/tasks/${encodeURIComponent(upid)}/status`);
    const task = data as { status: string; exitstatus?: string };
    return task.status === "stopped" ? task.exitstatus : undefined;
  });
}

/** What status/current says. */
export async function statusOf(
  simulator: RunningSimulator,
  vmid: number,
  type: "lxc" | "qemu" = "lxc",
): Promise<Record<string, unknown>> {
  const { data } = await callApi(simulator, "GET", `/nodes/pve1/${type}/${String(vmid)}/status/current`);
  return data as Record<string, unknown>;
}

/** A guest as the admin port sees it. */
export async function insideOf(
  simulator: RunningSimulator,
  vmid: number,
): Promise<{ address: string; serving: unknown[]; running: boolean; startedAt?: number }> {
  return (await simulator.admin("GET", `/guests/${String(vmid)}`)) as {
    address: string;
    serving: unknown[];
    running: boolean;
  };
}
