import { annotation, FINALIZER } from "../../../controller/api/meta.ts";
import { NAMESPACE } from "../../fakes/lab.ts";
import type { AclSeen } from "../../../controller/providers/omadaSeen.ts";
import type { OmadaApproach } from "../../fakes/omadaController.ts";
import { homelabIn } from "../declared.ts";
import { fieldRules } from "./fieldRules.ts";
import { lockRules } from "./lockRules.ts";
import { idOf, isLeaving, isSuspended, networkName, policiesOf, segmentsIn, wlansIn } from "./netObjects.ts";
import type { NetworkHistory, ShelfName } from "./netHistory.ts";
import { actorsOf, isBound } from "./siteActors.ts";
import { argsOf, SITE_STALE_MS, type SiteRule, type SiteScene } from "./siteScene.ts";

const AWAY_MS = 40_000;
const PENDING_MS = 58_900;
const WINDOW_MS = 598_000;
const DISPROOF_MS = 29_000;
/** Between two looks while something is under way. */
const LOOK_MS = 5_000;

/** The list that a call adds to. */
function shelfOf({ call, args }: Pick<SiteScene, "call" | "args">): ShelfName | undefined {
  const shelves: Partial<Record<OmadaApproach["call"], ShelfName | undefined>> = {
    createNetwork: "networks",
    createProfile: "profiles",
    createWlan: "wlans",
    createAcl: "acls",
    createGroup: "groups",
    setReservation: args[1] === false ? "reservations" : undefined,
  };
  return shelves[call];
}

const isDelete = (call: OmadaApproach["call"]): boolean => call.startsWith("delete");

const everyWrite: readonly SiteRule[] = [
  ["P1", ({ history }) => (history.lab.led ? undefined : "nobody holds the lease")],
  [
    "L2",
    ({ history }) => (!history.deaf && homelabIn(history.lab) === undefined ? "no Homelab is in charge" : undefined),
  ],
  ["A3", anotherActs],
  ["I9", ({ actors }) => (actors.length > 0 ? undefined : "it is nobody's of ours")],
  ["suspend", suspended],
  ["deleted", leaving],
  ["I4", notCorrected],
  ["I9", siteDefault],
  ["N4", unseenCreate],
  ["I9", doubleMark],
  ...fieldRules,
  ...lockRules,
];

const deletions: readonly SiteRule[] = [
  ["I7", unwanted],
  ["I5", tooSoon],
  ["I5", handedOver],
  ["I8", brake],
  ["N2", inUse],
];

/** Holds a write against every rule, before it takes effect. */
export function judgeSite(history: NetworkHistory, approach: OmadaApproach): void {
  const { now, site } = history;
  if (approach.is === "sent") {
    if (!site.answers && history.siteAwaySince !== undefined && now - history.siteAwaySince > AWAY_MS)
      history.blame("O3", `${approach.call} is sent while nothing answers`);
    // A process that is gone may have left one on its way.
    if (site.writing > 0 && now - history.processBeganAt > site.latencyMs + 1_000)
      history.blame("N4", `${approach.call} is sent while another write is in flight`);
    return;
  }
  const fresh = now - Math.max(history.siteTouchedAt, history.frozenAt) > SITE_STALE_MS;
  const { call, args } = approach;
  const scene: SiteScene = { history, call, args, actors: actorsOf(history, approach), now, fresh };
  for (const [rule, broken] of [...everyWrite, ...(isDelete(call) ? deletions : [])]) {
    const text = broken(scene);
    if (text !== undefined) history.blame(rule, `omada ${call} ${JSON.stringify(args)}: ${text}`);
  }
  arrived(scene);
}

/** What later rules go by. */
function arrived(scene: SiteScene): void {
  const { history, call, actors, now } = scene;
  const shelf = shelfOf(scene);
  if (shelf !== undefined) history.lastCreate.set(shelf, { at: now, uids: actors.map(({ metadata }) => metadata.uid) });
  const [gone] = actors.filter(isLeaving);
  if (isDelete(call) && gone !== undefined) history.removals = [...history.removals, { at: now, id: idOf(gone) }];
}

