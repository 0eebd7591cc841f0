import type { OmadaApproach } from "../../fakes/omadaController.ts";
import type { FakeOmada } from "../../fakes/omada.ts";
import { History } from "../history.ts";
import { judge } from "../witness.ts";
import { guestsIn } from "../declared.ts";
import type { NetworkSegment, WirelessNetwork } from "../../../controller/api/index.ts";
import {
  networkFor,
  idOf,
  netObjects,
  segmentsIn,
  controllersIn,
  isLeaving,
  wlansIn,
  type NetDeclared,
} from "./netObjects.ts";
import { plantNetwork } from "./netPlant.ts";
import type { NetShape } from "./netShape.ts";

/** Lists of a site in which something can be created. */
export const SHELVES = ["networks", "profiles", "wlans", "acls", "groups", "reservations"] as const;
export type ShelfName = (typeof SHELVES)[number];

interface Created {
  readonly at: number;
  readonly uids: readonly string[];
}

/** Holds a write to the site against the rules, before it takes effect. */
export type JudgeSite = (history: NetworkHistory, approach: OmadaApproach) => void;

/** A history of a lab with an Omada site: what of the site is whose, and what people did to it. */
export class NetworkHistory extends History {
  /** Ids of what our writes made, by uid of the object; and of what an object may have adopted. */
  readonly made = new Map<string, Set<string>>();
  readonly adoptable = new Map<string, Set<string>>();
  /** When anybody last changed the site, its cables or its clients by hand. */
  siteTouchedAt = -Infinity;
  /** When the process last did not run for a while. */
  frozenAt = -Infinity;
  kubeNewAt = -Infinity;
  siteAwaySince: number | undefined;
  /** Which objects' deletions took something out of the site; `known`: a process can still know. */
  removals: readonly { readonly at: number; readonly id: string }[] = [];
  netConfirmed: ReadonlySet<string> = new Set();
  /** What the Secret of the SSIDs says; undefined: nothing that can be used. */
  passphrase: string | undefined = "correct horse battery";
  readonly lastCreate = new Map<ShelfName, Created>();
  /** Number of the outage of the controller that is, or was last. */
  #outages = 0;
  #toldOf = 0;
  #events = 0;
  #sampledAt = 0;
  readonly #judgeSite: JudgeSite;
  readonly #known = new Set<string>();
  readonly #strangers = new Set<string>();

  constructor(shape: NetShape, judgeSite: JudgeSite) {
    super(shape.lab, judge);
    this.#judgeSite = judgeSite;
    plantNetwork(this.lab, shape);
    this.site.hosted = () => this.#hostServes();
    this.site.witness = (approach) => {
      this.#site(approach);
    };
    for (const { id } of this.rows()) this.stranger(id);
    this.lookAtSite();
  }

  get site(): FakeOmada {
    return this.lab.omada;
  }

  /** Everything in the site that has an id, also what no list shows yet. */
  rows(): readonly { readonly shelf: ShelfName; readonly id: string }[] {
    return SHELVES.flatMap((shelf) =>
      this.site[shelf].all().map((row) => ({ shelf, id: "id" in row ? row.id : row.mac })),
    );
  }

  /** People made it. */
  stranger(id: string): void {
    this.#strangers.add(id);
    this.#known.add(id);
  }

  /** Of people, or of ours and seen already. */
  isKnown(id: string): boolean {
    return this.#known.has(id);
  }

  isStranger(id: string): boolean {
    return this.#strangers.has(id);
  }

