import type { Kind, ObjectOf } from "../../api/index.ts";
import { isDeleting, keyOf, keyOfText, keyText, type Stored, type BaseStatus } from "../../api/meta.ts";
import { ProviderError, Stalled, Waiting } from "../../base/outcome.ts";
import type { Decision, Receipt } from "../../plan/action.ts";
import { waiting } from "../../plan/outcomes.ts";
import { judgeDeletion, type Remains } from "../../plan/network/deletion.ts";
import { judge, judgeUnseen } from "../../plan/network/judge.ts";
import type { Draft, NetAction, NetInput, NetObject } from "../../plan/network/netInput.ts";
import { isDelete, shelfOf, type Shelf } from "../../plan/network/omadaWrite.ts";
import type { SitePart, SiteSeen } from "../../providers/omadaSeen.ts";
import type { Driver } from "../../runtime/driver.ts";
import { executeOmada } from "./omadaExecute.ts";
import { isCertain, refusalOf } from "./omadaRefusal.ts";
import { isWhole, whatOf, type NetworkShop, type SiteAt } from "./networkShop.ts";
import { parsed } from "../shared/objects.ts";

type NetDecision = Decision<BaseStatus, NetAction>;

/** What is one network kind's own, in the body they share. `X`: what its look found besides the site. */
export interface NetworkKind<K extends Kind, X> {
  readonly kind: K;
  /** Parts of the site it goes by. */
  parts(object: ObjectOf<K>): ReadonlySet<SitePart>;
  /** Parts that matter while it is being deleted. */
  readonly partsToDelete: ReadonlySet<SitePart>;
  /** Its own conditions, for when nothing is seen. */
  readonly conditions: readonly string[];
  refOf(object: ObjectOf<K>): { readonly name: string } | undefined;
  look(object: ObjectOf<K>, signal: AbortSignal): Promise<X>;
  draft(object: ObjectOf<K>, seen: SiteSeen, input: NetInput, found: X): Draft;
  remains?(object: ObjectOf<K>, seen: SiteSeen, input: NetInput, found: X): Remains;
  /** Read right before a write that carries it. */
  passphrase?(object: ObjectOf<K>, signal: AbortSignal): Promise<string | undefined>;
  /** When to look again although nothing moved. */
  again?(object: ObjectOf<K>): number | undefined;
  forget?(key: string): void;
}

/** What a look found. */
export interface NetworkLook<X> {
  readonly found: X;
  readonly namespaceTerminating: boolean;
}

type NetDriver<X> = Driver<Stored, BaseStatus, NetworkLook<X>, NetAction>;

/** The reconcile body of the kinds that live in an Omada site. */
export function networkDriver<K extends Kind, X>(kind: NetworkKind<K, X>, shop: NetworkShop): NetDriver<X> {
  const side = new OmadaSide(kind, shop);
  return {
    kind: kind.kind,
    observe: (stored, signal) => side.look(parsed(kind.kind, stored), signal),
    decide: (stored, look) => side.decide(parsed(kind.kind, stored), look),
    execute: (action, stored, signal) => side.execute(action, parsed(kind.kind, stored), signal),
    intent: intentOf,
    after(action, stored, _receipt, error) {
      side.after(action, parsed(kind.kind, stored), error);
    },
    forget(key) {
      side.forget(key);
    },
  };
}

/** What an action puts on record before it is sent, and what once it was answered. */
export function intentOf(report: object, action: NetAction, receipt: Receipt | undefined): object {
  return { ...report, ...action.record, ...(receipt === undefined ? {} : action.done) };
}

/** The Omada side of one kind's objects: look, decide, send. */
export class OmadaSide<K extends Kind, X> {
  readonly #kind: NetworkKind<K, X>;
  readonly #shop: NetworkShop;

  constructor(kind: NetworkKind<K, X>, shop: NetworkShop) {
    this.#kind = kind;
    this.#shop = shop;
  }

