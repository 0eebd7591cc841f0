import { NetworkSegment, type NetworkSegmentStatus } from "../../api/index.ts";
import { annotation, annotationOf, isDeleting, keyOf, keyText, type Stored } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import { addressFaults } from "../../plan/addresses.ts";
import { addressBook } from "../shared/addressBook.ts";
import { BridgeBook, type BridgeQuestion } from "./bridgeBook.ts";
import type { NetAction } from "../../plan/network/netInput.ts";
import { bridgeNeed, lacking, needText } from "../../plan/need.ts";
import { planSegment, type SegmentInput } from "../../plan/network/segment.ts";
import type { Driver } from "../../runtime/driver.ts";
import type { World } from "../../runtime/store.ts";
import type { Connections } from "../shared/connections.ts";
import { intentOf, OmadaSide, type NetworkLook } from "./networkDriver.ts";
import { segmentKind } from "./networkKinds.ts";
import type { NetworkShop } from "./networkShop.ts";
import { eldersOf, guestsIn, parsed } from "../shared/objects.ts";
import { clusterOf } from "../shared/resolve.ts";

export interface SegmentParts {
  readonly world: World;
  readonly connections: Connections;
  readonly shop: NetworkShop;
}

const AGAIN_MS = 60_000;

interface Looked extends Omit<SegmentInput, "omada"> {
  /** Undefined: it has no Omada side. */
  readonly look: NetworkLook<undefined> | undefined;
}

type SegmentDriver = Driver<Stored, NetworkSegmentStatus, Looked, NetAction>;

/** Both sides of a network: reads the bridges of the nodes and changes none; keeps the network in Omada as declared. */
export function segmentDriver(parts: SegmentParts): SegmentDriver {
  const side = new OmadaSide(segmentKind(parts.shop), parts.shop);
  const book = new BridgeBook(parts.shop.parts.clock);
  return {
    kind: NetworkSegment,
    async observe(stored, signal) {
      const segment = parsed(NetworkSegment, stored);
      const { proxmox, omada } = segment.spec;
      const both = omada !== undefined || hadOmada(segment);
      return {
        bridges: proxmox === undefined ? undefined : await bridgesFor(segment, { ...parts, book }, signal),
        elders: eldersOf(segment, parts.world),
        members: membersOf(segment, parts.world),
        addressFaults: addressFaultsIn(segment, parts.world),
        look: both ? await side.look(segment, signal) : undefined,
      };
    },
    decide(stored, { look, ...input }) {
      const segment = parsed(NetworkSegment, stored);
      const omada = look === undefined ? undefined : side.decide(segment, look);
      if (isDeleting(segment) && omada !== undefined) return omada;
      return planSegment(segment, { ...input, omada });
    },
    execute: (action, stored, signal) => side.execute(action, parsed(NetworkSegment, stored), signal),
    intent: (report, action, receipt) => intentOf(report, action, receipt),
    after(action, stored, _receipt, error) {
      side.after(action, parsed(NetworkSegment, stored), error);
    },
    forget(key) {
      side.forget(key);
      book.forget(key);
    },
  };
}

/** It is being deleted and has something to take down. */
function hadOmada(segment: NetworkSegment): boolean {
  return isDeleting(segment) && (segment.metadata.finalizers ?? []).length > 0;
}

function membersOf({ metadata }: NetworkSegment, world: World): number {
  return guestsIn(world, metadata.namespace).filter(({ spec }) =>
    (spec.networks ?? []).some(({ segmentRef }) => segmentRef?.name === metadata.name),
  ).length;
}

/** What is wrong with the Static addresses of the guests attached to it. */
function addressFaultsIn({ metadata }: NetworkSegment, world: World): readonly string[] {
  const book = addressBook(metadata.namespace, world);
  return book.guests.flatMap((guest) =>
    addressFaults(guest, book, metadata.name).map((fault) => `${guest.kind} ${guest.metadata.name} ${fault}`),
  );
}

async function bridgesFor(
  segment: NetworkSegment,
  { world, connections, book }: SegmentParts & { readonly book: BridgeBook },
  signal: AbortSignal,
): Promise<NonNullable<SegmentInput["bridges"]>> {
  const { clusterRef, bridge = "" } = segment.spec.proxmox ?? {};
  const cluster = clusterOf(segment, clusterRef, world);
  if (typeof cluster === "string") return { unseen: waiting("ClusterMissing", cluster) };
  const connection = connections.of(segment.metadata.namespace, cluster.metadata.name);
  const reach = connection?.port.reach().is ?? "connecting";
  if (connection === undefined || reach !== "reachable") {
    const { namespace } = segment.metadata;
    const early = reach === "connecting" && connections.troubleOf(namespace, cluster.metadata.name) === undefined;
    return { unseen: waiting("Connecting", `ProxmoxCluster ${cluster.metadata.name} cannot be reached`), early };
  }
  // Without the privilege a bridge that is there is not listed either.
  const [missing] = connection.permissions === undefined ? [] : lacking(connection.permissions, [bridgeNeed(bridge)]);
  if (missing === undefined) return book.of(connection.port, questionOf(segment), signal);
  const message = `whether bridge ${bridge} exists cannot be seen: the token lacks ${needText(missing)}`;
  return { unseen: { is: "stalled", reason: "PermissionMissing", message, afterMs: AGAIN_MS } };
}

/** What it declares and what a person asked for last. */
function questionOf(segment: NetworkSegment): BridgeQuestion {
  const { generation } = segment.metadata;
  return {
    asker: keyText(keyOf(segment)),
    text: `${String(generation)} ${annotationOf(segment, annotation.reconcileRequestedAt) ?? ""}`,
  };
}

function waiting(reason: "ClusterMissing" | "Connecting", message: string): Outcome {
  return { is: "waiting", reason, message, afterMs: AGAIN_MS };
}
