import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccessLog } from "../shared/accessLog.ts";
import { AdminServer } from "../shared/adminServer.ts";
import { fingerprint, type Authority } from "../shared/certificate.ts";
import { authorityIn, expiredIdentity, serverIdentityIn } from "../shared/identityFiles.ts";
import { Journal } from "../shared/journal.ts";
import { Pace } from "../shared/pace.ts";
import { TlsServer } from "../shared/tlsServer.ts";
import type { Answered } from "./accessLog.ts";
import { ADMIN_ROUTES } from "./adminRoutes.ts";
import { Broadcasts } from "./broadcast.ts";
import { Faults } from "./effect.ts";
import { GuestRuntime } from "./guestRuntime.ts";
import { manageHa } from "./haTasks.ts";
import { HostPower } from "./hostPower.ts";
import type { Inside } from "./inside.ts";
import type { Lab } from "./lab.ts";
import { Locks } from "./locks.ts";
import { malformed } from "./malformed.ts";
import { withDefaults, type Settings, type SimulatorOptions } from "./options.ts";
import { requestHandler } from "./requestHandler.ts";
import { seed } from "./seed.ts";
import { Tasks } from "./tasks.ts";
import { World } from "./world.ts";

const ADDRESSES = ["127.0.0.1"];

/** A simulated Proxmox VE cluster in this process. */
export class Simulator {
  readonly settings: Settings;
  readonly #folder: string;
  readonly #temporary: boolean;
  readonly #journal: Journal;
  readonly #authority: Authority;
  readonly #lab: Lab;
  readonly #log: AccessLog<Answered>;
  readonly #server: TlsServer;
  readonly #admin: AdminServer<Inside>;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #publish: () => void;

  constructor(options: SimulatorOptions) {
    this.settings = withDefaults(options);
    this.#temporary = this.settings.stateDirectory === "";
    this.#folder = this.#temporary ? mkdtempSync(join(tmpdir(), "proxmox-simulator-")) : this.settings.stateDirectory;
    mkdirSync(this.#folder, { recursive: true });
    this.#authority = authorityIn(this.#folder, "Proxmox Virtual Environment (simulated)");
    const identity = serverIdentityIn(this.#folder, this.#authority, ADDRESSES);
    const world = new World();
    this.#journal = load(world, join(this.#folder, "state.ndjson"), this.settings);
    const pace = new Pace(this.settings.speed);
    const runtime = new GuestRuntime(world, pace, this.settings.guestDefaults, identity);
    const published = new Broadcasts();
    const host = new HostPower(
      () => this.#lab,
      () => this.#server,
    );
    this.#lab = {
      settings: this.settings,
      world,
      pace,
      runtime,
      published,
      host,
      tasks: new Tasks(world, pace),
      locks: new Locks(pace),
      fingerprint: fingerprint(identity.cert),
    };
    this.#publish = () => {
      published.publish(this.#lab);
    };
    this.#log = new AccessLog<Answered>(join(this.#folder, "access.ndjson"));
    const faults = new Faults();
    this.#server = new TlsServer(requestHandler({ lab: this.#lab, log: this.#log, faults }), identity, {
      idleMs: this.settings.idleMs,
      malformed,
    });
    const presentCertificate = (which: "expired" | "good"): void => {
      this.#server.present(which === "expired" ? expiredIdentity(this.#authority, ADDRESSES) : identity);
    };
    this.#admin = new AdminServer(ADMIN_ROUTES, {
      lab: this.#lab,
      log: this.#log,
      faults,
      host,
      server: this.#server,
      presentCertificate,
      publish: this.#publish,
    });
  }

  /** Opens both ports; guests that ran before run on. */
  async start(): Promise<void> {
    const { world, tasks, runtime, pace } = this.#lab;
    tasks.recover();
    const local = world.nodes.get(world.localNode);
    if (local?.online === false) world.nodes.set(local.name, { ...local, online: true });
    for (const guest of world.guests.values()) if (guest.running) runtime.resume(guest);
    await this.#server.listen(this.settings.port);
    await this.#admin.listen(this.settings.adminPort);
    this.#publish();
    const period = pace.ms(this.settings.broadcastSeconds);
    this.#timers.push(
      setInterval(this.#publish, Math.max(5, period)),
      setInterval(
        () => {
          manageHa(this.#lab);
        },
        Math.max(20, pace.ms(10)),
      ),
    );
  }

  /** What a client needs to know. */
  about(): {
    url: string;
    caFile: string;
    ca: string;
    adminUrl: string;
    fingerprint: string;
    tokenId: string;
    tokenSecret: string;
  } {
    const token = this.#lab.world.tokens.values().next().value;
    return {
      url: `https://127.0.0.1:${String(this.#server.port)}`,
      caFile: join(this.#folder, "ca.pem"),
      ca: this.#authority.cert,
      adminUrl: `http://127.0.0.1:${String(this.#admin.port)}`,
      fingerprint: this.#lab.fingerprint,
      tokenId: token?.tokenid ?? "",
      tokenSecret: token?.secret ?? "",
    };
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#lab.runtime.close();
    await Promise.all([this.#server.close(), this.#admin.close()]);
    this.#log.close();
    this.#journal.close();
    if (this.#temporary) rmSync(this.#folder, { recursive: true, force: true });
  }
}

function load(world: World, path: string, settings: Settings): Journal {
  const journal = new Journal(path);
  if (!journal.existed) seed(world, settings, Date.now());
  for (const section of world.sections()) section.attach(journal);
  journal.open(
    (function* () {
      for (const section of world.sections()) yield* section.lines();
    })(),
  );
  return journal;
}
