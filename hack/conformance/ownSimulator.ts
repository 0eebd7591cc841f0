import { DEFAULT_ROLE } from "../../test/simulators/proxmox/options.ts";
import { startProxmoxSimulator, type RunningSimulator } from "../../test/simulators/proxmox/startProxmoxSimulator.ts";
import type { Target } from "./options.ts";

const US = { tokenid: "conformance@pve!us", secret: "5b3c1c86-6c2f-4a58-9d2d-0d2a6f4d7c11" } as const;
const PERSON = { tokenid: "conformance@pve!person", secret: "0d0f9a55-5a4e-4a3b-8a34-3b8f1f0f6b22" } as const;

/** A simulator as a host of somebody: with a guest of theirs, and two tokens. */
export async function ownSimulator(): Promise<{ readonly simulator: RunningSimulator; readonly target: Target }> {
  const userid = "conformance@pve";
  const role = "Conformance";
  const simulator = await startProxmoxSimulator({
    speed: 50,
    guests: [{ vmid: 9000, name: "theirs", running: true }],
    users: [{ userid }],
    tokens: [US, PERSON],
    roles: { [role]: DEFAULT_ROLE },
    acls: [userid, US.tokenid, PERSON.tokenid].map((ugid) => ({ path: "/", ugid, role })),
  });
  const target = {
    connection: {
      name: "conformance",
      endpoints: [simulator.url],
      tokenId: US.tokenid,
      tokenSecret: US.secret,
      tls: { ca: simulator.ca },
      pollIntervalSeconds: 1,
    },
    person: { tokenId: PERSON.tokenid, tokenSecret: PERSON.secret },
    node: undefined,
    storage: undefined,
    template: undefined,
    first: 9000,
    last: 9099,
  };
  return { simulator, target };
}
