import type { OmadaOptions } from "./options.ts";
import { SEED_SITE } from "./seedSite.ts";

/** What is there when no application and no user is configured. */
export const DEFAULT_APPLICATION = {
  clientId: "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
  clientSecret: "f9e8d7c6b5a4938271605f4e3d2c1b0a",
} as const;
export const DEFAULT_USER = { username: "homelab", password: "Homelab-1234" } as const;

/** The options with every gap filled. */
export type Settings = Required<OmadaOptions>;

export function withDefaults(options: OmadaOptions): Settings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...DEFAULTS, ...given };
}

/** Keys that mean nothing; a misspelt option should not go unnoticed. */
export function unknownOptions(options: OmadaOptions): string[] {
  return Object.keys(options).filter((key) => !(key in DEFAULTS));
}

const DEFAULTS: Settings = {
  profile: "6.2",
  port: 0,
  address: "127.0.0.1",
  adminPort: 0,
  stateDirectory: "",
  speed: 1,
  omadacId: "",
  controllerName: "Omada21",
  applications: [DEFAULT_APPLICATION],
  users: [DEFAULT_USER],
  sites: [SEED_SITE],
  followGuest: null,
  startSeconds: 0,
  tokenSeconds: 7200,
  sessionSeconds: 1800,
  deadSession: "page",
  passphrase: "absent",
  listLagSeconds: 1,
  configureSeconds: 3,
  adoptSeconds: 5,
  rebootSeconds: 60,
  heartbeatSeconds: 30,
  writeMs: 5,
  latencyMs: 0,
  idleMs: 60_000,
  wanVlans: [],
};