function anotherActs({ history }: SiteScene): string | undefined {
  const since = history.sightings.anotherSince;
  if (since === undefined || history.tookOverAt >= since) return undefined;
  return "another controller acts with our token, and nobody has said take-over";
}

function suspended({ history, actors }: SiteScene): string | undefined {
  if (history.deaf || actors.length === 0) return undefined;
  return actors.every((one) => isSuspended(history.lab, one)) ? "it is suspended" : undefined;
}

function leaving({ history, call, actors }: SiteScene): string | undefined {
  if (history.deaf || actors.length === 0) return undefined;
  if (isDelete(call)) return actors.some(isLeaving) ? undefined : "its object is not being deleted";
  return actors.every(isLeaving) ? "its object is being deleted" : undefined;
}

/** What exists is changed only where driftPolicy says so, or for what this object made. */
function notCorrected(scene: SiteScene): string | undefined {
  const { history, call, args, actors } = scene;
  if (
    !["updateNetwork", "updateWlan", "updateAcl", "setPort", "setRadio", "renameDevice", "renameClient"].includes(call)
  )
    return undefined;
  const id = call === "updateWlan" ? argsOf(scene, "updateWlan")[0].id : String(args[0]);
  if (history.deaf || onlyMarks(scene)) return undefined;
  const may = actors.some((one) => {
    const { driftPolicy } = policiesOf(one);
    return (
      driftPolicy === "Correct" || (driftPolicy === undefined && history.made.get(one.metadata.uid)?.has(id) === true)
    );
  });
  return may || actors.length === 0 ? undefined : "driftPolicy does not ask for it";
}

/** Adoption of a rule writes its mark. */
function onlyMarks(scene: SiteScene): boolean {
  if (scene.call !== "updateAcl") return false;
  const [id, { description, action, enabled }] = argsOf(scene, "updateAcl");
  const before = scene.history.site.acls.get(id);
  return before?.action === action && before.enabled === enabled && before.description !== description;
}

/** The default network, what Omada made itself: never deleted, and of the generated never changed. */
function siteDefault(scene: SiteScene): string | undefined {
  const { call, args, history } = scene;
  const { site } = history;
  const id = String(args[0]);
  if (call === "deleteNetwork" && site.networks.get(id)?.primary === true) return "it is the site's default network";
  if (call.endsWith("Profile") && site.profiles.get(id)?.builtIn === true) return "it is a profile of the site's own";
  const group = call === "deleteGroup" ? argsOf(scene, "deleteGroup")[0].id : id;
  if (call.endsWith("Group") && site.groups.get(group)?.builtIn === true) return "it is a group of the site's own";
  return undefined;
}

/** Nothing of a kind is created until the one before was seen, or half a minute has disproved it. */
function unseenCreate(scene: SiteScene): string | undefined {
  const { history, now } = scene;
  const shelf = shelfOf(scene);
  const before = shelf === undefined ? undefined : history.lastCreate.get(shelf);
  if (shelf === undefined || before === undefined || before.at < history.kubeNewAt) return undefined;
  if (now - before.at >= DISPROOF_MS) return undefined;
  const listed = new Set<unknown>(history.site[shelf].listed(now));
  const hidden = history.site[shelf].all().find((row) => !listed.has(row));
  return hidden === undefined ? undefined : `no list shows yet what was made before: ${JSON.stringify(hidden)}`;
}

/** A rule, a group for one end of it, a reservation: each exists once. */
function doubleMark(scene: SiteScene): string | undefined {
  const { call, history } = scene;
  if (call !== "createAcl") return undefined;
  const [wish] = argsOf(scene, "createAcl");
  const twin = history.site.acls.find((acl) => acl.table === wish.table && acl.description.includes(wish.description));
  if (twin === undefined || (history.isStranger(twin.id) && !scene.fresh)) return undefined;
  if (isForgotten(scene, twin)) return undefined;
  return `${twin.id} carries its mark already`;
}

