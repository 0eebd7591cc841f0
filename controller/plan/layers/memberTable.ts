import type { Member, Members } from "../lab.ts";
import { Row } from "../row.ts";

interface Place {
  readonly layer: string;
  readonly index: number;
}

/** The members of a lab by id and by layer. Immutable; a successor shares the layers in which nothing changed. */
export class MemberTable implements Members {
  readonly byLayer: ReadonlyMap<string, Row<Member>>;
  readonly #places: ReadonlyMap<string, Place>;

  private constructor(byLayer: ReadonlyMap<string, Row<Member>>, places: ReadonlyMap<string, Place>) {
    this.byLayer = byLayer;
    this.#places = places;
  }

  static of(members: Iterable<Member>): MemberTable {
    const byLayer = [...Map.groupBy(members, (member) => member.layer)];
    const places = byLayer.flatMap(([layer, row]) => row.map(({ id }, index) => [id, { layer, index }] as const));
    return new MemberTable(new Map(byLayer.map(([layer, row]) => [layer, Row.of(row)])), new Map(places));
  }

  get size(): number {
    return this.#places.size;
  }

  get(id: string): Member | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : this.byLayer.get(place.layer)?.members[place.index];
  }

  *values(): Generator<Member, undefined> {
    for (const row of this.byLayer.values()) yield* row.members;
    return undefined;
  }

  /** The same with these looked at anew. Only members it has already, in the layers they are in. */
  with(fresh: readonly Member[]): MemberTable {
    const byLayer = new Map(this.byLayer);
    for (const [layer, changed] of Map.groupBy(fresh, (member) => member.layer)) {
      const changes = new Map<number, Member>();
      for (const member of changed) {
        const place = this.#places.get(member.id);
        if (place?.layer === layer) changes.set(place.index, member);
      }
      const row = byLayer.get(layer);
      if (row !== undefined) byLayer.set(layer, row.with(changes));
    }
    return new MemberTable(byLayer, this.#places);
  }
}
