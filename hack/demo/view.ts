import type { Container, HomelabLayer } from "../../controller/api/index.ts";
import type { Colour, Ink } from "./ink.ts";
import type { Happening, Scene } from "./scene.ts";
import { NETWORK_LINES, networkLines } from "./networkView.ts";
import type { Progress } from "./progress.ts";
import { readyOf, type Ready } from "./ready.ts";

/** What is drawn. */
export interface Picture {
  readonly scene: Scene;
  readonly story: readonly Progress[];
  /** Seconds since the story began. */
  readonly seconds: number;
  readonly ink: Ink;
}

/** Headline, layers and guests. */
const LAB_LINES = 17;
const MAX_EVENTS = 6;
/** From this height on the network has a line for each device. */
const TALL_ROWS = 40;

/** The live view in at most `rows` lines: the tree first, then the story, then the last events. */
export function draw(picture: Picture, rows: number): readonly string[] {
  const tall = rows >= TALL_ROWS;
  const network = networkLines({ network: picture.scene.network, ink: picture.ink, colourOf }, tall);
  const tree = [headline(picture), ...treeOf(picture), ...network, ""].slice(0, rows);
  const full = LAB_LINES + (tall ? NETWORK_LINES.tall : NETWORK_LINES.short) + 1;
  const left = rows - Math.max(tree.length, full);
  const story = storyLines(picture, Math.max(0, left));
  const events = eventLines(picture, Math.min(MAX_EVENTS, left - story.length - 1));
  return [...tree, ...story, ...events];
}

function headline({ scene, seconds, ink }: Picture): string {
  const { homelab, cluster } = scene;
  if (homelab === undefined) return `${ink("bold", "homelab-controller")} · nothing is applied yet`;
  const ready = readyOf(homelab);
  const version = cluster?.status?.version ?? "";
  const { layers = "", guests = "" } = homelab.status?.summary ?? {};
  const parts = [
    ink("bold", "homelab-controller"),
    ink(colourOf(ready), ready.reason),
    `layers ${layers}`,
    `healthy ${guests}`,
    `${seconds.toFixed(0)} s`,
    `Proxmox VE ${version} (simulated)`,
  ];
  return parts.join(" · ");
}

function treeOf({ scene, ink }: Picture): string[] {
  return scene.layers.flatMap((layer) => {
    const members = scene.containers.filter((each) => each.spec.layerRef.name === layer.metadata.name);
    const ordered = members.toSorted((a, b) => a.spec.vmid - b.spec.vmid);
    return [layerLine(layer, ink), ...ordered.map((each) => guestLine(each, ink))];
  });
}

function layerLine(layer: HomelabLayer, ink: Ink): string {
  const ready = readyOf(layer);
  const { order = "", summary = {} } = layer.status ?? {};
  const { members = "", boot } = summary;
  const took = boot === undefined ? "" : `up in ${boot}`;
  const name = ink("bold", layer.metadata.name.padEnd(29));
  return `${String(order)} ${name} ${members.padEnd(18)} ${ink(colourOf(ready), ready.reason.padEnd(15))} ${ink("dim", took)}`;
}

function guestLine(guest: Container, ink: Ink): string {
  const ready = readyOf(guest);
  const { powerState = "", health = "" } = guest.status ?? {};
  const sign = ink(colourOf(ready), ready.status === "True" ? "●" : "○");
  const name = `${String(guest.spec.vmid).padStart(4)} ${guest.metadata.name.padEnd(22)}`;
  const state = `${powerState.padEnd(8)} ${(powerState === "Running" ? health : "").padEnd(9)}`;
  return `  ${sign} ${name} ${state} ${ink(colourOf(ready), ready.reason.padEnd(15))} ${ink("dim", timing(guest.status))}`;
}

/** Who holds it, or how long its last start took from the call to health. */
function timing({ hold, lastStart, restarts }: NonNullable<Container["status"]> = { observedGeneration: -1 }): string {
  if (hold !== undefined) return `held for ${hold.by}`;
  const { requestTime, healthyTime } = lastStart ?? {};
  if (requestTime === undefined || healthyTime === undefined) return "";
  const took = (Date.parse(healthyTime) - Date.parse(requestTime)) / 1000;
  return `up in ${took.toFixed(1)} s${restarts === undefined ? "" : `, restarts ${String(restarts.count)}`}`;
}

const calm: readonly string[] = [
  ...["", "LayerNotReady", "Connecting", "NewObject", "Stopped", "HostUnreachable"],
  ...["ControllerGuestDown", "SegmentMissing"],
];
const alarming: readonly string[] = ["Crashed", "Halted", "Degraded", "RestartLimit", "WiringDiffers"];

function colourOf({ status, reason }: Ready): Colour {
  if (reason === "StoppedByHand") return "cyan";
  if (calm.includes(reason)) return "dim";
  if (status === "True") return "green";
  return alarming.includes(reason) ? "red" : "yellow";
}

const signs = { pending: ["dim", "·"], playing: ["yellow", "…"], seen: ["green", "✔"], missed: ["red", "✘"] } as const;

export function storyLine({ state, title, detail, seconds }: Progress, ink: Ink): string {
  const [colour, sign] = signs[state];
  const after = detail === "" ? "" : ink("dim", ` – ${detail}`);
  const time = seconds === 0 ? "" : ink("dim", ` (${seconds.toFixed(1)} s)`);
  return `${ink(colour, sign)} ${state === "pending" ? ink("dim", title) : title}${after}${time}`;
}

/** As many of the steps as fit; when not all do, those around the present one. */
function storyLines({ story, ink }: Picture, room: number): string[] {
  const present = story.findIndex((step) => step.state === "playing" || step.state === "pending");
  const end = Math.max(Math.min(room, story.length), present === -1 ? story.length : present + 1);
  return story.slice(Math.max(0, end - room), end).map((step) => storyLine(step, ink));
}

function eventLines({ scene, ink }: Picture, room: number): string[] {
  if (room < 2) return [];
  return ["", ...scene.happenings.slice(1 - room).map((each) => eventLine(each, ink))];
}

export function eventLine({ eventTime, type, regarding, reason, note }: Happening, ink: Ink): string {
  const time = new Date(eventTime ?? 0).toLocaleTimeString("en-GB");
  const word = ink(type === "Warning" ? "yellow" : "dim", reason);
  return `${ink("dim", time)} ${regarding.name} ${word} ${ink("dim", note ?? "")}`;
}
