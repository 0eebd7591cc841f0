import { request } from "node:https";
import type { RunningSimulator } from "../proxmox/startProxmoxSimulator.ts";
import { comparable, type Exchange } from "./recording.ts";

export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly body: unknown;
}

/** A difference between what the real code and the simulator said. */
export interface Difference {
  readonly name: string;
  readonly what: string;
  readonly real: unknown;
  readonly simulated: unknown;
}

/** Sends recorded requests to a simulator, putting our tickets, secrets and UPIDs where theirs were. */
export class Replayer {
  readonly #simulator: RunningSimulator;
  readonly #tickets = new Map<string, { ticket: string; csrf: string }>();
  readonly #secrets = new Map<string, string>();
  readonly #upids = new Map<string, string>();

  constructor(simulator: RunningSimulator) {
    this.#simulator = simulator;
  }

  async login(userid: string, password: string): Promise<void> {
    const body = new URLSearchParams({ username: userid, password }).toString();
    const answer = await this.#send(
      "POST",
      "/api2/json/access/ticket",
      { "Content-Type": "application/x-www-form-urlencoded" },
      body,
    );
    const { data } = answer.body as { data: { ticket: string; CSRFPreventionToken: string } };
    this.#tickets.set(userid, { ticket: data.ticket, csrf: data.CSRFPreventionToken });
  }

  /** A UPID of theirs and what stands for it here. */
  knows(theirs: string, ours: unknown): void {
    this.#upids.set(theirs, String(ours));
  }

  addSecret(tokenid: string, secret: string): void {
    this.#secrets.set(tokenid, secret);
  }

  /** Replays one exchange and says how the answers differ; empty when they do not. */
  async replay(exchange: Exchange, instead: Readonly<Record<string, string>> = {}): Promise<Difference[]> {
    const { method, path, headers = {}, body } = exchange.request;
    const text =
      body === null || body === undefined
        ? undefined
        : typeof body === "string"
          ? this.#ours(body)
          : JSON.stringify(body);
    const answer = await this.#send(method, this.#ours(path), { ...this.#headers(headers), ...instead }, text);
    this.#learn(exchange, answer);
    const differences = compare(exchange, answer);
    if (exchange.task !== undefined) differences.push(...(await this.#compareTask(exchange, answer)));
    if (exchange.after !== undefined) differences.push(...(await this.#compareAfter(exchange)));
    return differences;
  }

  /** A request of our own with a token. */
  async act(tokenid: string, method: string, path: string): Promise<Answer> {
    return this.#send(method, `/api2/json${path}`, {
      Authorization: `PVEAPIToken=${tokenid}=${this.#secrets.get(tokenid) ?? ""}`,
    });
  }

  /** Waits until no task runs at all. */
  async quiet(): Promise<void> {
    for (;;) {
      const state = (await this.#simulator.admin("GET", "/state")) as { tasksRunning: unknown[] };
      if (state.tasksRunning.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** The configuration as it reads back. */
  async #compareAfter(exchange: Exchange): Promise<Difference[]> {
    const path = (exchange.request.path.split("?")[0] ?? "").replace("/api2/json", "");
    const answer = await this.#asRoot(path);
    const [real, simulated] = [comparable(exchange.after), comparable(dataOf(answer.body))];
    return JSON.stringify(real) === JSON.stringify(simulated)
      ? []
      : [{ name: exchange.name, what: "configuration afterwards", real, simulated }];
  }

  async #compareTask(exchange: Exchange, answer: Answer): Promise<Difference[]> {
    const upid = (answer.body as { data?: unknown }).data;
    if (typeof upid !== "string" || !upid.startsWith("UPID:")) return [];
    const real = exchange.task?.status.exitstatus;
    for (;;) {
      const status = await this.#asRoot(`/nodes/pve1/tasks/${encodeURIComponent(upid)}/status`);
      const task = (status.body as { data: { status: string; exitstatus?: string } }).data;
      if (task.status === "running") {
        await new Promise((resolve) => setTimeout(resolve, 5));
        continue;
      }
      return task.exitstatus === real
        ? []
        : [{ name: exchange.name, what: "exitstatus", real, simulated: task.exitstatus }];
    }
  }

  #asRoot(path: string): Promise<Answer> {
    return this.#send("GET", `/api2/json${path}`, {
      Cookie: `PVEAuthCookie=${encodeURIComponent(this.#tickets.get("root@pam")?.ticket ?? "")}`,
    });
  }

  #ours(text: string): string {
    let result = text;
    for (const [theirs, ours] of this.#upids) {
      result = result.replaceAll(theirs, ours).replaceAll(encoded(theirs), encoded(ours));
    }
    return result.replace("<valid ticket>", encodeURIComponent(this.#tickets.get("root@pam")?.ticket ?? ""));
  }

  #headers(theirs: Readonly<Record<string, string>>): Record<string, string> {
    const headers: Record<string, string> = {};
    let user = "root@pam";
    for (const [key, value] of Object.entries(theirs)) {
      const named = /<ticket of ([^>]*)>/.exec(value)?.[1];
      if (named !== undefined && named !== "") user = named === "root" ? "root@pam" : named;
      headers[key] = value
        .replace(/^PVEAuthCookie=PVE:root@pam:.*/, `PVEAuthCookie=${this.#tickets.get("root@pam")?.ticket ?? ""}`)
        .replace(/<ticket of [^>]*>/, encodeURIComponent(this.#tickets.get(user)?.ticket ?? ""))
        .replace("<csrf>", this.#tickets.get(user)?.csrf ?? "")
        .replace(
          /PVEAPIToken=([^=]+)=<(?:valid )?secret>/,
          (_, id: string) => `PVEAPIToken=${id}=${this.#secrets.get(id) ?? "wrong"}`,
        );
    }
    return headers;
  }

  /** Remembers what later requests refer to. */
  #learn(exchange: Exchange, answer: Answer): void {
    const real = dataOf(exchange.response.body);
    const ours = dataOf(answer.body);
    if (typeof real === "string" && real.startsWith("UPID:") && typeof ours === "string") this.#upids.set(real, ours);
    if (Array.isArray(real) && Array.isArray(ours)) this.#learnTasks(real, ours);
    if (typeof ours === "object" && ours !== null) this.#learnSession(ours);
  }

  #learnSession(ours: object): void {
    const token = ours as { "full-tokenid"?: string; value?: string };
    const session = ours as { username?: string; ticket?: string; CSRFPreventionToken?: string };
    if (session.ticket !== undefined)
      this.#tickets.set(session.username ?? "", { ticket: session.ticket, csrf: session.CSRFPreventionToken ?? "" });
    if (token["full-tokenid"] !== undefined) this.#secrets.set(token["full-tokenid"], token.value ?? "");
  }

  /** Tasks in lists are matched by what they are about. */
  #learnTasks(real: readonly unknown[], ours: readonly unknown[]): void {
    const upidOf = (entry: unknown): string => (entry as { upid?: string } | null)?.upid ?? "";
    for (const theirs of real.map(upidOf)) {
      const about = theirs.split(":").slice(5).join(":");
      const same = ours.map(upidOf).find((upid) => about !== "" && upid.split(":").slice(5).join(":") === about);
      if (same !== undefined && !this.#upids.has(theirs)) this.#upids.set(theirs, same);
    }
  }

  #send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
    const url = new URL(this.#simulator.url);
    const length: Record<string, string> =
      body === undefined || headers["Transfer-Encoding"] !== undefined
        ? {}
        : { "Content-Length": String(Buffer.byteLength(body)) };
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: url.hostname,
          port: url.port,
          ca: this.#simulator.ca,
          method,
          path,
          headers: { ...headers, ...length },
          agent: false,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => {
            resolve({
              status: response.statusCode ?? 0,
              reason: response.statusMessage ?? "",
              body: parsed(Buffer.concat(chunks).toString("utf8")),
            });
          });
          response.on("error", reject);
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  }
}

const encoded = (upid: string): string => encodeURIComponent(upid).replaceAll("!", "%21");

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function dataOf(body: unknown): unknown {
  return typeof body === "object" && body !== null ? (body as { data?: unknown }).data : undefined;
}

function compare(exchange: Exchange, answer: Answer): Difference[] {
  const { name, response } = exchange;
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ["status", response.status, answer.status],
    ["reason", response.statusText, answer.reason],
    ["body", response.body, answer.body],
  ];
  return pairs
    .map(([what, real, simulated]) => ({ name, what, real: comparable(real), simulated: comparable(simulated) }))
    .filter((pair) => JSON.stringify(pair.real) !== JSON.stringify(pair.simulated));
}
