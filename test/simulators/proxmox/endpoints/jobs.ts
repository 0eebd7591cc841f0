import { denied, failure } from "../apiError.ts";
import { type Call, type Route } from "../lab.ts";
import {
  ANY_USER,
  choice,
  flag,
  format,
  needs,
  NODE,
  number,
  OPTIONAL_VMID,
  required,
  text,
  type Params,
} from "../schema.ts";
import type { Section } from "../../shared/journal.ts";

type Job = Record<string, string | number>;

function jobOf(jobs: Section<Job>, call: Call, missing: (id: string) => string): Job {
  const id = call.values["id"] ?? "";
  const job = jobs.get(id);
  if (job === undefined) throw failure(missing(id));
  return job;
}

function createBackup(call: Call): null {
  const id = call.values["id"] ?? `backup-${Math.random().toString(16).slice(2, 10)}`;
  const { backupJobs } = call.lab.world;
  if (backupJobs.has(id)) throw failure(`Job '${id}' already exists`);
  const { enabled, all, ...rest } = call.values;
  backupJobs.set(id, {
    type: "vzdump",
    ...rest,
    id,
    enabled: Number(enabled ?? 1),
    ...(all === undefined ? {} : { all: Number(all) }),
  });
  return null;
}

const noBackup = (id: string): string => `No such job '${id}'`;

function removeBackup(call: Call): null {
  const { backupJobs } = call.lab.world;
  backupJobs.delete(String(jobOf(backupJobs, call, noBackup)["id"]));
  return null;
}

function visible(call: Call, job: Job): boolean {
  const { permissions, caller } = call;
  return permissions.has(caller.user, `/vms/${String(job["guest"])}`, "VM.Audit");
}

function createReplication(call: Call): null {
  const { id = "", ...rest } = call.values;
  const guest = Number(id.split("-")[0]);
  requireReplicate(call, guest);
  const { replicationJobs } = call.lab.world;
  if (replicationJobs.has(id)) throw failure(`replication job '${id}' already exists`);
  replicationJobs.set(id, { ...rest, id, guest, jobnum: Number(id.split("-")[1]) });
  return null;
}

function requireReplicate(call: Call, guest: number): void {
  const path = `/vms/${String(guest)}`;
  if (!call.permissions.has(call.caller.user, path, "VM.Replicate")) throw denied(`${path}, VM.Replicate`);
}

function removeReplication(call: Call): null {
  const job = jobOf(call.lab.world.replicationJobs, call, (id) => `no such job '${id}'`);
  requireReplicate(call, Number(job["guest"]));
  call.lab.world.replicationJobs.delete(String(job["id"]));
  return null;
}

function replicationStatus(call: Call): unknown[] {
  return [...call.lab.world.replicationJobs.values()]
    .filter((job) => visible(call, job) && (call.values["guest"] ?? String(job["guest"])) === String(job["guest"]))
    .map((job) => ({ ...job, fail_count: 0, last_sync: 0, last_try: 0, next_sync: 0, duration: 0 }));
}

const audit = needs("/", "Sys.Audit");
const modify = needs("/", "Sys.Modify");
const BACKUP_ID: Params = { id: required(text({ pattern: "\\S+" })) };
const REPLICATION_ID: Params = {
  id: required(format("pve-replication-job-id", { pattern: "[1-9][0-9]{2,8}-\\d{1,9}" })),
};

/** Backup and replication jobs: kept and shown, never run. */
export const JOB_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/cluster/backup",
    params: {},
    access: audit,
    handle: (call) => [...call.lab.world.backupJobs.values()],
  },
  {
    method: "POST",
    path: "/cluster/backup",
    access: modify,
    protected: true,
    handle: createBackup,
    params: {
      all: flag,
      comment: text(),
      enabled: flag,
      exclude: format("pve-vmid-list"),
      id: format("pve-configid"),
      mode: choice("snapshot", "suspend", "stop"),
      node: format("pve-node"),
      pool: text(),
      schedule: format("pve-calendar-event"),
      storage: format("pve-storage-id"),
      vmid: format("pve-vmid-list"),
    },
  },
  {
    method: "GET",
    path: "/cluster/backup/{id}",
    params: BACKUP_ID,
    access: audit,
    handle: (call) => jobOf(call.lab.world.backupJobs, call, noBackup),
  },
  {
    method: "DELETE",
    path: "/cluster/backup/{id}",
    params: BACKUP_ID,
    access: modify,
    protected: true,
    handle: removeBackup,
  },
  {
    method: "GET",
    path: "/cluster/replication",
    params: {},
    access: ANY_USER,
    handle: (call) => [...call.lab.world.replicationJobs.values()].filter((job) => visible(call, job)),
  },
  {
    method: "POST",
    path: "/cluster/replication",
    access: ANY_USER,
    protected: true,
    handle: createReplication,
    params: {
      ...REPLICATION_ID,
      comment: text(),
      disable: flag,
      rate: number({ minimum: 1 }),
      schedule: format("pve-calendar-event"),
      target: required(format("pve-node")),
      type: required(choice("local")),
    },
  },
  {
    method: "GET",
    path: "/cluster/replication/{id}",
    params: REPLICATION_ID,
    access: ANY_USER,
    handle: (call) => jobOf(call.lab.world.replicationJobs, call, (id) => `no such job '${id}'`),
  },
  {
    method: "DELETE",
    path: "/cluster/replication/{id}",
    params: { ...REPLICATION_ID, force: flag, keep: flag },
    access: ANY_USER,
    protected: true,
    handle: removeReplication,
  },
  {
    method: "GET",
    path: "/nodes/{node}/replication",
    params: { ...NODE, guest: OPTIONAL_VMID },
    access: ANY_USER,
    protected: true,
    proxied: true,
    handle: replicationStatus,
  },
];
