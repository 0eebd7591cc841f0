import type { Refusal } from "./refusal.ts";

const kind = "SnapshotPolicy";
const CRON = 'schedule is a cron expression of five fields, such as "30 2 * * *": minute, hour, day, month, weekday';
const right = { schedule: "30 2 * * *", selector: {} };

export const snapshotRefusals: readonly Refusal[] = [
  ...["@daily....", "0 30 2 * * *", "30 2 * *  *"].map((schedule) => ({
    kind,
    rule: CRON,
    spec: { ...right, schedule },
  })),
  {
    kind,
    rule: "timeZone is a name of the IANA database, such as Europe/Madrid",
    spec: { ...right, timeZone: "Europe/ Madrid" },
  },
  {
    kind,
    rule: "keep says at least one of last, hourly, daily, weekly, monthly; leave it out to keep all",
    spec: { ...right, keep: {} },
  },
  {
    kind,
    rule: "name the guests: selector, targets, or both; selector: {} is every guest",
    spec: { schedule: "30 2 * * *" },
  },
];
