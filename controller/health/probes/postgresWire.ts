/** The part of PostgreSQL's frontend/backend protocol 3.0 that a probe needs ("Message Formats" of its manual). */

const PROTOCOL_3 = 196_608;
/** No such role has to exist: with password authentication the server asks for a password first, and logs nothing. */
const PROBE_USER = "homelab-probe";
const AUTHENTICATION = 0x52;
const ERROR = 0x45;
const LONGEST = 30_000;
/** cannot_connect_now. */
const STARTING_UP = "57P03";

export function startupMessage(): Buffer {
  const body = Buffer.from(`user\0${PROBE_USER}\0\0`, "latin1");
  const head = Buffer.alloc(8);
  head.writeUInt32BE(head.length + body.length, 0);
  head.writeUInt32BE(PROTOCOL_3, 4);
  return Buffer.concat([head, body]);
}

/** What the first bytes say: `more` when the message is not complete yet. */
export function answerOf(received: Buffer): "more" | "ready" | { readonly refusal: string } {
  if (received.length === 0) return "more";
  const kind = received.readUInt8(0);
  if (kind !== AUTHENTICATION && kind !== ERROR) return { refusal: "not a PostgreSQL answer" };
  if (received.length < 5) return "more";
  const length = received.readUInt32BE(1);
  if (length < 5 || length > LONGEST) return { refusal: "not a PostgreSQL answer" };
  if (kind === AUTHENTICATION) return "ready";
  if (received.length < length + 1) return "more";
  return ofError(fieldsOf(received.subarray(5, length + 1)));
}

function ofError(fields: ReadonlyMap<string, string>): "ready" | { readonly refusal: string } {
  const code = fields.get("C");
  if (code === undefined) return { refusal: "not a PostgreSQL answer" };
  return code === STARTING_UP ? { refusal: fields.get("M") ?? STARTING_UP } : "ready";
}

/** Fields of an ErrorResponse by their letter: C is the SQLSTATE, M the text. */
function fieldsOf(body: Buffer): ReadonlyMap<string, string> {
  const texts = body.toString("utf8").split("\0");
  return new Map(texts.filter((text) => text !== "").map((text) => [text.slice(0, 1), text.slice(1)]));
}
