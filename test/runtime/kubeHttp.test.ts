import { expect } from "chai";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Conflict,
  Expired,
  Forbidden,
  Gone,
  KubeUnavailable,
  Refused,
  type WatchEvent,
} from "../../controller/runtime/kube.ts";
import { KubeClient } from "../../controller/runtime/kubeClient.ts";
import { KubeHttp } from "../../controller/runtime/kubeHttp.ts";
import { loadKubeconfig } from "../../controller/runtime/kubeconfig.ts";
import { FakeClock } from "../fakes/clock.ts";
import { deafPort, fullPort } from "../fakes/deafPorts.ts";

const LAMP = { kind: "Lamp", plural: "lamps" };
const never = new AbortController().signal;

function kubeconfig(url: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "here",
    clusters: [{ name: "c", cluster: { server: `${url}/`, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user: { token: "t0ken" } }],
    contexts: [
      { name: "here", context: { cluster: "c", user: "u", namespace: "home" } },
      { name: "there", context: { cluster: "c", user: "u" } },
    ],
  });
}

describe("the API server over HTTP", () => {
  const clock = new FakeClock();
  const counted: string[] = [];
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  let server: Server;
  let directory: string;
  let path: string;
  let kube: KubeClient;

  before(async () => {
    server = createServer((request, response) => {
      answer(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    directory = await mkdtemp(join(tmpdir(), "kubeconfig-"));
    path = join(directory, "config");
    await writeFile(path, kubeconfig(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`));
    const onRequest = (code: string, method: string): void => {
      counted.push(`${method} ${code}`);
    };
    const http = new KubeHttp(loadKubeconfig({ path }), { clock, userAgent: "homelab-controller/test", onRequest });
    kube = new KubeClient(http, { clock, random: () => 0.5, instance: "pod" });
  });
  beforeEach(() => {
    counted.length = 0;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  });

  const status = (code: number, body: object) => (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(code, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );
  const list = (signal = never): Promise<unknown> => failure(kube.list(LAMP, "home", signal));

  async function watch(signal = never): Promise<{ events: WatchEvent[]; error?: unknown }> {
    const events: WatchEvent[] = [];
    try {
      for await (const event of kube.watch(LAMP, "home", "7", signal)) events.push(event);
      return { events };
    } catch (error) {
      return { events, error };
    }
  }

  const errors = [
    { code: 401, type: KubeUnavailable },
    { code: 403, type: Forbidden },
    { code: 404, type: Gone },
    { code: 409, type: Conflict },
    { code: 410, type: Expired },
    { code: 429, type: KubeUnavailable },
    { code: 500, type: KubeUnavailable },
    { code: 504, type: KubeUnavailable },
    { code: 400, type: Refused },
  ];
  for (const { code, type } of errors)
    it(`${String(code)} is ${type.name}, with the server's text`, async () => {
      answer = status(code, { kind: "Status", code, message: "so it is" });
      const error = await list();
      expect(error).to.be.instanceOf(type);
      expect(String(error)).to.contain("so it is");
      expect(counted).to.deep.equal([`GET ${String(code)}`]);
    });

  it("422 without details is a patch that does not fit, with details a refusal", async () => {
    const message = "the server rejected our request due to an error in our request";
    answer = status(422, { kind: "Status", code: 422, reason: "Invalid", message, details: {} });
    expect(await list()).to.be.instanceOf(Conflict);
    answer = status(422, {
      kind: "Status",
      code: 422,
      message: "spec.x is wrong",
      details: { kind: "Lamp", causes: [] },
    });
    expect(await list()).to.be.instanceOf(Refused);
  });

  it("plain text of a proxy is kept as the reason", async () => {
    answer = (_request, response) => {
      response.writeHead(502);
      response.end("bad gateway");
    };
    expect(String(await list())).to.contain("bad gateway");
  });

  it("names itself and brings its token", async () => {
    let headers: IncomingMessage["headers"] = {};
    answer = (request, response) => {
      headers = request.headers;
      status(200, { metadata: { resourceVersion: "1" }, items: [] })(request, response);
    };
    await kube.list(LAMP, "home", never);
    expect([headers.authorization, headers["user-agent"]]).to.deep.equal(["Bearer t0ken", "homelab-controller/test"]);
  });

  it("P2: a call without an answer ends after ten seconds", async () => {
    const asked = Promise.withResolvers<undefined>();
    answer = () => {
      asked.resolve(undefined);
    };
    const waiting = list();
    await asked.promise;
    await clock.advance(10_000);
    expect(await waiting).to.be.instanceOf(KubeUnavailable);
    expect(String(await waiting)).to.contain("no answer within 10 s");
  });

  for (const [what, silent] of [
    ["accepts and says nothing", deafPort],
    ["does not even accept", fullPort],
  ] as const)
    it(`P2: a call to a port that ${what} ends with its deadline, and with its signal`, async () => {
      const port = await silent();
      const file = join(directory, "deaf");
      await writeFile(file, kubeconfig(`https://127.0.0.1:${String(port.number)}`));
      const http = new KubeHttp(loadKubeconfig({ path: file }), { clock, userAgent: "homelab-controller/test" });
      const call = { method: "GET", path: "/" } as const;
      const waiting = failure(http.json(call, never));
      const stop = new AbortController();
      const stopped = failure(http.json(call, stop.signal));
      stop.abort(new Error("enough"));
      expect(String(await stopped)).to.equal("Error: enough");
      await clock.advance(10_000);
      expect(String(await waiting)).to.contain("no answer within 10 s");
      await port.close();
    });

  it("P2: an answer that stops in the middle ends after ten seconds", async () => {
    const asked = Promise.withResolvers<undefined>();
    answer = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"items":[');
      asked.resolve(undefined);
    };
    const waiting = list();
    await asked.promise;
    await clock.advance(10_000);
    expect(await waiting).to.be.instanceOf(KubeUnavailable);
  });

  it("a call that is aborted rejects with the reason", async () => {
    const stop = new AbortController();
    answer = () => {
      stop.abort(new Error("enough"));
    };
    expect(String(await list(stop.signal))).to.equal("Error: enough");
  });

  it("a connection that breaks is unavailable, and counted as such", async () => {
    answer = (request) => {
      request.socket.destroy();
    };
    expect(await list()).to.be.instanceOf(KubeUnavailable);
    expect(counted).to.deep.equal(["GET <error>"]);
  });

  const line = (type: string, resourceVersion: string): string =>
    `${JSON.stringify({ type, object: { kind: "Lamp", metadata: { name: "ü", resourceVersion } } })}\n`;

  it("a watch asks for bookmarks and for an end after minutes", async () => {
    let url = "";
    answer = (request, response) => {
      url = request.url ?? "";
      response.end(line("ADDED", "8") + line("BOOKMARK", "9") + line("DELETED", "10"));
    };
    const { events, error } = await watch();
    expect(error).to.equal(undefined);
    expect(events.map((event) => event.is)).to.deep.equal(["put", "bookmark", "deleted"]);
    const query = new URL(url, "http://x").searchParams;
    expect(Object.fromEntries(query)).to.deep.equal({
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: "7",
      timeoutSeconds: "300",
    });
  });

  it("a watch reads lines however they are cut, inside a character too", async () => {
    const bytes = Buffer.from(line("ADDED", "8") + line("MODIFIED", "9"));
    const inside = bytes.lastIndexOf("ü") + 1;
    const firstRead = Promise.withResolvers<undefined>();
    answer = (_request, response) => {
      response.write(bytes.subarray(0, inside));
      void firstRead.promise.then(() => response.end(bytes.subarray(inside)));
    };
    const names: string[] = [];
    for await (const event of kube.watch(LAMP, "home", "7", never)) {
      if (event.is === "put") names.push(event.object.metadata.name);
      firstRead.resolve(undefined);
    }
    expect(names).to.deep.equal(["ü", "ü"]);
  });

  it("P2: an error inside a watch is typed by its code", async () => {
    for (const { code, type } of [
      { code: 410, type: Expired },
      { code: 500, type: KubeUnavailable },
    ]) {
      answer = (_request, response) => {
        response.writeHead(200);
        response.end(`${line("ADDED", "8")}${JSON.stringify({ type: "ERROR", object: { code, message: "no" } })}\n`);
      };
      const { events, error } = await watch();
      expect(events.length).to.equal(1);
      expect(error).to.be.instanceOf(type);
    }
  });

  it("P2: a watch that is refused, breaks or brings half a line is typed too", async () => {
    answer = status(410, { code: 410, message: "too old" });
    expect((await watch()).error).to.be.instanceOf(Expired);
    answer = (_request, response) => {
      response.writeHead(200);
      response.write(line("ADDED", "8"), () => setImmediate(() => response.destroy()));
    };
    const broken = await watch();
    expect([broken.events.length, broken.error instanceof KubeUnavailable]).to.deep.equal([1, true]);
    answer = (_request, response) => {
      response.writeHead(200);
      response.end('{"type":\n');
    };
    expect((await watch()).error).to.be.instanceOf(KubeUnavailable);
  });

  it("a watch has no deadline once it is open, and closes its connection when nobody listens any more", async () => {
    const closed = Promise.withResolvers<undefined>();
    answer = (_request, response) => {
      response.writeHead(200);
      response.write(line("ADDED", "8"));
      response.on("close", () => {
        closed.resolve(undefined);
      });
    };
    const stream = kube.watch(LAMP, "home", "7", never);
    await stream.next();
    await clock.advance(600_000);
    await stream.return(undefined);
    await closed.promise;
  });

  it("reads the namespace of the context that was chosen", () => {
    expect(loadKubeconfig({ path }).namespace).to.equal("home");
    expect(loadKubeconfig({ path, context: "there" }).namespace).to.equal(undefined);
  });

  it("P3: a context or file that is not there is an error a person can read", () => {
    expect(() => loadKubeconfig({ path, context: "nowhere" })).to.throw('no context "nowhere"');
    expect(() => loadKubeconfig({ path: join(directory, "nothing") })).to.throw("no such file");
  });
});
