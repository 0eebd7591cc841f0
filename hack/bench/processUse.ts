import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a process has used, as the kernel counts it. */
export interface ProcessUse {
  /** Resident memory, MiB. */
  readonly rssMiB: number;
  /** Seconds of CPU since its start, user and system. */
  readonly cpuSeconds: number;
}

/** Reads /proc; Linux only. Throws when the process is gone. */
export function processUse(pid: number): ProcessUse {
  const status = readFileSync(`/proc/${String(pid)}/status`, "utf8");
  const rssKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN);
  const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
  // The name before it may contain spaces; utime and stime are the 14th and 15th of all.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { rssMiB: rssKiB / 1024, cpuSeconds: ticks / ticksPerSecond() };
}

let known: number | undefined;

function ticksPerSecond(): number {
  return (known ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })));
}
