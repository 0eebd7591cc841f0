import type { TlsServer } from "../shared/tlsServer.ts";
import type { Lab } from "./lab.ts";
import { startAllWorker, stopAllWorker } from "./nodeTasks.ts";

/** Nodes go down and come up: with a clean stopall or hard, and with startall for what has onboot. */
export class HostPower {
  readonly #lab: () => Lab;
  readonly #server: () => TlsServer;

  constructor(lab: () => Lab, server: () => TlsServer) {
    this.#lab = lab;
    this.#server = server;
  }

  /** As through `POST /nodes/{node}/status`: it acts two seconds later. */
  power(node: string, command: "reboot" | "shutdown"): void {
    const lab = this.#lab();
    setTimeout(
      () =>
        void this.goDown(node, {
          clean: true,
          seconds: command === "reboot" ? lab.settings.hostRebootSeconds : undefined,
        }),
      lab.pace.ms(2),
    );
  }

  /** Down, and up again after those seconds; without them it stays down. Resolves when it is down. */
  async goDown(node: string, how: { readonly clean: boolean; readonly seconds?: number | undefined }): Promise<void> {
    const lab = this.#lab();
    if (how.clean) await this.#stopAll(node);
    await lab.tasks.killAll(node);
    for (const guest of lab.world.guests.values()) {
      if (guest.node === node && guest.running)
        lab.runtime.end(guest, how.clean ? "killed when the host went down" : "died with the host");
    }
    await this.disappear(node, "refuse");
    if (how.seconds !== undefined) setTimeout(() => void this.comeUp(node), lab.pace.ms(how.seconds));
  }

  /** Boots: a new uptime, backup locks gone, startall as root@pam. */
  async comeUp(node: string): Promise<void> {
    const lab = this.#lab();
    const state = lab.world.nodes.get(node);
    if (state === undefined) return;
    state.bootedAt = lab.pace.now();
    for (const guest of lab.world.guests.values()) {
      if (guest.node !== node || guest.config["lock"] !== "backup") continue;
      delete guest.config["lock"];
      lab.world.saveGuest(guest);
    }
    await this.reappear(node);
    const how = { node, user: "root@pam", only: undefined, evenWithoutOnboot: false };
    lab.tasks.fork({ node, type: "startall", id: "", user: "root@pam" }, startAllWorker(lab, how));
  }

  /** Off the network; guests go on. */
  async disappear(node: string, outage: "refuse" | "silence"): Promise<void> {
    const { world } = this.#lab();
    const state = world.nodes.get(node);
    if (state === undefined) return;
    state.online = false;
    world.nodes.touch(node);
    if (node === world.localNode) await this.#server().leave(outage);
  }

  async reappear(node: string): Promise<void> {
    const { world } = this.#lab();
    const state = world.nodes.get(node);
    if (state === undefined) return;
    state.online = true;
    world.nodes.touch(node);
    if (node === world.localNode) await this.#server().comeBack();
  }

  async #stopAll(node: string): Promise<void> {
    const lab = this.#lab();
    const how = { node, user: "root@pam", only: undefined, forceStop: true, timeout: undefined };
    const upid = lab.tasks.fork({ node, type: "stopall", id: "", user: "root@pam" }, stopAllWorker(lab, how));
    await lab.tasks.ended(upid);
  }
}
