import { existsSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { row, rows, text } from "../../../controller/providers/shared/decode.ts";
import { guestConfig } from "../../../controller/providers/proxmox/guestConfig.ts";
import { kindOfReply, kindOfText, messageOf } from "../../../controller/providers/proxmox/refusals.ts";
import { parseUpid } from "../../../controller/providers/proxmox/tasks.ts";
import { parseContainerNet, parseMount, parseTags } from "../../../controller/providers/proxmox/wire.ts";

interface Recording {
  readonly name: string;
  readonly request: { readonly method: string; readonly path: string };
  readonly response: { readonly status: number; readonly statusText: string; readonly body: unknown };
  readonly task?: { readonly status?: { readonly exitstatus?: string } };
}

const folder = new URL("../../../../shared/contracts/proxmox/recordings/", import.meta.url);
const files = [
  "auth",
  "cluster",
  "lxc-config",
  "lxc-create",
  "lxc-disk-clone-destroy",
  "lxc-power",
  "lxc-snapshot",
  "permissions",
  "qemu-config",
  "tasks",
];

function recordings(): readonly Recording[] {
  return files.flatMap((file) => JSON.parse(readFileSync(new URL(`${file}.json`, folder), "utf8")) as Recording[]);
}

/** Held against answers recorded from Proxmox's own code, where the references lie beside the checkout. */
/** Texts that stand for nothing we could have asked for. */
const known = ["missing 'arch' - internal error", "snapshot 'nosnap' does not exist"];

const beside = existsSync(folder);
(beside ? describe : describe.skip)(
  `recorded answers of Proxmox${beside ? "" : " (references not beside the checkout)"}`,
  () => {
    const message = ({ response }: Recording): string =>
      messageOf(
        response.statusText,
        typeof response.body === "string" ? response.body : response.body === null ? "" : JSON.stringify(response.body),
      );

    it("A7: every refusal about a guest has a class of its own", () => {
      const unclassed = recordings()
        .filter(({ request }) => /\/lxc\/\d+\/(config|status)/.test(request.path))
        .filter(({ response }) => response.status === 500)
        .map((one) => ({ name: one.name, message: message(one) }))
        .filter((one) => kindOfText(one.message) === "other");
      expect(
        unclassed.map((one) => one.message).filter((one) => !known.some((part) => one.includes(part))),
      ).to.deep.equal([]);
    });

    it("A7: 400, 401 and 403 are what they say, and each error has a text", () => {
      for (const one of recordings().filter(({ response }) => response.status >= 400)) {
        const { status } = one.response;
        const kind = kindOfReply(one.request.method, status, message(one));
        if (status === 400) expect(kind, one.name).to.equal("spec");
        if (status === 401) expect(kind, one.name).to.equal("unauthorized");
        if (status === 403) expect(kind, one.name).to.equal("permission");
        if (status === 403) expect(message(one), one.name).to.match(/^Permission check failed/);
        expect(message(one), one.name).to.not.equal("no text");
        expect(message(one), one.name).to.not.match(/\n$/);
      }
    });

    it("reads every container configuration", () => {
      const configs = recordings()
        .filter(({ request }) => request.method === "GET" && /\/lxc\/\d+\/config$/.test(request.path))
        .map(({ response }) => row(row(response.body)["data"]))
        .filter((config) => config["digest"] !== undefined);
      expect(configs.length).to.be.above(20);
      for (const config of configs) {
        const read = guestConfig("lxc", config);
        expect(read.digest).to.match(/^[0-9a-f]{40}$/);
        for (const net of read.networks) expect(net.name).to.not.equal("");
        if (read.rootfs !== undefined) expect(read.rootfs.volume).to.not.equal("");
        if (config["memory"] !== undefined) expect(read.memoryMiB).to.be.a("number");
        const held = Object.keys(config).filter((key) => !read.otherKeys.includes(key));
        expect(held).to.include("digest");
        expect(read.tags).to.deep.equal([...parseTags(text(config["tags"]))]);
      }
    });

    it("reads every net and mount it prints", () => {
      const values = recordings().flatMap(({ response }) =>
        Object.entries(row(row(response.body)["data"])).filter(([key]) => /^(net|mp)\d+$/.test(key)),
      );
      expect(values.length).to.be.above(20);
      for (const [key, value] of values) {
        if (typeof value !== "string" || value.startsWith("virtio") || value.startsWith("e1000")) continue;
        if (key.startsWith("net")) expect(parseContainerNet(key, value), value).to.include.keys("name");
        else expect(parseMount(key, value).volume, value).to.not.equal("");
      }
    });

    it("parses every UPID", () => {
      const upids = recordings().flatMap(({ response }) => {
        const answer = row(response.body)["data"];
        const listed = rows(answer).map((entry) => text(entry["upid"]));
        return [typeof answer === "string" && answer.startsWith("UPID:") ? answer : undefined, ...listed];
      });
      const real = upids.filter((upid) => upid !== undefined);
      expect(real.length).to.be.above(100);
      for (const upid of real) expect(parseUpid(upid), upid).to.not.equal(undefined);
    });
  },
);