  async look(object: ObjectOf<K>, signal: AbortSignal): Promise<NetworkLook<X>> {
    const { kube } = this.#shop.parts;
    const { namespace } = object.metadata;
    const namespaceTerminating = isDeleting(object) && (await kube.namespaceTerminating(namespace, signal));
    return { found: await this.#kind.look(object, signal), namespaceTerminating };
  }

  decide(object: ObjectOf<K>, { found, namespaceTerminating }: NetworkLook<X>): NetDecision {
    const net = object as unknown as NetObject;
    const at = this.#shop.siteOf(net, this.#kind.refOf(object));
    const key = keyText(keyOf(object));
    const parts = isDeleting(object) ? this.#kind.partsToDelete : this.#kind.parts(object);
    this.#shop.want(key, at, parts);
    const input = this.#shop.inputOf(net, at, namespaceTerminating);
    const { link } = input;
    if (isDeleting(object)) {
      if (link.is === "seen" && this.#isEarly(link.seen, at, parts)) return this.#early(net, input);
      const remains = (): Remains =>
        link.is === "seen" && this.#kind.remains !== undefined
          ? this.#kind.remains(object, link.seen, input, found)
          : { what: whatOf(net) };
      return this.#settle(net, at, judgeDeletion(net, input, remains));
    }
    const unseen = judgeUnseen(net, input, this.#kind.conditions);
    if (unseen !== undefined || link.is === "unseen") return this.#settle(net, at, unseen ?? this.#early(net, input));
    if (this.#isEarly(link.seen, at, parts)) return this.#early(net, input);
    const decision = judge(net, this.#kind.draft(object, link.seen, input, found), input);
    return this.#settle(net, at, this.#again(object, decision));
  }

  #again(object: ObjectOf<K>, decision: NetDecision): NetDecision {
    const afterMs = this.#kind.again?.(object);
    if (afterMs === undefined || decision.outcome.is !== "settled") return decision;
    return { ...decision, outcome: { ...decision.outcome, afterMs } };
  }

  /** From before the last write to the site, or without a part that was only now asked for. */
  #isEarly(seen: SiteSeen, at: SiteAt, parts: ReadonlySet<SitePart>): boolean {
    return !isWhole(seen, parts) || this.#shop.parts.lanes.isStale(at.site, seen.sequence);
  }

  /** What was written stands until the next look. */
  #early(net: NetObject, input: NetInput): NetDecision {
    const controller = input.link.controller ?? "";
    const outcome = waiting("Connecting", `waits for the next look at the site of OmadaController ${controller}`, 500);
    const early = judgeUnseen(net, { ...input, link: { is: "unseen", outcome, early: true } }, []);
    const conditions = net.status?.conditions ?? [];
    return { ...(early ?? { outcome, report: {}, conditions }), conditions, premature: true };
  }

  /** One write a site: the lane is taken, or waited for; the poller keeps pace while something is under way (N4, O1). */
  #settle(net: NetObject, at: SiteAt, decision: NetDecision): NetDecision {
    const key = keyText(keyOf(net));
    const { lanes } = this.#shop.parts;
    const busy = decision.action !== undefined || decision.outcome.is === "progressing";
    at.connection?.port.keepBusy(key, busy);
    const { action } = decision;
    if (action === undefined) {
      this.#wake(lanes.free(key));
      return decision;
    }
    const why = this.#waitsFor(net, at, action);
    if (why === undefined) return decision;
    const { action: _, ...rest } = decision;
    const outcome = waiting("SiteBusy", `${decision.outcome.message}; waits: ${why}`, 1_000);
    return { ...rest, held: action, outcome, quiet: true };
  }

  /** Why the action is not sent in this pass, in a phrase; undefined: it is. */
  #waitsFor(net: NetObject, at: SiteAt, { write, destroys = whatOf(net) }: NetAction): string | undefined {
    const { lanes, deletions } = this.#shop.parts;
    const { namespace } = net.metadata;
    const shelf = shelfOf(write);
    const other = shelf === undefined ? undefined : (this.#creator(net) ?? this.#orphan(net, at, shelf));
    if (other !== undefined) return `what ${other} creates was not seen yet`;
    if (!lanes.take(at.site, keyText(keyOf(net)))) return "another write to the site is under way";
    if (!isDelete(write) || deletions.isRecorded(namespace, destroys)) return undefined;
    // A place in the brake that only memory knows is lost with the process (I8).
    deletions.note(namespace, destroys);
    if (at.controller !== undefined) this.#shop.parts.wake(keyOf(at.controller));
    return "its place in the brake is being put on record";
  }

  /** Another object of the kind whose create was neither seen nor disproved (N4). */
  #creator({ kind, metadata }: NetObject): string | undefined {
    const other = this.#shop.parts.world
      .list(kind, metadata.namespace)
      .find((one) => one.metadata.uid !== metadata.uid && (one.status as NetObject["status"])?.creating !== undefined);
    return other === undefined ? undefined : `${kind} ${other.metadata.name}`;
  }

