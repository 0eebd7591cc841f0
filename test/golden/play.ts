import { FakeLab } from "../fakes/lab.ts";
import type { Scene } from "./scene.ts";

/**
 * Plays a scene and answers its log, a line for each thing that happened, was called, was told or changed: seconds, who,
 * what. The same scene gives the same log, to the letter.
 */
export async function play(scene: Scene): Promise<string> {
  const lab = new FakeLab();
  const lines: string[] = [];
  const teller = new Teller(lab, lines);
  for (const happening of scene.before) happening.run(lab);
  const rest = [...scene.happenings];
  for (let tenth = 0; tenth <= scene.endSeconds * 10; tenth++) {
    while (rest[0] !== undefined && rest[0].seconds * 10 <= tenth) {
      const happening = rest.shift();
      if (happening === undefined) break;
      lines.push(line(tenth / 10, "scene", happening.text));
      happening.run(lab);
    }
    await lab.clock.advance(100);
    teller.tell(tenth / 10);
  }
  lines.push(line(scene.endSeconds, "end", guestsOf(lab)));
  lab.kill();
  return `${lines.join("\n")}\n`;
}

/** Remembers what it has told. */
class Teller {
  readonly #lab: FakeLab;
  readonly #lines: string[];
  readonly #ready = new Map<string, string>();
  readonly #drift = new Map<string, string>();
  #calls = 0;
  #events = 0;

  constructor(lab: FakeLab, lines: string[]) {
    this.#lab = lab;
    this.#lines = lines;
  }

  tell(seconds: number): void {
    const { proxmox, kube } = this.#lab;
    // Who was first within a tenth of a second is chance: told by guest and by object, each in its own order.
    const calls = proxmox.mutations.slice(this.#calls).toSorted((a, b) => a.vmid - b.vmid);
    const events = kube.events
      .slice(this.#events)
      .toSorted((a, b) => (a.about < b.about ? -1 : Number(a.about > b.about)));
    this.#calls += calls.length;
    this.#events += events.length;
    for (const { call, vmid, detail } of calls) {
      const change = call === "configure" ? ` ${JSON.stringify(detail)}` : "";
      this.#lines.push(line(seconds, "call", `${call} ${vmid}${change}`));
    }
    for (const { about, type, reason, message } of events)
      this.#lines.push(
        line(seconds, "event", `${short(about)} ${type === "Warning" ? "! " : ""}${reason}: ${message}`),
      );
    const names = new Set(kube.all().map((object) => `${object.kind}/${object.metadata.name}`));
    for (const name of names) {
      this.#tellReady(seconds, name);
      this.#tellDrift(seconds, name);
    }
    for (const name of this.#ready.keys()) {
      if (names.has(name)) continue;
      this.#ready.delete(name);
      this.#lines.push(line(seconds, "gone", name));
    }
  }

  /** Where a guest's configuration begins to differ from what is declared, and where that is over. */
  #tellDrift(seconds: number, name: string): void {
    const [kind = "", of = ""] = name.split("/");
    const claims = this.#lab.read(kind, of)?.status?.conditions ?? [];
    const claim = claims.find(({ type }) => type === "ConfigInSync");
    const drift = claim?.status === "False" ? `${claim.reason}: ${claim.message}` : "";
    if ((this.#drift.get(name) ?? "") === drift) return;
    this.#drift.set(name, drift);
    this.#lines.push(line(seconds, "drift", `${name} ${drift === "" ? "none" : drift}`));
  }

  #tellReady(seconds: number, name: string): void {
    const [kind = "", of = ""] = name.split("/");
    const reason = this.#lab.reason(kind, of);
    if (this.#ready.get(name) === reason) return;
    this.#ready.set(name, reason);
    this.#lines.push(line(seconds, "ready", `${name} ${reason}: ${this.#lab.message(kind, of)}`));
  }
}

/** What is there in the end. */
function guestsOf(lab: FakeLab): string {
  const guests = [...lab.proxmox.guests.values()].toSorted((a, b) => a.vmid - b.vmid);
  return guests.map(({ vmid, power, node }) => `${vmid} ${power} on ${node}`).join(", ");
}

function short(about: string): string {
  const [kind = "", , name = ""] = about.split("/");
  return `${kind}/${name}`;
}

function line(seconds: number, who: string, what: string): string {
  return `${seconds.toFixed(1).padStart(6)} ${who.padEnd(5)} ${what}`;
}
