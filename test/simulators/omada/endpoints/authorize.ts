import { randomBytes } from "node:crypto";
import { ApiError } from "../apiError.ts";
import { textAt } from "../json.ts";
import { Said, type Call, type Route } from "../route.ts";
import { COOKIE } from "../sessions.ts";
import { text, type Shape } from "../shape.ts";

const BODY: Shape = { omadacId: text(), client_id: text(), client_secret: text() };
const TOLD = "Open API Get Access Token successfully.";

function token(call: Call): Said {
  const { tokens, omadacId } = call.lab;
  const given = (key: string): string | undefined => textAt(call.body, key) ?? call.query.get(key) ?? undefined;
  const grant = call.query.get("grant_type");
  if (grant !== "client_credentials" && grant !== "refresh_token") throw new ApiError(-44111);
  const id = given("omadacId") ?? given("omadac_id");
  if (grant === "client_credentials" && id !== omadacId) throw new ApiError(-7131);
  const application = tokens.application(given("client_id"), given("client_secret"));
  // The real one sets a cookie with a token: whoever keeps it for the web session has lost that (contract §1.7).
  call.setCookie(`${COOKIE}=${randomBytes(16).toString("hex")}; Path=/; Secure; HttpOnly`);
  if (grant === "client_credentials") {
    call.did("token issued");
    return new Said(TOLD, tokens.issue(application));
  }
  call.did("token refreshed");
  return new Said(
    TOLD,
    tokens.refresh(call.query.get("refresh_token") ?? textAt(call.body, "refresh_token") ?? "", application),
  );
}

/** Tokens of the Open API. */
export const AUTHORIZE_ROUTES: readonly Route[] = [
  { method: "POST", path: "/openapi/authorize/token", open: true, body: BODY, handle: token },
];
