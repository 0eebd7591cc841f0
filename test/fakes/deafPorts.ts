import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { Worker } from "node:worker_threads";

/** A port of this machine behind which nobody speaks. */
export interface DeafPort {
  readonly number: number;
  close(): Promise<void>;
}

/** Accepts connections and says nothing, not even a word of TLS. */
export async function deafPort(): Promise<DeafPort> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => undefined).unref())).unref();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    number: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Its loop stands still as soon as it listens. */
const sleeper = `
const { parentPort } = require("node:worker_threads");
const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});`;

/** Its queue is full and nobody takes from it, so that connections are never made: as if the packets were dropped. */
export async function fullPort(): Promise<DeafPort> {
  const worker = new Worker(sleeper, { eval: true });
  worker.unref();
  const [number] = (await once(worker, "message")) as [number];
  const waiting = await filled(number);
  return {
    number,
    close: async () => {
      for (const socket of waiting) socket.destroy();
      await worker.terminate();
    },
  };
}

const QUEUE = 8;
const HANGS_MS = 100;

/** Connections until one is not made within a tenth of a second. */
async function filled(port: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < QUEUE) {
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    sockets.push(socket);
    const late = AbortSignal.timeout(HANGS_MS);
    const made = await once(socket, "connect", { signal: late }).catch(() => undefined);
    if (made === undefined) return sockets;
  }
  throw new Error(`port ${String(port)} goes on accepting`);
}