/** No list has shown it long enough to be looked at, and Kubernetes, where its create was on record, is another one (N4). */
function isForgotten({ history, now }: SiteScene, twin: AclSeen): boolean {
  const made = history.lastCreate.get("acls");
  if (made === undefined || made.at >= history.kubeNewAt) return false;
  return !history.site.acls.listed(now - LOOK_MS).some(({ id }) => id === twin.id);
}

function unwanted({ history, actors }: SiteScene): string | undefined {
  if (history.lab.kube.isTerminating(NAMESPACE)) return "its namespace is being deleted";
  const going = actors.filter(isLeaving);
  const wanted = going.some(
    (one) =>
      policiesOf(one).deletionPolicy === "Delete" &&
      one.metadata.finalizers?.includes(FINALIZER) === true &&
      one.metadata.annotations?.[annotation.forceDelete] !== "true",
  );
  return wanted || going.length === 0 ? undefined : "no deleted object asks for it";
}

function tooSoon({ history, actors }: SiteScene): string | undefined {
  const waited = actors.filter(isLeaving).map(({ metadata }) => history.leavingMs(metadata.uid));
  if (waited.length === 0 || waited.some((ms) => ms >= PENDING_MS)) return undefined;
  return `${waited.map((ms) => (ms / 1000).toFixed(1)).join(", ")} s after its deletion`;
}

/** Another object of the namespace declares the same. */
function handedOver({ history, call, args }: SiteScene): string | undefined {
  if (history.deaf) return undefined;
  if (call === "deleteNetwork") {
    const network = history.site.networks.get(String(args[0]));
    const heir = segmentsIn(history.lab).find(
      (one) =>
        !isLeaving(one) &&
        one.spec.omada !== undefined &&
        networkName(one) === network?.name &&
        one.spec.vlan === network.vlan,
    );
    return heir === undefined ? undefined : `${idOf(heir)} declares it`;
  }
  if (call !== "deleteWlan") return undefined;
  const { id } = argsOf({ args }, "deleteWlan")[0];
  const heir = wlansIn(history.lab).find(
    (one) => !isLeaving(one) && one.spec.ssid === history.site.wlans.get(id)?.ssid && !isBound(history, one, id),
  );
  return heir === undefined ? undefined : `${idOf(heir)} declares it`;
}

/** Guests and network share it; beyond the limit only what a person has seen in the list and confirmed. */
function brake({ history, actors, now }: SiteScene): string | undefined {
  const homelab = homelabIn(history.lab);
  const going = actors.filter(isLeaving);
  if (homelab === undefined || going.length === 0 || history.deaf) return undefined;
  const own = new Set(going.map(idOf));
  const network = new Set(
    history.removals.filter(({ at, id }) => now - at < WINDOW_MS && !own.has(id)).map(({ id }) => id),
  );
  const guests = new Set(history.destroyed.filter(({ at }) => now - at < WINDOW_MS).map(({ vmid }) => vmid));
  const others = network.size + guests.size;
  const confirmed = going.some(({ metadata }) => history.netConfirmed.has(metadata.uid));
  if (others < homelab.spec.brake.maxDestroys || confirmed) return undefined;
  return `${others} were destroyed in the last ten minutes, and ${[...own].join(", ")} is on no confirmed list`;
}

/** Uses go before the network. */
function inUse(scene: SiteScene): string | undefined {
  const { history, call, args, fresh } = scene;
  if (call !== "deleteNetwork" || !fresh) return undefined;
  const id = String(args[0]);
  const { site } = history;
  const network = site.networks.get(id);
  const rules = site.acls.all().filter((acl) => [acl.source, acl.destination].some(({ ids }) => ids.includes(id)));
  const wlans = site.wlans.all().filter(({ vlan }) => vlan !== undefined && vlan === network?.vlan);
  const kept = site.reservations.all().filter(({ networkId }) => networkId === id);
  const users = [
    ...rules.map(({ description }) => description),
    ...wlans.map(({ ssid }) => ssid),
    ...kept.map(({ mac }) => mac),
  ];
  return users.length === 0 ? undefined : `it is used by ${users.join(", ")}`;
}
