import { Cron } from "croner";

/** A cron expression in a time zone, read. */
export interface Schedule {
  /** The latest time of it that is later than `after` and not later than `now`, milliseconds; undefined: none. */
  due(after: number, now: number): number | undefined;
  /** The first time of it that is later than `now`; undefined when there is none any more. */
  next(now: number): number | undefined;
}

/** The schedule, or the sentence that says what is wrong with it. */
export function scheduleOf(expression: string, timeZone: string): Schedule | { readonly wrong: string } {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    return { wrong: `timeZone ${timeZone} is not known; write a name of the IANA database, such as Europe/Madrid` };
  }
  let cron: Cron;
  try {
    cron = new Cron(expression, { timezone: timeZone, paused: true, mode: "5-part" });
  } catch (error) {
    const text = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error);
    return { wrong: `schedule "${expression}" cannot be read: ${text}` };
  }
  return {
    due: (after, now) => {
      // The reference itself does not count as previous.
      const [latest] = cron.previousRuns(1, new Date(now + 1));
      return latest !== undefined && latest.getTime() > after ? latest.getTime() : undefined;
    },
    next: (now) => cron.nextRun(new Date(now))?.getTime(),
  };
}
