import type { ProviderErrorKind } from "../../base/outcome.ts";
import { ProviderError } from "../../base/outcome.ts";

/** The token is over; a new one is asked for, once. */
export const TOKEN_OVER: ReadonlySet<number> = new Set([-44112, -44113, -44116]);
/** The web session is over (contract 1.8); `-1` means it on some versions. */
export const SESSION_OVER: ReadonlySet<number> = new Set([-1200, -1400, -1401, -1000, -1]);
/** This version has no such path or verb (contract 1.4). */
export const UNSUPPORTED_PATH = -1600;

const kinds: readonly (readonly [ProviderErrorKind, readonly number[]])[] = [
  ["unauthorized", [-44106, -30109, -30165, -30138]],
  ["permission", [-1005, -1007, -1505, -44118]],
  [
    "missing",
    [
      -1300, -33000, -33503, -33507, -33221, -33703, -33704, -33710, -34520, -39050, -39303, -39306, -39501, -39700,
      -39701,
    ],
  ],
  // What we saw is not what is there: look again.
  ["conflict", [-33500, -33506, -33200, -33219, -33702, -34514, -34515]],
  // Something else still uses it.
  ["conflict", [-33566, -33560, -33717, -33718, -33719, -33720, -33721, -39350, -35200]],
  ["overloaded", [-33004, -39051, -39010, -39011]],
];

const kindByCode: ReadonlyMap<number, ProviderErrorKind> = new Map(
  kinds.flatMap(([kind, codes]) => codes.map((code) => [code, kind] as const)),
);

/** What to say where the product's own text leaves a person alone. */
const sentences: ReadonlyMap<number, string> = new Map([
  [-1, "Omada gave no reason; it says so when it is overloaded"],
  [-1001, "a value does not fit, or the object it names is gone"],
  [-1005, "the role of the application (Settings, Platform Integration, Open API) does not allow this"],
  [-1007, "the role is a viewer's; give it one that may change the site"],
  [-1505, "the application or user has no access to this site; add the site to it in Omada"],
  [-30109, "the username or password of the web session is wrong"],
  [-30138, "the user of the web session needs a second factor; use a local user without one"],
  [-30165, "the user of the web session needs a second factor; use a local user without one"],
  [-33004, "the site is being copied, restored or synchronised"],
  [-33223, "it must be 8 to 63 characters; one that Omada does not show must be given again with each change"],
  [-33515, "a network with a gateway address needs an adopted gateway"],
  [-33603, "a network, group or SSID of the rule is gone, or a VLAN-only network is in a gateway rule"],
  [-33854, "the profile belongs to the interface of 6.x"],
  [-44106, "the client id or client secret is wrong; make a new one under Settings, Platform Integration, Open API"],
  [-44118, "the application is in authorization code mode; make one in client mode"],
  [-7131, "the Omada ID is another one now; was the controller set up anew?"],
]);

/** Class of an errorCode (contract 1.10). `write`: the call would have changed something. */
export function kindOfCode(code: number, write: boolean): ProviderErrorKind {
  // What -1 says is that something went wrong, not that nothing happened.
  if (code === -1) return write ? "outcomeUnknown" : "unreachable";
  if (TOKEN_OVER.has(code) || SESSION_OVER.has(code)) return "unreachable";
  return kindByCode.get(code) ?? (code === -7131 || code === UNSUPPORTED_PATH ? "other" : "spec");
}

/** An answer whose errorCode is not 0: the product's text, a sentence where that is poor, and the code. */
export class OmadaRefusal extends ProviderError {
  readonly code: number;
  constructor(code: number, text: string, at: { readonly call: string; readonly write: boolean }) {
    const said = text.trim().replace(/\.$/, "");
    const parts = [said === "" ? "refused" : said, sentences.get(code)].filter((part) => part !== undefined);
    super(kindOfCode(code, at.write), `${parts.join(": ")} (${code})`, { status: 200, call: at.call });
    this.name = "OmadaRefusal";
    this.code = code;
  }
}

/** Class of an HTTP status that is no answer of the API (contract 1.4). */
export function kindOfStatus(status: number, write: boolean): ProviderErrorKind {
  if (status === 429) return "overloaded";
  if (status >= 500) return write ? "outcomeUnknown" : "unreachable";
  if (status === 401) return "unauthorized";
  if (status === 403) return "permission";
  return status === 400 || status === 413 || status === 417 ? "spec" : "other";
}
