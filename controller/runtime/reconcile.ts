import { isDeleting, keyText, type BaseStatus, type Key, type Stored } from "../api/meta.ts";
import { rfc3339, type Clock } from "../base/clock.ts";
import { outcomeOf, ProviderError, Stalled, Waiting, type Outcome } from "../base/outcome.ts";
import type { Action, Decision, Driver, Receipt } from "./driver.ts";
import { Conflict, Gone, KubeUnavailable, type EventNote, type Kube, type PatchOperation } from "./kube.ts";
import { nextOf, type Acted, type Ending, type Next, type PassReport } from "./passReport.ts";
import { finalizerPatch, statusPatch } from "./patches.ts";
import { isNew, nextStatus, readyOf, type Said } from "./status.ts";
import type { Store } from "./store.ts";
import { notesOf } from "./transitions.ts";

export type Reconcile = (key: Key, signal: AbortSignal) => Promise<Next>;

export interface ReconcilePorts {
  readonly kube: Pick<Kube, "patch">;
  readonly store: Store;
  readonly clock: Clock;
  /** Where events go; must not throw. */
  readonly record: (about: Stored, note: EventNote) => void;
  /** Whether we lead at this moment and are not stopping (P1). */
  readonly mayAct: () => boolean;
  /** Whether a repair may be sent although the API server is away and its intent can't be written (P1). */
  readonly mayActUnrecorded?: () => boolean;
  /** Aborts when the process must end at once; what has begun to be written is finished until then (P2). */
  readonly untilKilled: AbortSignal;
}

/** What one pass leaves for its report. */
interface Trace {
  writes: number;
  acted?: Acted;
}

/** A look that has not ended by then is slow. */
const SLOW_MS = 1_000;

/**
 * The one body of all kinds: look, decide, write the intent, execute one step, write the status, once. It reads the
 * store, never the API server, and each write fails when the object was changed meanwhile.
 */
export class Reconciler<R extends Stored, T extends BaseStatus, O, A extends Action> {
  readonly #driver: Driver<R, T, O, A>;
  readonly #ports: ReconcilePorts;
  readonly #listeners = new Set<(report: PassReport) => void>();

  constructor(driver: Driver<R, T, O, A>, ports: ReconcilePorts) {
    this.#driver = driver;
    this.#ports = ports;
  }

  /** Tells of each pass; listeners must not throw. */
  onPass(listener: (report: PassReport) => void): void {
    this.#listeners.add(listener);
  }

  /** Never rejects for what the outside or the object does; a rejection is a defect of ours. */
  readonly reconcile: Reconcile = async (key, signal) => {
    const started = this.#ports.clock.monotonic();
    // The driver of a kind gets objects of that kind as the server stored them; parsing what can be wrong is its part.
    const object = this.#ports.store.get(key) as R | undefined;
    const trace: Trace = { writes: 0 };
    const ending = object === undefined ? this.#forget(key) : await this.#guarded(object, trace, signal);
    const before = readyOf(object?.status);
    const report = {
      key,
      ending,
      next: nextOf(ending),
      ...(before === undefined ? {} : { before }),
      ...(trace.acted === undefined ? {} : { acted: trace.acted }),
      writes: trace.writes,
      ms: this.#ports.clock.monotonic() - started,
    };
    for (const listener of this.#listeners) listener(report);
    return report.next;
  };

  #forget(key: Key): Ending {
    this.#driver.forget?.(keyText(key));
    return { is: "gone" };
  }

