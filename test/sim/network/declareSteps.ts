import { annotation } from "../../../controller/api/meta.ts";
import { apply, remove } from "../deletionSteps.ts";
import { edit, pick, type StepRun, type StepTable } from "../stepTable.ts";
import {
  devicesIn,
  idOf,
  isLeaving,
  netObjects,
  rulesIn,
  segmentsIn,
  wlansIn,
  type NetDeclared,
} from "./netObjects.ts";
import type { NetworkHistory } from "./netHistory.ts";
import { segmentSpec } from "./netSpecs.ts";
import { confirmNetwork, controllerAgain, controllerEdit } from "./controllerSteps.ts";

type Run = StepRun<NetworkHistory>;
type Raw = Readonly<Record<string, unknown>>;

/** What people write about the network. */
export const declareSteps: StepTable<NetworkHistory> = new Map<string, Run>([
  ["net delete", (history, a) => take(history, some(history, a))],
  ["net delete another", (history, a) => take(history, some(history, a))],
  ["net apply again", again],
  ["net rename", rename],
  ["net suspend", (history, a, b) => change(history, some(history, a), { suspend: b % 3 === 0 })],
  [
    "net adopts",
    (history, a, b) => change(history, adopter(history, a), { adoption: b % 3 === 0 ? "Refuse" : "Adopt" }),
  ],
  ["net drift policy", driftPolicy],
  [
    "net deletion policy",
    (history, a, b) => change(history, owner(history, a), { deletionPolicy: b % 3 === 0 ? "Retain" : "Delete" }),
  ],
  ["segment edit", segmentEdit],
  ["segment edited again", segmentEdit],
  ["segment new", newSegment],
  ["segment twin", twin],
  ["wlan edit", wlanEdit],
  ["rule edit", ruleEdit],
  ["ports edit", portsEdit],
  ["net prune", prune],
  ["net force-delete", forceDelete],
  ["net confirm", (history) => confirmNetwork(history)],
  ["site suspend", (history, _a, b) => controllerEdit(history, { suspend: b % 2 === 0 })],
  ["site runs", (history) => controllerEdit(history, { suspend: false })],
  [
    "controller deleted",
    (history) => remove(history, "OmadaController", history.lab.kube.all("OmadaController")[0]?.metadata.name),
  ],
  ["controller again", (history) => controllerAgain(history)],
]);

function some(history: NetworkHistory, index: number): NetDeclared | undefined {
  return pick(
    netObjects(history.lab).filter((one) => !isLeaving(one)),
    index,
  );
}

function of(history: NetworkHistory, kinds: readonly string[], index: number): NetDeclared | undefined {
  return pick(
    netObjects(history.lab).filter((one) => !isLeaving(one) && kinds.includes(one.kind)),
    index,
  );
}

const adopter = (history: NetworkHistory, a: number): NetDeclared | undefined =>
  of(history, ["NetworkSegment", "WirelessNetwork", "ClientGroup", "AccessRule"], a);

const owner = (history: NetworkHistory, a: number): NetDeclared | undefined =>
  of(history, ["NetworkSegment", "WirelessNetwork", "ClientGroup", "AccessRule"], a);

function rawOf(history: NetworkHistory, one: NetDeclared): Raw {
  return history.lab.read(one.kind, one.metadata.name)?.spec as Raw;
}

function change(history: NetworkHistory, one: NetDeclared | undefined, fields: Raw): string | undefined {
  if (one === undefined) return undefined;
  edit(history, one.kind, one.metadata.name, fields);
  return `${idOf(one)} ${JSON.stringify(fields)}`;
}

function take(history: NetworkHistory, one: NetDeclared | undefined): string | undefined {
  return one === undefined ? undefined : remove(history, one.kind, one.metadata.name);
}

function again(history: NetworkHistory, a: number): string | undefined {
  const gone = [...history.removed.values()].filter(
    ({ kind, name }) => /^(Network|Wireless|Access|Client)/.test(kind) && history.lab.read(kind, name) === undefined,
  );
  const one = pick(gone, a);
  return one === undefined ? undefined : apply(history, one);
}

/** The same under another name: a segment and an SSID keep theirs in Omada only where it is written. */
function rename(history: NetworkHistory, a: number, b: number): string | undefined {
  const one = some(history, a);
  if (one === undefined) return undefined;
  const name = `renamed${b % 5}`;
  if (history.lab.read(one.kind, name) !== undefined) return undefined;
  const manifest = { kind: one.kind, name, spec: rawOf(history, one) };
  if (b % 2 === 0) apply(history, manifest);
  remove(history, one.kind, one.metadata.name);
  if (b % 2 === 1) apply(history, manifest);
  history.removed.delete(idOf(one));
  return `${idOf(one)} to ${name}`;
}

function driftPolicy(history: NetworkHistory, a: number, b: number): string | undefined {
  const one = some(history, a);
  if (one === undefined) return undefined;
  const { driftPolicy: _, ...rest } = rawOf(history, one);
  const wanted = pick(["Correct", "Correct", "Report", undefined], b);
  const spec = { ...rest, ...(wanted === undefined ? {} : { driftPolicy: wanted }) };
  apply(history, { kind: one.kind, name: one.metadata.name, spec });
  return `${idOf(one)} ${String(wanted)}`;
}

