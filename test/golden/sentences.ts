import { annotation } from "../../controller/api/meta.ts";
import { ProviderError } from "../../controller/base/outcome.ts";
import { KubeUnavailable } from "../../controller/runtime/kube.ts";
import { NAMESPACE, type FakeLab } from "../fakes/lab.ts";
import { everyPrivilege } from "../fakes/privileges.ts";
import { backup, hostDown, hostUp, migrate, reboot, rebootHost, stop, type FakeFault } from "../fakes/proxmox.ts";
import type { FakeGuest } from "../fakes/proxmoxGuest.ts";
import { TOKEN } from "../fakes/replica.ts";

type Spec = Readonly<Record<string, unknown>>;
type Sentence = readonly [form: RegExp, run: (lab: FakeLab, words: readonly string[], spec: Spec) => void];

/** What a person writes into Kubernetes. */
const declared: readonly Sentence[] = [
  [/^cluster$/, (lab, _words, spec) => lab.cluster(spec)],
  [/^homelab$/, (lab, _words, spec) => lab.homelab(spec)],
  [
    /^layer (\S+)(?: above (\S+))?$/,
    (lab, [name = "", below = ""], spec) => lab.layer(name, below === "" ? [] : below.split(","), spec),
  ],
  [
    /^guest (\S+) (\d+) in (\S+)$/,
    (lab, [name = "", vmid, layer = ""], spec) => {
      const number = Number(vmid);
      if (!lab.proxmox.guests.has(number)) lab.proxmox.add({ vmid: number, name });
      lab.guest(name, { vmid: number, layer, spec });
    },
  ],
  [
    /^object (\S+) of (\d+) in (\S+)$/,
    (lab, [name = "", vmid, layer = ""], spec) => lab.guest(name, { vmid: Number(vmid), layer, spec }),
  ],
  [/^object (\S+) is deleted$/, (lab, [name = ""]) => lab.kube.delete(lab.key("Container", name))],
  [
    /^object (\S+) is annotated (\w+)=(\S+)$/,
    (lab, [name = "", what = "", value = ""]) => {
      const key = annotation[what as keyof typeof annotation];
      lab.kube.annotate(lab.key("Container", name), { [key]: value });
    },
  ],
  [/^the list of destroys is confirmed$/, confirmDestroys],
  [
    /^the Secret is renewed$/,
    (lab) => {
      lab.proxmox.unauthorized = false;
      lab.kube.putSecret(NAMESPACE, "proxmox-token", { tokenId: TOKEN, tokenSecret: "another" });
    },
  ],
];

/** What people and programs do in Proxmox. */
const done: readonly Sentence[] = [
  [/^proxmox has (\S+) (\d+)$/, (lab, [name = "", vmid], is) => add(lab, { ...is, vmid: Number(vmid), name })],
  [/^(\S+) destroys (\d+)$/, (lab, [user = "", vmid]) => lab.proxmox.destroy(Number(vmid), user)],
  [/^(\S+) stops (\d+)$/, (lab, [user = "", vmid]) => stop(lab.proxmox, Number(vmid), user)],
  [/^(\S+) starts (\d+)$/, (lab, [user = "", vmid]) => lab.proxmox.start(Number(vmid), user)],
  [/^(\S+) reboots (\d+)$/, (lab, [user = "", vmid]) => reboot(lab.proxmox, Number(vmid), user)],
  [/^(\S+) moves (\d+) to (\S+)$/, (lab, [user = "", vmid, to = ""]) => migrate(lab.proxmox, Number(vmid), to, user)],
  [
    /^(\S+) backs (\d+) up for (\d+) s$/,
    (lab, [user = "", vmid, seconds]) => backup(lab.proxmox, Number(vmid), Number(seconds) * 1000, user),
  ],
  [/^(\d+) is given (\d+) MiB$/, (lab, [vmid, size]) => (lab.proxmox.guest(Number(vmid)).memoryMiB = Number(size))],
];