  /** All errors that reach this are errors of our own writes: `#look` and `#execute` keep theirs. */
  async #guarded(object: R, trace: Trace, signal: AbortSignal): Promise<Ending> {
    try {
      return await this.#pass(object, trace, signal);
    } catch (error) {
      if (error instanceof Conflict) return { is: "conflict" };
      if (error instanceof Gone) return { is: "gone" };
      return { is: "unwritten", error };
    }
  }

  async #pass(found: R, trace: Trace, signal: AbortSignal): Promise<Ending> {
    const looking = this.#observe(found, signal);
    const object = isNew(found.status) ? await this.#claimUnless(looking, found, trace) : found;
    const seen = await looking;
    const looked = "error" in seen ? seen : this.#decide(object, seen.seen);
    if (!this.#ports.mayAct() || signal.aborted) return { is: "followed" };
    if ("error" in looked) return this.#conclude(object, undecided(outcomeOf(looked.error)), trace);
    const { decision } = looked;
    if (decision.finalizer !== undefined) return this.#finalize(object, decision, decision.finalizer);
    if (decision.premature === true && !isNew(found.status)) return { is: "premature", outcome: decision.outcome };
    if (decision.action !== undefined) return this.#act(object, decision, decision.action, trace);
    return this.#conclude(object, decision, trace);
  }

  /** Says that a new object was seen when the look takes long, so that nobody takes it for current meanwhile. */
  async #claimUnless(looking: Promise<unknown>, object: R, trace: Trace): Promise<R> {
    const slow = Promise.withResolvers<"slow">();
    const cancel = this.#ports.clock.after(SLOW_MS, () => {
      slow.resolve("slow");
    });
    const first = await Promise.race([slow.promise, looking]);
    cancel();
    if (first !== "slow" || !this.#ports.mayAct()) return object;
    const outcome: Outcome = { is: "progressing", reason: "NewObject", message: "Seen for the first time" };
    return this.#writeStatus(object, { outcome }, trace);
  }

  async #observe(object: R, signal: AbortSignal): Promise<{ readonly seen: O } | { readonly error: unknown }> {
    try {
      return { seen: await this.#driver.observe(object, signal) };
    } catch (error) {
      return { error };
    }
  }

  #decide(object: R, seen: O): { readonly decision: Decision<T, A> } | { readonly error: unknown } {
    try {
      return { decision: this.#driver.decide(object, seen) };
    } catch (error) {
      return { error };
    }
  }

  async #finalize(object: R, decision: Decision<T, A>, step: "add" | "remove"): Promise<Ending> {
    const stored = await this.#patch(object, "object", finalizerPatch(object, step));
    if (step === "remove" && isDeleting(stored) && (stored.metadata.finalizers ?? []).length === 0)
      this.#ports.store.drop(stored, true);
    for (const note of decision.events ?? []) this.#ports.record(stored, note);
    return { is: "finalizer", step };
  }

  async #act(object: R, decision: Decision<T, A>, action: A, trace: Trace): Promise<Ending> {
    const recorded = action.makesTask ? await this.#recordIntent(object, decision, action, trace) : object;
    if (!this.#ports.mayAct()) return { is: "followed" };
    const { receipt, error } = await this.#execute(action, recorded);
    trace.acted = {
      action,
      ...(receipt === undefined ? {} : { receipt }),
      ...(error === undefined ? {} : { error }),
    };
    this.#driver.after?.(action, recorded, receipt, error);
    const open = action.makesTask && (error === undefined || mayHaveHappened(error));
    const report = open ? this.#driver.intent(decision.report, action, receipt) : decision.report;
    const said =
      error === undefined
        ? { ...decision, report, events: [...(decision.events ?? []), ...(action.told ?? [])] }
        : { ...decision, report, outcome: outcomeOf(error) };
    return this.#conclude(recorded, said, trace);
  }

  /** A3: what we are about to do is written before it is sent. */
  async #recordIntent(object: R, decision: Decision<T, A>, action: A, trace: Trace): Promise<R> {
    const report = this.#driver.intent(decision.report, action, undefined);
    try {
      return await this.#writeStatus(object, { ...decision, report }, trace);
    } catch (error) {
      const allowed = action.repair === true && this.#ports.mayActUnrecorded?.() === true;
      if (error instanceof KubeUnavailable && allowed) return object;
      throw error;
    }
  }

  async #execute(action: A, object: R): Promise<{ receipt?: Receipt; error?: unknown }> {
    try {
      return { receipt: await this.#driver.execute(action, object, this.#ports.untilKilled) };
    } catch (error) {
      return { error: error ?? new Error("failed without an error") };
    }
  }

  /** The last write of a pass, and the events that follow from it. */
  async #conclude(object: R, said: Said & Pick<Decision<T, A>, "events" | "quiet">, trace: Trace): Promise<Ending> {
    const stored = await this.#writeStatus(object, said, trace);
    const before = readyOf(object.status);
    for (const note of notesOf(before, said, trace.acted)) this.#ports.record(stored, note);
    return { is: "concluded", outcome: said.outcome };
  }

  async #writeStatus(object: R, said: Said, trace: Trace): Promise<R> {
    const stamp = { now: rfc3339(this.#ports.clock.now()), generation: object.metadata.generation };
    // A receipt must not be lost because a person edits the spec while the call runs.
    const operations = statusPatch(
      object,
      nextStatus(object.status, said, stamp),
      trace.acted === undefined ? "object" : "status",
    );
    if (operations.length > 0) trace.writes++;
    return this.#patch(object, "status", operations);
  }

  async #patch(object: R, part: "object" | "status", operations: readonly PatchOperation[]): Promise<R> {
    if (operations.length === 0) return object;
    const { kind, metadata } = object;
    const key = { kind, namespace: metadata.namespace, name: metadata.name };
    const stored = await this.#ports.kube.patch(this.#driver.kind, key, part, operations, this.#ports.untilKilled);
    this.#ports.store.put(stored, true);
    return stored as R;
  }
}

/** A pass that ended before it decided; what it waits for or can't see tells of itself (H4). */
function undecided(outcome: Outcome): Said & { readonly quiet: boolean } {
  return { outcome, quiet: outcome.is === "waiting" || outcome.is === "unknown" };
}

/** Whether the call that failed so may have been carried out: then its intent stays open and is looked after (A2). */
function mayHaveHappened(error: unknown): boolean {
  if (error instanceof Waiting || error instanceof Stalled) return false;
  if (!(error instanceof ProviderError)) return true;
  switch (error.kind) {
    case "outcomeUnknown":
    case "other":
      return true;
    case "spec":
    case "space":
    case "permission":
    case "unauthorized":
    case "certificate":
    case "unreachable":
    case "conflict":
    case "busy":
    case "overloaded":
    case "missing":
      return false;
  }
}
