import { Container, VirtualMachine, type Guest, type GuestStatus } from "../../api/index.ts";
import { keyOf, keyText, type Stored } from "../../api/meta.ts";
import { isUnknown, ProviderError, textOf } from "../../base/outcome.ts";
import type { Receipt } from "../../plan/action.ts";
import { planGuest } from "../../plan/guests/guest.ts";
import type { GuestAction } from "../../plan/guests/guestAction.ts";
import type { GuestInput } from "../../plan/guests/guestInput.ts";
import type { GuestReport } from "../../plan/guests/guestAction.ts";
import { idOf, type Lab } from "../../plan/lab.ts";
import type { Driver } from "../../runtime/driver.ts";
import { busyWith, needsBusyLook } from "./guestBusy.ts";
import { changesOf } from "./guestChanges.ts";
import { snapshotsOf } from "./guestSnapshots.ts";
import { executeGuest } from "./guestExecute.ts";
import { gather } from "./guestGather.ts";
import type { GuestSeenWhole } from "./guestSeenWhole.ts";
import type { GuestRecord } from "../lab/guestMemory.ts";
import { forgive, noteFailure } from "./guestTask.ts";
import type { GuestWorkshop } from "./guestWorkshop.ts";
import { parsed } from "../shared/objects.ts";

type GuestDriver = Driver<Stored, GuestStatus, GuestSeenWhole, GuestAction>;

/** Containers and VMs: plan + port. */
export function guestDriver(kind: typeof Container | typeof VirtualMachine, shop: GuestWorkshop): GuestDriver {
  const labOf = (object: Guest): Lab => shop.labs.of(object.metadata.namespace);
  const inputOf = (object: Guest, whole: GuestSeenWhole): GuestInput => shop.inputOf(object, whole);
  return {
    kind,
    async observe(stored, signal) {
      const object = guestOf(kind, stored);
      const whole = await looked(object, shop, signal);
      shop.labs.touch(object.metadata.namespace, idOf(object));
      if (whole.sight.is !== "present" || whole.looking === undefined) return whole;
      const changes = await changesOf(object, whole.sight, { ...whole.looking, lab: labOf(object) }, signal);
      const planned = (sight: Present): GuestAction | undefined =>
        planGuest(inputOf(object, { ...whole, sight })).action;
      const sight = await closer({ ...whole.sight, changes }, planned, whole.looking, signal);
      if (!needsBusyLook(planned(sight))) return { ...whole, sight };
      return { ...whole, sight: { ...sight, busy: await busyWith(object, sight, whole.looking, signal) } };
    },
    decide(stored, whole) {
      const object = guestOf(kind, stored);
      const decision = planGuest(inputOf(object, whole));
      return shop.settle(object, whole, decision);
    },
    execute: (action, stored, signal) => executeGuest(action, guestOf(kind, stored), shop, signal),
    intent: (report, action, receipt) => intent(report, action, receipt),
    after(action, stored, receipt, error) {
      after(guestOf(kind, stored), { action, receipt, error }, shop);
    },
    forget(key) {
      shop.forget(key);
    },
  };
}

type Present = Extract<GuestInput["sight"], { is: "present" }>;

/** With its snapshots, where an update is next that goes by them. */
async function closer(
  sight: Present,
  planned: (sight: Present) => GuestAction | undefined,
  looking: Parameters<typeof snapshotsOf>[1],
  signal: AbortSignal,
): Promise<Present> {
  if (planned(sight)?.blind !== true) return sight;
  return { ...sight, snapshots: await snapshotsOf(sight.guest, looking, signal) };
}

/** A look that failed was a look too: the lab does not wait for it for ever (L10). */
async function looked(object: Guest, shop: GuestWorkshop, signal: AbortSignal): Promise<GuestSeenWhole> {
  try {
    const whole = await gather(object, shop, signal);
    if (whole.sight.is !== "unseen" || whole.sight.reason !== "Connecting") shop.noteLooked(object);
    return whole;
  } catch (error) {
    shop.noteLooked(object);
    shop.passOver(keyText(keyOf(object)));
    if (error instanceof ProviderError && error.kind === "permission") shop.doubtPermissions(object);
    throw error;
  }
}

function guestOf(kind: typeof Container | typeof VirtualMachine, stored: Stored): Guest {
  return kind === Container ? parsed(Container, stored) : parsed(VirtualMachine, stored);
}

function intent(report: GuestReport, action: GuestAction, receipt: Receipt | undefined): GuestReport {
  const recorded: GuestReport = withoutUndefined({ ...report, ...action.record });
  if (recorded.task === undefined || receipt?.upid === undefined) return recorded;
  return { ...recorded, task: { ...recorded.task, upid: receipt.upid } };
}

function withoutUndefined(report: object): GuestReport {
  return Object.fromEntries(Object.entries(report).filter(([, value]) => value !== undefined));
}

interface Done {
  readonly action: GuestAction;
  readonly receipt: Receipt | undefined;
  readonly error: unknown;
}

/** What this process must remember of a call: its UPID, its failure, and that everything seen before it is old (O2). */
function after(object: Guest, { action, receipt, error }: Done, shop: GuestWorkshop): void {
  const key = keyText(keyOf(object));
  const record = shop.memory.of(key);
  const port = shop.portOf(object);
  record.freshAfter = port?.mark() ?? record.freshAfter;
  record.read = undefined;
  if (receipt?.upid !== undefined) {
    record.own.add(receipt.upid);
    if (port !== undefined) shop.taskWatch.begin(key, receipt.upid, port);
  }
  if (action.effect === "marks" || action.effect === "configures") record.config = undefined;
  if (error === undefined) done(action, record);
  else failed(object, action, error, shop);
  const mayRun = action.makesTask && (error === undefined || isUnknown(error));
  if (!mayRun) shop.release(key);
}

/** What makes no task is done when its call is; a task's end is noted when it is seen. */
function done(action: GuestAction, record: GuestRecord): void {
  // A new try: what became of the last one no longer says anything.
  if (action.moves === true) record.lastFailure = undefined;
  if (action.makesTask) return;
  if (action.effect === "configures") forgive(record, action.op);
  else if (record.lastFailure?.op === action.op) record.lastFailure = undefined;
}

function failed(object: Guest, action: GuestAction, error: unknown, shop: GuestWorkshop): void {
  if (isUnknown(error) || !(error instanceof ProviderError) || !COUNTED.has(error.kind)) return;
  const record = shop.memory.of(keyText(keyOf(object)));
  if (error.kind === "permission") shop.doubtPermissions(object);
  noteFailure(record, {
    op: action.op,
    kind: error.kind,
    text: textOf(error),
    at: shop.clock.monotonic(),
    generation: object.metadata.generation,
  });
}

/** Refusals that a further try should wait after; the rest say nothing about the guest. */
const COUNTED: ReadonlySet<string> = new Set(["spec", "space", "permission", "other"]);
