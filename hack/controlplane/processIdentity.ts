import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * A process in a form that survives the reuse of pids: "pid start-time". Undefined when there is no such process.
 * Of /proc/pid/stat, field 3 is the state, 20 the number of threads, 22 the start time in ticks since boot (proc(5)); where there is no /proc, ps tells it.
 */
export function identityOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    // The second field is the name in brackets and may hold spaces and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended, unless threads of it still run: then it still holds its ports.
    if (fields[0] === "Z" && Number(fields[17]) <= 1) return undefined;
    return `${String(pid)} ${fields[19] ?? ""}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || process.platform === "linux") return undefined;
  }
  try {
    const started = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return started === "" ? undefined : `${String(pid)} ${started}`;
  } catch {
    return undefined;
  }
}

/** Whether that very process still runs. */
export function isAlive(identity: string): boolean {
  const pid = pidOf(identity);
  return pid > 0 && identityOf(pid) === identity;
}

export function pidOf(identity: string): number {
  return Number.parseInt(identity, 10) || 0;
}
