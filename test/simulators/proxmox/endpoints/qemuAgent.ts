import type { Route } from "../lab.ts";
import { agentExec, agentExecStatus, agentShutdown, askAgent } from "../qemuAgent.ts";
import { GUEST, integer, needs, needsAny, required, text, type Param } from "../schema.ts";

const at = (question: string): string => `/nodes/{node}/qemu/{vmid}/agent/${question}`;
const common = { params: GUEST, protected: true, proxied: true } as const;
const audit = needsAny("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted");
const unrestricted = needs("/vms/{vmid}", "VM.GuestAgent.Unrestricted");
const words: Param = { type: "array" };

const READ = [
  ...["info", "network-get-interfaces", "get-host-name", "get-osinfo", "get-fsinfo", "get-time", "get-timezone"],
  ...["get-users", "get-vcpus"],
];

/** Questions to the guest agent of a virtual machine (contract §5.4). */
export const QEMU_AGENT_ROUTES: readonly Route[] = [
  { ...common, method: "POST", path: at("ping"), access: audit, handle: askAgent("ping") },
  ...READ.map((question): Route => {
    return { ...common, method: "GET", path: at(question), access: audit, handle: askAgent(question) };
  }),
  {
    ...common,
    method: "POST",
    path: at("fsfreeze-status"),
    access: needsAny(
      "/vms/{vmid}",
      ...["VM.GuestAgent.Audit", "VM.GuestAgent.FileSystemMgmt", "VM.GuestAgent.Unrestricted"],
    ),
    handle: askAgent("fsfreeze-status"),
  },
  {
    ...common,
    method: "POST",
    path: at("fstrim"),
    access: needsAny("/vms/{vmid}", "VM.GuestAgent.FileSystemMgmt", "VM.GuestAgent.Unrestricted"),
    handle: askAgent("fstrim"),
  },
  {
    ...common,
    method: "POST",
    path: at("shutdown"),
    access: needsAny("/vms/{vmid}", "VM.PowerMgmt", "VM.GuestAgent.Unrestricted"),
    handle: agentShutdown,
  },
  {
    ...common,
    method: "POST",
    path: at("exec"),
    params: { ...GUEST, command: words, "input-data": text() },
    access: unrestricted,
    handle: agentExec,
  },
  {
    ...common,
    method: "GET",
    path: at("exec-status"),
    params: { ...GUEST, pid: required(integer()) },
    access: unrestricted,
    handle: agentExecStatus,
  },
];
