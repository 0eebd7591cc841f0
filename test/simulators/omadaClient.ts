import { request } from "node:https";
import type { RunningOmadaSimulator } from "./omada/startOmadaSimulator.ts";

/** An answer of the controller, taken apart. */
export interface OmadaAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Undefined when the body is no envelope. */
  readonly errorCode: number | undefined;
  readonly msg: string;
  readonly result: Record<string, unknown>;
}

/** Sends one request over real HTTPS with the CA of the simulator. */
export function sendOmada(
  simulator: RunningOmadaSimulator,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<OmadaAnswer> {
  const url = new URL(simulator.url);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const sized =
    text === undefined ? {} : { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(text)) };
  return new Promise((resolve, reject) => {
    const options = {
      host: url.hostname,
      port: url.port,
      ca: simulator.ca,
      method,
      path,
      headers: { ...sized, ...headers },
      agent: false as const,
    };
    const sent = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const answer = Buffer.concat(chunks).toString("utf8");
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: answer,
          ...members(answer),
        });
      });
    });
    sent.on("error", reject);
    sent.end(text);
  });
}

function members(text: string): Pick<OmadaAnswer, "errorCode" | "msg" | "result"> {
  try {
    const body = JSON.parse(text) as { errorCode?: number; msg?: string; result?: Record<string, unknown> };
    return { errorCode: body.errorCode, msg: body.msg ?? "", result: body.result ?? {} };
  } catch {
    return { errorCode: undefined, msg: "", result: {} };
  }
}

/** The rows of a list. */
export function rowsOf(answer: OmadaAnswer): Record<string, unknown>[] {
  const rows: unknown = Array.isArray(answer.result) ? answer.result : answer.result["data"];
  return rows as Record<string, unknown>[];
}

/** A program that uses the Open API with client credentials, in one site. */
export class OmadaClient {
  readonly simulator: RunningOmadaSimulator;
  readonly siteId: string;
  readonly token: string;

  constructor(simulator: RunningOmadaSimulator, token: string, siteId: string) {
    this.simulator = simulator;
    this.token = token;
    this.siteId = siteId;
  }

  /** Path below the site; `v2 lan-networks` names another version than the first. */
  call(method: string, path: string, body?: unknown): Promise<OmadaAnswer> {
    const [, version = "v1", rest = ""] = /^(?:(v\d) )?(.*)$/.exec(path) ?? [];
    const whole = `/openapi/${version}/${this.simulator.omadacId}/sites/${this.siteId}/${rest}`;
    return sendOmada(this.simulator, method, whole, body, { Authorization: `AccessToken=${this.token}` });
  }

  /** All rows of a paged list. */
  async rows(path: string): Promise<Record<string, unknown>[]> {
    return rowsOf(await this.call("GET", `${path}?page=1&pageSize=1000`));
  }

  /** The row with that member, or undefined. */
  async find(path: string, key: string, value: unknown): Promise<Record<string, unknown> | undefined> {
    return (await this.rows(path)).find((row) => row[key] === value);
  }
}

export async function tokenOf(simulator: RunningOmadaSimulator): Promise<string> {
  const { omadacId, clientId: client_id, clientSecret: client_secret } = simulator;
  const path = "/openapi/authorize/token?grant_type=client_credentials";
  const answer = await sendOmada(simulator, "POST", path, { omadacId, client_id, client_secret });
  return String(answer.result["accessToken"]);
}

/** Gets a token and the id of the first site. */
export async function openOmada(simulator: RunningOmadaSimulator): Promise<OmadaClient> {
  const token = await tokenOf(simulator);
  const path = `/openapi/v1/${simulator.omadacId}/sites?page=1&pageSize=10`;
  const sites = await sendOmada(simulator, "GET", path, undefined, { Authorization: `AccessToken=${token}` });
  return new OmadaClient(simulator, token, String(rowsOf(sites)[0]?.["siteId"]));
}
