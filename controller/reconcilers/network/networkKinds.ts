import { AccessRule, ClientGroup, NetworkDevice, NetworkSegment, WirelessNetwork } from "../../api/index.ts";
import { isDeleting, keyOf, keyText } from "../../api/meta.ts";
import { Stalled } from "../../base/outcome.ts";
import { accessDraft, accessRemains, type AccessInput } from "../../plan/network/accessDraft.ts";
import { clientGroupDraft, clientGroupRemains } from "../../plan/network/clientGroupDraft.ts";
import { deviceDraft } from "../../plan/network/deviceDraft.ts";
import type { Paths } from "../../plan/network/lockOut.ts";
import { presenceOf } from "../../plan/network/presence.ts";
import { segmentDraft } from "../../plan/network/segmentDraft.ts";
import { segmentClash } from "../../plan/network/segment.ts";
import { needsFrames } from "../../plan/network/segmentFrames.ts";
import { segmentRemains } from "../../plan/network/segmentRemains.ts";
import { wirelessDraft, wirelessRemains, type WirelessInput } from "../../plan/network/wirelessDraft.ts";
import type { SitePart } from "../../providers/omadaSeen.ts";
import type { NetworkKind } from "./networkDriver.ts";
import type { NetworkShop } from "./networkShop.ts";
import { eldersOf, older, readable } from "../shared/objects.ts";
import { versionedKey } from "../shared/secrets.ts";

function parts(...some: readonly SitePart[]): ReadonlySet<SitePart> {
  return new Set(some);
}

const NOTHING = (): Promise<undefined> => Promise.resolve(undefined);

export function segmentKind(shop: NetworkShop): NetworkKind<typeof NetworkSegment, undefined> {
  const { world } = shop.parts;
  return {
    kind: NetworkSegment,
    parts: (segment) => (needsFrames(segment) ? parts("networks", "frames") : parts("networks")),
    partsToDelete: parts("networks", "profiles", "ports", "wlans", "acls", "reservations"),
    conditions: ["OmadaReady"],
    refOf: ({ spec }) => spec.omada?.controllerRef,
    look: NOTHING,
    draft(segment, seen, { paths }) {
      const draft = segmentDraft(segment, seen, paths);
      const clash = isDeleting(segment) ? undefined : segmentClash(segment, eldersOf(segment, world));
      return clash === undefined ? draft : { ...draft, obstacle: clash };
    },
    remains: (segment, seen, { paths }) =>
      segmentRemains(segment, seen, { paths, others: [...shop.segmentsOf(segment.metadata.namespace).values()] }),
  };
}

export function deviceKind(shop: NetworkShop): NetworkKind<typeof NetworkDevice, undefined> {
  const all = parts("networks", "profiles", "ports", "clients");
  return {
    kind: NetworkDevice,
    parts: () => all,
    partsToDelete: parts(),
    conditions: ["Online", "WiringAsDeclared", "PortsVerified"],
    refOf: ({ spec }) => spec.controllerRef,
    look: NOTHING,
    draft: (device, seen, { paths }) => {
      const { namespace } = device.metadata;
      return deviceDraft(device, seen, {
        paths,
        segments: shop.segmentsOf(namespace),
        devices: shop.devicesOf(namespace),
      });
    },
  };
}