  /** Its create was on record in its status alone. */
  #orphan({ kind, metadata }: NetObject, { site }: SiteAt, shelf: Shelf): string | undefined {
    const { lanes, world } = this.#shop.parts;
    return lanes.orphan(site, shelf, (id) =>
      world.list(kind, metadata.namespace).some((one) => one.metadata.uid === id),
    );
  }

  async execute(action: NetAction, object: ObjectOf<K>, signal: AbortSignal): Promise<Receipt> {
    const net = object as unknown as NetObject;
    const { connection } = this.#shop.siteOf(net, this.#kind.refOf(object));
    if (connection === undefined) throw new ProviderError("unreachable", "the connection to Omada was closed");
    this.#lastWord(action, net);
    const passphrase = (): Promise<string | undefined> =>
      this.#kind.passphrase?.(object, signal) ?? Promise.resolve(undefined);
    await executeOmada(connection.port, action.write, passphrase, signal);
    return {};
  }

  /** People may have spoken since the look; and two deletions must not both have the last place in the brake (I8). */
  #lastWord(action: NetAction, net: NetObject): void {
    const { world, labs, brake, deletions } = this.#shop.parts;
    const { namespace } = net.metadata;
    const now = world.get(keyOf(net));
    const lab = labs.of(namespace);
    if (
      now?.metadata.uid !== net.metadata.uid ||
      now.metadata.generation !== net.metadata.generation ||
      lab.homelab === undefined
    )
      throw new Waiting("IntentSettling", "what is declared has just changed; looking again");
    if (!isDelete(action.write)) return;
    const { destroys = whatOf(net) } = action;
    const { recent, max, confirmed } = brake.ofNetwork(lab, destroys);
    if (recent >= max && !confirmed)
      throw new Stalled("HeldByBrake", `${destroys} is not deleted: another one just was`);
    deletions.note(namespace, destroys);
  }

  after(action: NetAction, object: ObjectOf<K>, error: unknown): void {
    const net = object as unknown as NetObject;
    const key = keyText(keyOf(net));
    const { lanes, deletions, clock } = this.#shop.parts;
    const at = this.#shop.siteOf(net, this.#kind.refOf(object));
    if (at.connection !== undefined) lanes.wrote(at.site, at.connection.port.mark());
    at.connection?.port.hurry();
    const shelf = shelfOf(action.write);
    if (shelf !== undefined && !isCertain(error)) lanes.sent(at.site, shelf, net);
    if (isDelete(action.write)) {
      if (error !== undefined && isCertain(error))
        deletions.giveBack(net.metadata.namespace, action.destroys ?? whatOf(net));
      if (at.controller !== undefined) this.#shop.parts.wake(keyOf(at.controller));
    }
    const refusal = refusalOf(error, clock.monotonic());
    if (refusal !== undefined)
      lanes.refuse(key, JSON.stringify(action.write), { ...refusal, situation: this.#shop.situationOf(net, at) });
    this.#wake(lanes.free(key));
  }

  forget(key: string): void {
    const { lanes, sites, world } = this.#shop.parts;
    for (const { metadata } of world.list("OmadaController", keyOfText(key).namespace)) {
      const port = sites.of(metadata.namespace, metadata.name)?.port;
      port?.want(key, new Set());
      port?.keepBusy(key, false);
    }
    this.#kind.forget?.(key);
    this.#wake(lanes.forget(key));
  }

  #wake(keys: readonly string[]): void {
    for (const key of keys) this.#shop.parts.wake(keyOfText(key));
  }
}
