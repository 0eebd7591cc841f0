import type { Log } from "../../controller/base/log.ts";
import { ProviderError } from "../../controller/base/outcome.ts";
import { Calls } from "./calls.ts";
import { FakeSite } from "./omadaSite.ts";

export type OmadaWrite =
  | `${"create" | "update" | "delete"}${"Network" | "Profile" | "Wlan" | "Acl" | "Group"}`
  | "setPort"
  | "setRadio"
  | "renameDevice"
  | "setWlanGroup"
  | "orderAcls"
  | "setReservation"
  | "deleteReservation"
  | "renameClient";

/** One write that reached the site, whether or not the caller heard of it. */
export interface OmadaMutation {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly call: OmadaWrite;
  /** Arguments of the call without the signal. */
  readonly args: readonly unknown[];
  /** False when Omada refused it. */
  readonly done: boolean;
}

/** A write on its way: sent, or about to take effect. */
export type OmadaApproach = Pick<OmadaMutation, "call" | "args"> & { readonly is: "sent" | "arrives" };

export interface FakeOmadaPortOptions {
  /** Throws when the lease is not held; called right before each write takes effect (P1). */
  readonly allowed?: () => void;
  readonly pollIntervalSeconds?: number;
  readonly log?: Log;
  readonly firstSequence?: number;
}

/** One site of an Omada controller in memory that can be called, and every way for a call to go wrong. */
export class FakeController extends FakeSite {
  readonly mutations: OmadaMutation[] = [];
  /** Counts, faults and what people do meanwhile; `look` is the poller. */
  readonly calls = new Calls<OmadaWrite | "look">();
  /** Sees every write before it changes anything. */
  witness: ((approach: OmadaApproach) => void) | undefined;
  /** False: the controller is away. */
  reachable = true;
  /** Whether the guest it runs in serves. */
  hosted: () => boolean = () => true;
  /** True: the client secret is refused. */
  unauthorized = false;
  /** Milliseconds each answer takes; effect and snapshot are at the begin. */
  latencyMs = 0;
  /** Writes under way now, of all connections. */
  writing = 0;

  /** Whether anything answers at its address. */
  get answers(): boolean {
    return this.reachable && this.hosted();
  }

  /** Throws when nothing answers, or the credentials are refused. */
  answer(): void {
    if (!this.answers)
      throw new ProviderError("unreachable", "the Omada controller does not answer: connection refused");
    if (this.unauthorized) {
      throw new ProviderError("unauthorized", "Client id or client secret invalid (-44106)", { status: 200 });
    }
  }
}