export function wirelessKind(shop: NetworkShop): NetworkKind<typeof WirelessNetwork, WirelessInput["secret"]> {
  const { kube, world } = shop.parts;
  const inputOf = (wlan: WirelessNetwork, paths: Paths, secret: WirelessInput["secret"]): WirelessInput => {
    const { namespace, uid } = wlan.metadata;
    const others = readable(WirelessNetwork, world, namespace).filter(({ metadata }) => metadata.uid !== uid);
    const name = wlan.spec.segmentRef?.name;
    const missing = `NetworkSegment ${name ?? ""} does not exist; apply it, or change segmentRef`;
    return {
      segment: name === undefined ? undefined : (shop.segmentsOf(namespace).get(name) ?? missing),
      secret,
      others,
      paths,
      devices: shop.devicesOf(namespace),
      elders: others.filter((other) => !isDeleting(other) && older(other, wlan) < 0),
    };
  };
  const at = ({ spec, metadata }: WirelessNetwork) => {
    const ref = spec.security.passphraseRef;
    return ref === undefined ? undefined : { namespace: metadata.namespace, name: ref.name, key: ref.key };
  };
  return {
    kind: WirelessNetwork,
    // Where it is broadcast is asked of each access point, so only where that is declared.
    parts: ({ spec }) =>
      spec.deviceRefs === undefined
        ? parts("networks", "wlans", "ports")
        : parts("networks", "wlans", "ports", "broadcasts", "clients"),
    partsToDelete: parts("wlans", "acls"),
    conditions: ["ConfigInSync"],
    refOf: ({ spec }) => spec.controllerRef,
    async look(wlan, signal) {
      const key = at(wlan);
      if (key === undefined || isDeleting(wlan)) return undefined;
      try {
        const { version, value } = await versionedKey(kube, key, signal);
        if (value.length >= 8 && value.length <= 63) return { version };
        return `key ${key.key} of Secret ${key.name} has ${String(value.length)} characters; a passphrase has 8 to 63`;
      } catch (error) {
        if (error instanceof Stalled) return error.message;
        throw error;
      }
    },
    draft: (wlan, seen, { paths }, secret) => wirelessDraft(wlan, seen, inputOf(wlan, paths, secret)),
    remains: (wlan, seen, { paths }, secret) => wirelessRemains(wlan, seen, inputOf(wlan, paths, secret)),
    async passphrase(wlan, signal) {
      const key = at(wlan);
      return key === undefined ? undefined : (await versionedKey(kube, key, signal)).value;
    },
    // A Secret is not watched: it is looked at each minute (P3).
    again: ({ spec }) => (spec.security.passphraseRef === undefined ? undefined : 60_000),
  };
}

export function accessKind(shop: NetworkShop): NetworkKind<typeof AccessRule, undefined> {
  const { world } = shop.parts;
  return {
    kind: AccessRule,
    parts: () => parts("networks", "acls", "groups"),
    partsToDelete: parts("acls", "groups"),
    conditions: ["ConfigInSync"],
    refOf: ({ spec }) => spec.controllerRef,
    look: NOTHING,
    draft(rule, seen, { paths }) {
      const { namespace } = rule.metadata;
      const own = shop.siteOf(rule, rule.spec.controllerRef).site;
      const rules = readable(AccessRule, world, namespace).filter(
        (other) => shop.siteOf(other, other.spec.controllerRef).site === own,
      );
      const input: AccessInput = { paths, segments: shop.segmentsOf(namespace), rules };
      return accessDraft(rule, seen, input);
    },
    remains: (rule, seen) => accessRemains(rule, seen),
  };
}

export function clientGroupKind(shop: NetworkShop): NetworkKind<typeof ClientGroup, undefined> {
  const { clients } = shop.parts;
  const soon = new Map<string, number | undefined>();
  return {
    kind: ClientGroup,
    parts: () => parts("networks", "reservations", "clients"),
    partsToDelete: parts("reservations"),
    conditions: ["MembersOnline", "ConfigInSync"],
    refOf: ({ spec }) => spec.controllerRef,
    look: NOTHING,
    draft(group, seen, { paths }) {
      const { namespace } = group.metadata;
      const key = keyText(keyOf(group));
      const around = { segments: shop.segmentsOf(namespace), devices: shop.devicesOf(namespace) };
      const steady = clients.steady(key, group, presenceOf(group, seen, around));
      soon.set(key, steady.afterMs);
      const living = new Set(shop.parts.world.list("ClientGroup", namespace).map(({ metadata }) => metadata.name));
      return clientGroupDraft(group, seen, { ...around, paths, living, presence: steady.presence });
    },
    remains: (group, seen) => clientGroupRemains(group, seen),
    again: (group) => soon.get(keyText(keyOf(group))),
    forget(key) {
      clients.forget(key);
      soon.delete(key);
    },
  };
}