function segmentEdit(history: NetworkHistory, a: number, b: number): string | undefined {
  const one = pick(
    segmentsIn(history.lab).filter((each) => !isLeaving(each) && each.spec.vlan !== undefined),
    a,
  );
  if (one === undefined) return undefined;
  const net = `192.168.${one.spec.vlan ?? 0}`;
  const isLayer2 = one.spec.purpose === "VLAN";
  const edits: readonly Raw[] = [
    { isolated: true },
    { isolated: false },
    isLayer2 ? {} : { dhcp: { enabled: true, start: `${net}.50`, end: `${net}.99`, leaseSeconds: 3600 } },
    isLayer2 ? {} : { dhcp: { enabled: false } },
    isLayer2 ? {} : { dhcp: { enabled: true, dns: [`${net}.1`], domain: "lab.example" } },
    { omada: { networkName: `named${b % 4}` } },
    { omada: {} },
    { vlan: 10 + (b % 6) * 10 },
    { gateway: `${net}.2` },
  ];
  return change(history, one, pick(edits, b) ?? {});
}

function newSegment(history: NetworkHistory, a: number, b: number): string | undefined {
  const name = `new${b % 6}`;
  if (history.lab.read("NetworkSegment", name) !== undefined) return undefined;
  const spec = segmentSpec({
    vlan: 50 + (a % 5) * 10,
    purpose: undefined,
    isolated: b % 2 === 0 ? true : undefined,
    dhcp: b % 3 === 0,
    before: false,
    proxmox: false,
    adoption: "Refuse",
    deletionPolicy: b % 4 === 0 ? "Retain" : "Delete",
    driftPolicy: undefined,
    suspend: false,
  });
  return apply(history, { kind: "NetworkSegment", name, spec });
}

/** Two objects that declare the same. */
function twin(history: NetworkHistory, a: number, b: number): string | undefined {
  const one = of(history, ["NetworkSegment", "WirelessNetwork", "ClientGroup", "AccessRule"], a);
  const name = `twin${b % 4}`;
  if (one === undefined || history.lab.read(one.kind, name) !== undefined) return undefined;
  return apply(history, { kind: one.kind, name, spec: rawOf(history, one) });
}

function wlanEdit(history: NetworkHistory, a: number, b: number): string | undefined {
  const one = pick(
    wlansIn(history.lab).filter((each) => !isLeaving(each)),
    a,
  );
  const segment = pick(segmentsIn(history.lab), b)?.metadata.name ?? "lan";
  const edits: readonly Raw[] = [
    { hidden: true },
    { hidden: false },
    { isolation: true },
    { bands: ["2.4GHz", "5GHz"] },
    { bands: ["5GHz"] },
    { segmentRef: { name: segment } },
    { ssid: `ssid${b % 4}` },
    { security: { mode: "Open" } },
    { security: { mode: "WPA2", passphraseRef: { name: "wifi", key: "passphrase" } } },
  ];
  return change(history, one, pick(edits, b) ?? {});
}

function ruleEdit(history: NetworkHistory, a: number, b: number): string | undefined {
  const one = pick(
    rulesIn(history.lab).filter((each) => !isLeaving(each)),
    a,
  );
  const segment = pick(segmentsIn(history.lab), b)?.metadata.name ?? "lan";
  const edits: readonly Raw[] = [
    { enabled: b % 3 === 0 },
    { action: "Allow" },
    { action: "Deny", from: { segmentRef: { name: segment } } },
    { to: { segmentRef: { name: segment } } },
    { to: { cidr: `10.${b % 8}.0.0/16` } },
    { priority: b },
    { protocol: "TCP", ports: ["22", "8000-8100"] },
    { from: { cidr: "192.168.0.0/24" } },
  ];
  return change(history, one, pick(edits, b) ?? {});
}

function portsEdit(history: NetworkHistory, a: number, b: number): string | undefined {
  const one = devicesIn(history.lab).find(({ spec }) => spec.role === "Switch");
  const name = (index: number): string => pick(segmentsIn(history.lab), index)?.metadata.name ?? "lan";
  const number = pick([12, 13, 1, 4, 8, 24], a) ?? 12;
  const networks = { nativeSegmentRef: { name: name(b) }, taggedSegmentRefs: [name(b + 1)] };
  const ports = [
    { number, ...(b % 4 === 0 ? { enabled: b % 8 === 0 } : networks), ...(b % 5 === 0 ? { name: `port ${b}` } : {}) },
  ];
  return change(history, one, { ports, ...(b % 7 === 0 ? { displayName: `Core${b}` } : {}) });
}

/** A commit that lost its files. */
function prune(history: NetworkHistory): string {
  return netObjects(history.lab)
    .filter((one) => !isLeaving(one))
    .map((one) => take(history, one))
    .join(", ");
}

function forceDelete(history: NetworkHistory, a: number): string | undefined {
  const one = pick(netObjects(history.lab).filter(isLeaving), a);
  if (one === undefined) return undefined;
  history.lab.kube.annotate(history.lab.key(one.kind, one.metadata.name), { [annotation.forceDelete]: "true" });
  history.editedAt = history.now;
  return idOf(one);
}