  /** Looks at the site about once a second, and at each write. */
  lookAtSite(): void {
    // A process that did not run goes by an old look for a moment.
    if (this.now - this.#sampledAt > 5_000) this.frozenAt = this.now;
    this.#sampledAt = this.now;
    for (const { shelf, id } of this.rows()) {
      if (this.#known.has(id)) continue;
      this.#known.add(id);
      for (const uid of this.lastCreate.get(shelf)?.uids ?? []) note(this.made, uid, id);
    }
    this.#adoptions();
    this.#outage();
  }

  override async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    while (this.now < end && this.violations.length === 0) {
      await super.pass(Math.min(1_000, end - this.now));
      this.lookAtSite();
    }
  }

  override kubeNew(): void {
    super.kubeNew();
    this.kubeNewAt = this.now;
    // What was told of the outage is gone with the events.
    this.#toldOf = 0;
  }

  /** Guests and network are on one list (I8). */
  override confirms(): void {
    super.confirms();
    const leaving = netObjects(this.lab).filter(isLeaving);
    this.netConfirmed = new Set([...this.netConfirmed, ...leaving.map(({ metadata }) => metadata.uid)]);
  }

  override describe(): string {
    const rows = this.rows().map(({ shelf, id }) => `  ${shelf} ${id}: ${JSON.stringify(this.site[shelf].get(id))}`);
    const objects = netObjects(this.lab).map(
      (one) => `  ${idOf(one)}: ${JSON.stringify({ ...one.spec, status: { ...one.status, conditions: undefined } })}`,
    );
    return [super.describe(), "network:", ...objects, "site:", ...rows].join("\n");
  }

  #hostServes(): boolean {
    const hostedBy = controllersIn(this.lab)[0]?.spec.hostedBy;
    if (hostedBy === undefined) return true;
    const host = guestsIn(this.lab).find(({ kind, name }) => kind === hostedBy.kind && name === hostedBy.name);
    const guest = host === undefined ? undefined : this.truth.guest(host.spec.vmid);
    return guest !== undefined && this.lab.serves(guest);
  }

  #site(approach: OmadaApproach): void {
    if (approach.is === "arrives") {
      this.tell(`> omada ${approach.call} ${JSON.stringify(approach.args)}`);
      this.lookAtSite();
    }
    this.#judgeSite(this, approach);
    this.meets(approach.is, approach.call);
  }

  /** What an object with adoption: Adopt may take for its own, or one whose create is not known to have failed. */
  #adoptions(): void {
    for (const one of segmentsIn(this.lab).filter(mayTake)) this.#mayHave(one, networkFor(this.site, one));
    for (const one of wlansIn(this.lab).filter(mayTake))
      this.#mayHave(
        one,
        this.site.wlans.find(({ ssid }) => ssid === one.spec.ssid),
      );
  }

  #mayHave({ metadata: { uid } }: NetDeclared, found: { readonly id: string } | undefined): void {
    if (found !== undefined) note(this.adoptable, uid, found.id);
  }

  /** L8, H4: an outage is told once, by the OmadaController, and by nobody else. */
  #outage(): void {
    if (this.site.answers) this.siteAwaySince = undefined;
    else if (this.siteAwaySince === undefined) {
      this.siteAwaySince = this.now;
      this.#outages += 1;
    }
    const { events } = this.lab.kube;
    for (const { type, reason, about } of events.slice(this.#events)) {
      if (!OUTAGE.has(reason) || type !== "Warning") continue;
      if (!about.startsWith("OmadaController/")) this.blame("L8", `${about} tells the outage of its site: ${reason}`);
      else if (this.#toldOf === this.#outages) this.blame("H4", `outage ${this.#outages} is told twice`);
      this.#toldOf = this.#outages;
    }
    this.#events = events.length;
  }
}

const OUTAGE: ReadonlySet<string> = new Set(["OmadaUnreachable", "ControllerGuestDown", "ControllerNotReady"]);

function note(book: Map<string, Set<string>>, uid: string, id: string): void {
  book.set(uid, (book.get(uid) ?? new Set()).add(id));
}

/** It adopts, or a create of its own is not known to have failed. */
function mayTake(one: NetworkSegment | WirelessNetwork): boolean {
  return !isLeaving(one) && (one.spec.adoption === "Adopt" || one.status?.creating !== undefined);
}
