import { expect } from "chai";
import type { ControllerChild } from "./controllerChild.ts";
import { withBed, type Bed, type BedOptions } from "./labBed.ts";
import { THREE_GUESTS, type BedGuest } from "./labObjects.ts";

/** One guest, `db` with vmid 101. */
export const ONE_GUEST: readonly BedGuest[] = THREE_GUESTS.slice(0, 1);

/** A lab with a controller, everything applied; at the end everything must be Settled, for each fault heals. */
export async function withFaults(
  options: Partial<BedOptions>,
  use: (bed: Bed, controller: ControllerChild) => Promise<void>,
): Promise<void> {
  await withBed({ guests: ONE_GUEST, ...options }, async (bed) => {
    await use(bed, await bed.start());
    await bed.untilAll("Settled");
  });
}

/** The same, with the lab up and running before. */
export async function withRunningLab(
  options: Partial<BedOptions>,
  use: (bed: Bed, controller: ControllerChild) => Promise<void>,
): Promise<void> {
  await withFaults(options, async (bed, controller) => {
    await bed.applyLab();
    await bed.untilAll("Settled");
    await use(bed, controller);
  });
}

/** Fails when a person was told such a thing. */
export function expectUntold(bed: Bed, pattern: RegExp): void {
  expect([...bed.told].filter((line) => pattern.test(line))).to.deep.equal([]);
}

/** How many tasks of this type our token made for the guest, however they ended. */
export async function tasksOf(bed: Bed, type: string, vmid = 101): Promise<number> {
  return (await bed.host.tasks(type, vmid)).length;
}

/** The host has been looked at that many times since now: what was to be noticed was noticed. */
export async function looks(bed: Bed, times: number): Promise<void> {
  const since = await bed.host.mark();
  await bed.untilHost(`${String(times)} looks`, async () => {
    const asked = (await bed.host.all(since)).filter((call) => call.path === "/cluster/resources");
    return asked.length >= times ? true : undefined;
  });
}

/** The host's own log shows more than ten looks, from the first to the last as long as that. */
export async function looksFor(bed: Bed, seconds: number): Promise<void> {
  const since = await bed.host.mark();
  const look = async (): Promise<true | undefined> => {
    const times = (await bed.host.all(since)).flatMap(({ path, time }) =>
      path === "/cluster/resources" ? [time] : [],
    );
    const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
    return times.length > MANY && span >= seconds * 1000 ? true : undefined;
  };
  await bed.untilHost(`looks for ${String(seconds)} s`, look, 2 * seconds + SLACK_SECONDS);
}

const MANY = 10;
const SLACK_SECONDS = 45;

/** The controller has written this to its log. */
export async function logged(bed: Bed, controller: ControllerChild, message: string): Promise<void> {
  await bed.untilHost(`the log says ${message}`, async () =>
    (await controller.log()).find((line) => line.message === message),
  );
}
