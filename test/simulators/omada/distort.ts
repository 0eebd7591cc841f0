import type { Effect } from "./effect.ts";
import { isObject, type Json } from "./json.ts";
import type { Reply } from "./reply.ts";

const KINDS: readonly string[] = ["emptyList", "shrunkList", "halfPage"];

/** The rows of a result: a list itself, or the data of a page. */
function rowsOf(result: unknown): unknown[] | undefined {
  const rows = isObject(result) ? result["data"] : result;
  return Array.isArray(rows) ? rows : undefined;
}

/** What a list looks like under an effect; anything else stays as it is. */
export function distorted(effect: Effect | undefined, reply: Reply): Reply {
  if (effect === undefined || !KINDS.includes(effect.kind) || reply.errorCode !== 0) return reply;
  const body = JSON.parse(reply.body) as Json;
  const { result } = body;
  const rows = rowsOf(result);
  if (rows === undefined) return reply;
  const left = effect.kind === "emptyList" ? [] : rows.slice(0, Math.floor(rows.length / 2));
  const counted = effect.kind === "halfPage" || !isObject(result) || !("totalRows" in result);
  const shown = isObject(result) ? { ...result, ...(counted ? {} : { totalRows: left.length }), data: left } : left;
  return { ...reply, body: JSON.stringify({ ...body, result: shown }) };
}