/** How the machines are. */
const machines: readonly Sentence[] = [
  [
    /^node (\S+)$/,
    (lab, [name = ""]) =>
      lab.proxmox.nodes.set(name, { name, online: true, bootTime: lab.proxmox.time() - 86_400_000 }),
  ],
  [/^everything runs$/, (lab) => lab.proxmox.guests.forEach((guest) => lab.proxmox.run(guest))],
  [
    /^(\d+) serves (\d+) s after its start$/,
    (lab, [vmid, seconds]) => lab.bootSeconds.set(Number(vmid), Number(seconds)),
  ],
  [/^(\d+) starts with its host$/, (lab, [vmid]) => (lab.proxmox.guest(Number(vmid)).onboot = true)],
  [/^(\d+) ignores shutdown$/, (lab, [vmid]) => (lab.proxmox.guest(Number(vmid)).stopMs = Infinity)],
  [/^(\d+) obeys shutdown$/, (lab, [vmid]) => (lab.proxmox.guest(Number(vmid)).stopMs = 3_000)],
  [/^(\d+) crashes$/, (lab, [vmid]) => lab.proxmox.crash(Number(vmid))],
  [/^(\d+) hangs$/, (lab, [vmid]) => lab.hung.add(Number(vmid))],
  [/^(\d+) serves again$/, (lab, [vmid]) => lab.hung.delete(Number(vmid))],
  [
    /^host reboots( hard)?, away for (\d+) s$/,
    (lab, [hard, seconds]) => {
      rebootHost(lab.proxmox, "pve1", { clean: hard === undefined, downMs: Number(seconds) * 1000 });
    },
  ],
  [/^host loses power$/, (lab) => hostDown(lab.proxmox, "pve1")],
  [/^host boots$/, (lab) => hostUp(lab.proxmox, "pve1")],
  [/^a create takes (\d+) s$/, (lab, [seconds]) => (lab.proxmox.createMs = Number(seconds) * 1000)],
  [/^storage (\S+) is full$/, (lab, [name = ""]) => lab.proxmox.fullStorages.add(name)],
  [/^storage (\S+) has room$/, (lab, [name = ""]) => lab.proxmox.fullStorages.delete(name)],
];

/** What goes wrong between them. */
const troubles: readonly Sentence[] = [
  [/^controller starts$/, (lab) => lab.start()],
  [/^controller is killed$/, (lab) => lab.kill()],
  [/^proxmox is out of reach$/, (lab) => (lab.proxmox.reachable = false)],
  [/^proxmox is in reach$/, (lab) => (lab.proxmox.reachable = true)],
  [/^proxmox refuses the token$/, (lab) => (lab.proxmox.unauthorized = true)],
  [/^internet is (gone|back)$/, (lab, [how]) => (lab.wan = how === "back")],
  [/^the token may not see (\d+)$/, (lab, [vmid]) => (lab.proxmox.guest(Number(vmid)).hidden = true)],
  [/^the token may see (\d+)$/, (lab, [vmid]) => (lab.proxmox.guest(Number(vmid)).hidden = false)],
  [/^the token loses (\S+)$/, (lab, [privilege = ""]) => lose(lab, privilege)],
  [/^the token has every privilege$/, (lab) => (lab.proxmox.permissions = everyPrivilege)],
  [/^the answer to the next (\w+) is lost$/, (lab, [call = ""]) => fail(lab, call, "after")],
  [/^the next (\w+) does not arrive$/, (lab, [call = ""]) => fail(lab, call, "before")],
  [/^the next (vz\w+) fails: (.+)$/, (lab, [type = "", text = ""]) => lab.proxmox.failTask(type, text)],
  [/^the API server is away$/, (lab) => lab.kube.away()],
  [/^the API server is back$/, (lab) => lab.kube.back()],
  [
    /^the API server refuses (\d+) writes$/,
    (lab, [times]) =>
      lab.kube.failNext("patch", new KubeUnavailable("the server is unable to store it", 500), Number(times)),
  ],
];

/** The language of the scenes: a sentence, and what it does. */
export const sentences: readonly Sentence[] = [...declared, ...done, ...machines, ...troubles];

function add(lab: FakeLab, guest: Partial<FakeGuest> & { readonly vmid: number }): void {
  lab.proxmox.add(guest);
}

function fail(lab: FakeLab, call: string, when: FakeFault["when"]): void {
  lab.fault(call as FakeFault["on"], when, new ProviderError("outcomeUnknown", "connection reset by peer"));
}

function lose(lab: FakeLab, privilege: string): void {
  const all = [...(everyPrivilege.get("/") ?? [])].filter(([name]) => name !== privilege);
  lab.proxmox.permissions = new Map([["/", new Map(all)]]);
}

/** As a person: with the hash that a held guest's message gives. */
function confirmDestroys(lab: FakeLab): void {
  for (const object of lab.kube.all("Container")) {
    const hash = /confirm-destroys=(\w+)/.exec(lab.message("Container", object.metadata.name))?.[1];
    if (hash === undefined) continue;
    lab.kube.annotate(lab.key("Homelab", "home"), { [annotation.confirmDestroys]: hash });
    return;
  }
}
