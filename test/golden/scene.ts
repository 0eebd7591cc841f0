import { hostDown, hostUp, rebootHost, stop } from "../fakes/proxmox.ts";
import type { FakeLab } from "../fakes/lab.ts";

/** One thing that happens. `seconds`: when, from the beginning of the scene. */
export interface Happening {
  readonly seconds: number;
  readonly text: string;
  readonly run: (lab: FakeLab) => void;
}

export interface Scene {
  /** Declared before the first moment. */
  readonly before: readonly Happening[];
  readonly happenings: readonly Happening[];
  readonly endSeconds: number;
}

type Spec = Readonly<Record<string, unknown>>;

/** The language of the scenes: a sentence, and what it does. Words in capitals stand for what differs. */
const sentences: readonly [RegExp, (lab: FakeLab, words: readonly string[], spec: Spec) => void][] = [
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
  [/^everything runs$/, (lab) => lab.proxmox.guests.forEach((guest) => lab.proxmox.run(guest))],
  [
    /^(\d+) serves (\d+) s after its start$/,
    (lab, [vmid, seconds]) => lab.bootSeconds.set(Number(vmid), Number(seconds)),
  ],
  [/^(\d+) starts with its host$/, (lab, [vmid]) => (lab.proxmox.guest(Number(vmid)).onboot = true)],
  [/^(\d+) ignores shutdown$/, (lab, [vmid]) => (lab.proxmox.guest(Number(vmid)).stopMs = Infinity)],
  [/^(\d+) obeys shutdown$/, (lab, [vmid]) => (lab.proxmox.guest(Number(vmid)).stopMs = 3_000)],
  [/^controller starts$/, (lab) => lab.start()],
  [/^controller is killed$/, (lab) => lab.kill()],
  [/^(\d+) crashes$/, (lab, [vmid]) => lab.proxmox.crash(Number(vmid))],
  [/^(\d+) hangs$/, (lab, [vmid]) => lab.hung.add(Number(vmid))],
  [/^(\d+) serves again$/, (lab, [vmid]) => lab.hung.delete(Number(vmid))],
  [/^(\S+) stops (\d+)$/, (lab, [user = "", vmid]) => stop(lab.proxmox, Number(vmid), user)],
  [/^(\S+) starts (\d+)$/, (lab, [user = "", vmid]) => lab.proxmox.start(Number(vmid), user)],
  [
    /^host reboots( hard)?, away for (\d+) s$/,
    (lab, [hard, seconds]) => {
      rebootHost(lab.proxmox, "pve1", { clean: hard === undefined, downMs: Number(seconds) * 1000 });
    },
  ],
  [/^host loses power$/, (lab) => hostDown(lab.proxmox, "pve1")],
  [/^host boots$/, (lab) => hostUp(lab.proxmox, "pve1")],
  [/^proxmox is out of reach$/, (lab) => (lab.proxmox.reachable = false)],
  [/^proxmox is in reach$/, (lab) => (lab.proxmox.reachable = true)],
  [/^internet is (gone|back)$/, (lab, [how]) => (lab.wan = how === "back")],
];

/**
 * Reads a scene: one sentence a line, a spec as JSON behind it where it takes one, "at 30 s" before what happens later,
 * "end at 90 s" last. Lines that begin with # are for people. Throws on a sentence it does not know.
 */
export function readScene(text: string): Scene {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const end = /^end at (\d+) s$/.exec(lines.at(-1) ?? "");
  if (end === null) throw new Error('a scene ends with "end at 90 s"');
  const all = lines.slice(0, -1).map((line) => {
    const [, seconds, sentence] = /^(?:at (\d+) s )?(.*)$/.exec(line) ?? [];
    return { line, at: seconds, happening: readSentence(Number(seconds ?? 0), sentence ?? "") };
  });
  return {
    before: all.filter(({ at }) => at === undefined).map(({ happening }) => happening),
    happenings: all.filter(({ at }) => at !== undefined).map(({ happening }) => happening),
    endSeconds: Number(end[1]),
  };
}

function readSentence(seconds: number, text: string): Happening {
  const brace = text.indexOf(" {");
  const words = brace < 0 ? text : text.slice(0, brace);
  const spec = brace < 0 ? {} : (JSON.parse(text.slice(brace)) as Spec);
  for (const [form, run] of sentences) {
    const found = form.exec(words);
    if (found !== null) return { seconds, text: words, run: (lab) => run(lab, found.slice(1), spec) };
  }
  throw new Error(`no scene has the sentence: ${text}`);
}
