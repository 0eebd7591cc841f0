import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccessLog } from "./accessLog.ts";
import { AdminServer } from "./adminServer.ts";
import { ApiServer } from "./apiServer.ts";
import { Broadcasts } from "./broadcast.ts";
import { fingerprint, newAuthority, newServerIdentity, type Authority, type Identity } from "./certificate.ts";
import { Faults } from "./faults.ts";
import { GuestRuntime } from "./guestRuntime.ts";
import { manageHa } from "./haTasks.ts";
import { HostPower } from "./hostPower.ts";
import { Journal } from "./journal.ts";
import type { Lab } from "./lab.ts";
import { Locks } from "./locks.ts";
import { withDefaults, type Settings, type SimulatorOptions } from "./options.ts";
import { Pace } from "./pace.ts";
import { requestHandler } from "./requestHandler.ts";
import { seed } from "./seed.ts";
import { Tasks } from "./tasks.ts";
import { World } from "./world.ts";

const DAY = 24 * 3600 * 1000;

/** A simulated Proxmox VE cluster in this process. */
export class Simulator {
  readonly settings: Settings;
  readonly #folder: string;
  readonly #temporary: boolean;
  readonly #journal: Journal;
  readonly #authority: Authority;
  readonly #lab: Lab;
  readonly #log: AccessLog;
  readonly #server: ApiServer;
  readonly #admin: AdminServer;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #publish: () => void;

  constructor(options: SimulatorOptions) {
    this.settings = withDefaults(options);
    this.#temporary = this.settings.stateDirectory === "";
    this.#folder = this.#temporary ? mkdtempSync(join(tmpdir(), "proxmox-simulator-")) : this.settings.stateDirectory;
    mkdirSync(this.#folder, { recursive: true });
    this.#authority = authority(this.#folder);
    const identity = serverIdentity(this.#folder, this.#authority);
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
    this.#log = new AccessLog(join(this.#folder, "access.ndjson"));
    const faults = new Faults();
    this.#server = new ApiServer(
      requestHandler({ lab: this.#lab, log: this.#log, faults }),
      identity,
      this.settings.idleMs,
    );
    const presentCertificate = (which: "expired" | "good"): void => {
      const expired = (): Identity => newServerIdentity(this.#authority, Date.now() - 30 * DAY, Date.now() - DAY);
      this.#server.present(which === "expired" ? expired() : identity);
    };
    this.#admin = new AdminServer({
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

/** The CA of this state folder; made at the first start. */
function authority(folder: string): Authority {
  const [keyFile, certFile] = [join(folder, "ca-key.pem"), join(folder, "ca.pem")];
  if (!existsSync(keyFile)) {
    const made = newAuthority(Date.now());
    writeFileSync(keyFile, made.key, { mode: 0o600 });
    writeFileSync(certFile, made.cert);
    return made;
  }
  const key = readFileSync(keyFile, "utf8");
  const cert = readFileSync(certFile, "utf8");
  const parsed = new X509Certificate(cert);
  const keyId = createHash("sha1")
    .update(parsed.publicKey.export({ type: "spki", format: "der" }))
    .digest();
  return { key, cert, privateKey: createPrivateKey(key), name: parsed.subject.replace(/^CN=/, ""), keyId };
}

function serverIdentity(folder: string, issuer: Authority): Identity {
  const [keyFile, certFile] = [join(folder, "server-key.pem"), join(folder, "server.pem")];
  if (existsSync(keyFile)) return { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") };
  const made = newServerIdentity(issuer, Date.now() - DAY, Date.now() + 365 * DAY);
  writeFileSync(keyFile, made.key, { mode: 0o600 });
  writeFileSync(certFile, made.cert);
  return made;
}
