import { createServer, type AddressInfo } from "node:net";

/** A TCP port on 127.0.0.1 that nobody listened on just now; `wanted` itself when given. Throws when that is taken. */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port: wanted, host: "127.0.0.1", exclusive: true }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
