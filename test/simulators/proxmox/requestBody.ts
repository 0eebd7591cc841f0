import { ApiError } from "./apiError.ts";
import type { RawValue } from "./validate.ts";

export type RawParams = Record<string, RawValue>;

const AT = "at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line";

/** Form text as parameters; a key that comes twice is a list. `+` is a space. */
export function formParams(text: string): RawParams {
  const found: Record<string, RawValue> = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const before = found[key];
    if (before === undefined) found[key] = value;
    else found[key] = Array.isArray(before) ? [...(before as unknown[]), value] : [before, value];
  }
  return found;
}

/** Body parameters by content type. Throws what the HTTP layer answers before anything else (contract §1.1). */
export function bodyParams(contentType: string | undefined, body: string): RawParams {
  const kind = (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (kind === "" || kind === "application/x-www-form-urlencoded") return formParams(body);
  if (kind !== "application/json")
    throw new ApiError(506, `upload 'Content-Type '${contentType ?? ""}' not implemented`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    const what = "malformed JSON string, neither tag, array, object, number, string or atom";
    throw new ApiError(
      500,
      `${what}, at character offset ${String(body.length)} (before "(end of string)") ${AT} 934.\n`,
    );
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new ApiError(500, `Not a HASH reference ${AT} 978.\n`);
  }
  return parsed as RawParams;
}
