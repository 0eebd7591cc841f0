import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccessLog } from "../shared/accessLog.ts";
import { AdminServer } from "../shared/adminServer.ts";
import { fingerprint, type Authority } from "../shared/certificate.ts";
import { authorityIn, serverIdentityIn } from "../shared/identityFiles.ts";
import { Journal } from "../shared/journal.ts";
import { Pace } from "../shared/pace.ts";
import { TlsServer } from "../shared/tlsServer.ts";
import type { Answered } from "./accessLog.ts";
import { ADMIN_ROUTES } from "./adminRoutes.ts";
import { Faults } from "./effect.ts";
import { Hosting } from "./hosting.ts";
import type { Inside } from "./inside.ts";
import type { Lab } from "./lab.ts";
import type { OmadaOptions } from "./options.ts";
import { PROFILES, VERSIONS } from "./profile.ts";
import { requestHandler } from "./requestHandler.ts";
import { seed } from "./seed.ts";
import { Sessions } from "./sessions.ts";
import { withDefaults, type Settings } from "./settings.ts";
import { Tokens } from "./tokens.ts";
import { World } from "./world.ts";

const MALFORMED = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/** A simulated Omada controller in this process. */
export class Simulator {
  readonly #settings: Settings;
  readonly #folder: string;
  readonly #temporary: boolean;
  readonly #journal: Journal;
  readonly #authority: Authority;
  #fingerprint: string;
  readonly #lab: Lab;
  readonly #log: AccessLog<Answered>;
  readonly #server: TlsServer;
  readonly #hosting: Hosting;
  readonly #admin: AdminServer<Inside>;

  /** Throws when the options cannot be. */
  constructor(options: OmadaOptions) {
    this.#settings = withDefaults(options);
    const { profile } = this.#settings;
    if (!PROFILES.includes(profile)) throw new Error(`no profile ${profile}; there are ${PROFILES.join(", ")}`);
    this.#temporary = this.#settings.stateDirectory === "";
    this.#folder = this.#temporary ? mkdtempSync(join(tmpdir(), "omada-simulator-")) : this.#settings.stateDirectory;
    mkdirSync(this.#folder, { recursive: true });
    this.#authority = authorityIn(this.#folder, "Omada Controller (simulated)");
    const identity = serverIdentityIn(this.#folder, this.#authority, ["127.0.0.1", this.#settings.address]);
    this.#fingerprint = fingerprint(identity.cert);
    const { lab, journal } = load(this.#settings, join(this.#folder, "state.ndjson"));
    this.#lab = lab;
    this.#journal = journal;
    this.#log = new AccessLog<Answered>(join(this.#folder, "access.ndjson"));
    const faults = new Faults();
    const desk = { lab, log: this.#log, faults, starting: () => this.#hosting.starting };
    this.#server = new TlsServer(requestHandler(desk), identity, {
      idleMs: this.#settings.idleMs,
      malformed: () => MALFORMED,
    });
    this.#hosting = new Hosting(lab, this.#server, (address) => {
      const shown = serverIdentityIn(this.#folder, this.#authority, ["127.0.0.1", address]);
      this.#fingerprint = fingerprint(shown.cert);
      this.#server.present(shown);
    });
    const inside = { lab, log: this.#log, faults, server: this.#server, hosting: this.#hosting };
    this.#admin = new AdminServer(ADMIN_ROUTES, inside);
  }

  /** Opens the admin port, and the API where no guest says when. */
  async start(): Promise<void> {
    await this.#admin.listen(this.#settings.adminPort);
    await this.#hosting.begin();
  }

  /** What a client needs to know. Of a guest that is made later the address is not known yet: `GET /state` has it then. */
  about(): object {
    const { applications, users } = this.#settings;
    return {
      url: `https://${this.#server.address}:${this.#server.port}`,
      caFile: join(this.#folder, "ca.pem"),
      ca: this.#authority.cert,
      adminUrl: `http://127.0.0.1:${this.#admin.port}`,
      fingerprint: this.#fingerprint,
      omadacId: this.#lab.omadacId,
      clientId: applications[0]?.clientId ?? "",
      clientSecret: applications[0]?.clientSecret ?? "",
      username: users[0]?.username ?? "",
      password: users[0]?.password ?? "",
    };
  }

  async stop(): Promise<void> {
    await this.#hosting.end();
    await this.#admin.close();
    this.#log.close();
    this.#journal.close();
    if (this.#temporary) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The lab as it was left, or a new one as the options describe it. */
function load(settings: Settings, path: string): { readonly lab: Lab; readonly journal: Journal } {
  const world = new World();
  const journal = new Journal(path);
  for (const section of world.sections()) section.attach(journal);
  const omadacId = world.facts.get("omadacId") ?? (settings.omadacId || randomBytes(16).toString("hex"));
  const lab: Lab = {
    settings,
    version: VERSIONS[settings.profile],
    omadacId,
    world,
    pace: new Pace(settings.speed),
    tokens: new Tokens(settings.applications, settings.tokenSeconds),
    sessions: new Sessions(settings.users, settings.sessionSeconds),
  };
  if (!journal.existed) {
    world.facts.set("omadacId", omadacId);
    seed(lab);
  }
  journal.open(
    (function* () {
      for (const section of world.sections()) yield* section.lines();
    })(),
  );
  return { lab, journal };
}
