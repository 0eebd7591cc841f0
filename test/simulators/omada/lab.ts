import type { Pace } from "../shared/pace.ts";
import type { Sessions } from "./sessions.ts";
import type { Settings } from "./settings.ts";
import type { Tokens } from "./tokens.ts";
import type { Version } from "./profile.ts";
import type { World } from "./world.ts";

/** The parts of one simulated controller. */
export interface Lab {
  readonly settings: Settings;
  readonly version: Version;
  readonly omadacId: string;
  readonly world: World;
  readonly pace: Pace;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
}
