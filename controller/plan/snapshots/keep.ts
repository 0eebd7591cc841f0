/** How many snapshots stay, by period; a rule that is absent keeps none. */
export interface Keep {
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
}

/**
 * The times that no rule keeps, oldest first. Each rule keeps the newest of each of its last periods that have one, so a
 * gap in the past uses up no period. Without rules all stay.
 */
export function doomed(times: readonly number[], keep: Keep | undefined, timeZone: string): readonly number[] {
  if (keep === undefined) return [];
  const newestFirst = [...new Set(times)].sort((a, b) => b - a);
  const kept = new Set(newestFirst.slice(0, keep.last ?? 0));
  const calendar = calendarOf(timeZone);
  for (const [period, most] of [
    ["hour", keep.hourly],
    ["day", keep.daily],
    ["week", keep.weekly],
    ["month", keep.monthly],
  ] as const) {
    const newest = new Map<string, number>();
    for (const time of newestFirst) {
      const name = calendar(time)[period];
      if (!newest.has(name)) newest.set(name, time);
    }
    for (const time of [...newest.values()].slice(0, most ?? 0)) kept.add(time);
  }
  return newestFirst.filter((time) => !kept.has(time)).reverse();
}

type Period = "hour" | "day" | "week" | "month";

/** What a moment is called in a time zone, by period: the same within it, another in the next. */
function calendarOf(timeZone: string): (time: number) => Readonly<Record<Period, string>> {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    timeZoneName: "shortOffset",
  });
  return (time) => {
    const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
    const day = `${part("year")}-${part("month")}-${part("day")}`;
    return {
      // The hour that a clock set back has twice is two hours.
      hour: `${day} ${part("hour")} ${part("timeZoneName")}`,
      day,
      week: mondayOf(day),
      month: day.slice(0, 7),
    };
  };
}

const DAY_MS = 86_400_000;

function mondayOf(day: string): string {
  const time = Date.parse(`${day}T00:00:00Z`);
  const sinceMonday = (new Date(time).getUTCDay() + 6) % 7;
  return new Date(time - sinceMonday * DAY_MS).toISOString().slice(0, 10);
}
