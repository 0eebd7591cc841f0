import type { IncomingMessage, ServerResponse } from "node:http";
import { pauseMs } from "./pace.ts";

/** What can go wrong with a request on the wire, whatever it says. */
export type WireEffect =
  | { readonly kind: "reset"; readonly when: "before" | "after" }
  /** Waits before anything happens, or (`after`) once it has. */
  | { readonly kind: "delay"; readonly ms: number; readonly after?: boolean }
  /** The headers come at once, the body this much later. */
  | { readonly kind: "slowBody"; readonly ms: number }
  | { readonly kind: "halfBody" }
  /** Nothing ever comes back. */
  | { readonly kind: "silence"; readonly when: "before" | "after" };

/** An effect of any simulator. */
interface AnyEffect {
  readonly kind: string;
}

const WIRE: readonly string[] = ["reset", "delay", "slowBody", "halfBody", "silence"];

function isWire(effect: AnyEffect | undefined): effect is WireEffect {
  return effect !== undefined && WIRE.includes(effect.kind);
}

/** Lets an effect happen before the request does; true when nothing more is to be done with it. */
export async function cutBefore(effect: AnyEffect | undefined, request: IncomingMessage): Promise<boolean> {
  if (!isWire(effect)) return false;
  if (effect.kind === "delay" && effect.after !== true) await pauseMs(effect.ms);
  if (effect.kind === "silence") return effect.when === "before";
  if (effect.kind !== "reset" || effect.when !== "before") return false;
  request.socket.destroy();
  return true;
}

/** Lets an effect happen once the request has; true when no answer goes out. */
export async function cutAfter(effect: AnyEffect | undefined, request: IncomingMessage): Promise<boolean> {
  if (!isWire(effect)) return false;
  if (effect.kind === "delay" && effect.after === true) await pauseMs(effect.ms);
  if (effect.kind === "silence") return true;
  if (effect.kind !== "reset") return false;
  request.socket.destroy();
  return true;
}

/** Sends the body under an effect, and ends the answer. */
export async function sendBody(
  effect: AnyEffect | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): Promise<void> {
  if (isWire(effect) && effect.kind === "slowBody") {
    response.flushHeaders();
    await pauseMs(effect.ms);
  }
  if (effect?.kind !== "halfBody") {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => request.socket.destroy());
}
