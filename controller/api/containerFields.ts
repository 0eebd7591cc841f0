import { z } from "zod";
import { flag, integer, keyRef, list, listMap, oneOf, set, size, withRules, word } from "./fields.ts";
import type { Rule } from "./kind.ts";
import { network } from "./interfaceFields.ts";
import { nameserver } from "./nameserver.ts";

const LIVE = "A change is in effect at once.";
const RESTART = "A change is in effect with the next start (updatePolicy).";

const resources = z
  .object({
    cores: integer(
      `CPU cores the container sees. ${LIVE} Absent: not compared, and all of the node's at creation.`,
      1,
      8192,
    ).exactOptional(),
    cpuLimit: withRules(z.string().max(8), {
      rule: "self.matches('^[0-9]+([.][0-9]+)?$') && double(self) <= 8192.0",
      message: 'cpuLimit is a number of cores in quotes, at most 8192: write "1.5", not "150%"; "0" is no limit',
    })
      .describe(
        `Most CPU time it may use, in cores, as text ("1.5"); "0" is no limit. ${LIVE} Absent: not compared, and no limit at creation.`,
      )
      .exactOptional(),
    cpuWeight: integer(
      `Share of CPU time under contention. ${LIVE} Absent: not compared, and 100 at creation, Proxmox's own.`,
      1,
      10_000,
    ).exactOptional(),
    memory: size(`Memory, in whole MiB. ${LIVE} Absent: not compared, and 512Mi at creation.`).exactOptional(),
    swap: size(`Swap, in whole MiB; 0Mi is none. ${LIVE} Absent: not compared, and 512Mi at creation.`).exactOptional(),
  })
  .describe("What the container may use of its node.");

const rootfs = withRules(
  z.object({
    storage: word("Proxmox storage that holds the root volume. It never moves: a change is refused.", 100),
    size: size(
      "Size of the root volume, in whole MiB. A larger one grows it, at once; it never shrinks (WouldLoseData).",
    ),
  }),
  {
    rule: "self.storage == oldSelf.storage",
    message:
      "rootfs never moves to another storage by itself: move the volume in Proxmox first, then declare the object anew",
    reason: "FieldValueForbidden",
    fieldPath: ".storage",
  },
  {
    rule: "quantity(self.size).compareTo(quantity(oldSelf.size)) >= 0",
    message: "rootfs grows and never shrinks",
    reason: "FieldValueForbidden",
    fieldPath: ".size",
  },
).describe("The root volume. Needed at creation.");

const absolutePath = (description: string): z.ZodString =>
  withRules(z.string().max(255), {
    rule: "self.matches('^/[^,]*[^/,]$') && !self.matches('(^|/)[.][.]?(/|$)') && !self.contains('//')",
    message: "a path is absolute, without . or .. parts, double slashes, commas or a slash at the end: write /srv/data",
  }).describe(description);

const mount = withRules(
  z.object({
    name: withRules(z.string().max(5), {
      rule: "self.matches('^mp([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])$')",
      message: "a mount is named as Proxmox names its key: mp0 to mp255",
    }).describe("Key of the mount point in Proxmox: mp0 to mp255."),
    path: absolutePath(`Where it is mounted inside the container. ${RESTART}`),
    storage: word(
      "Proxmox storage of its volume, which is made with the container or when the mount is added. It never moves: a change is WouldLoseData.",
      100,
    ).exactOptional(),
    size: size(
      "Size of the volume, in whole MiB. A larger one grows it, at once; it never shrinks (WouldLoseData). Needed with storage.",
    ).exactOptional(),
    hostPath: absolutePath(
      "Directory of the node that is bound in. No API token may set it: what exists is compared, and what is missing is named with the command to run.",
    ).exactOptional(),
    backup: flag(
      `Include the volume in backups. ${RESTART} Absent: not compared, and off at creation.`,
    ).exactOptional(),
    readOnly: flag(`Mount it read-only. ${RESTART} Absent: not compared, and off at creation.`).exactOptional(),
  }),
  { rule: "has(self.storage) != has(self.hostPath)", message: "a mount has exactly one of storage and hostPath" },
  {
    rule: "has(self.storage) == has(self.size)",
    message: "a mount with storage needs a size, one with hostPath has none",
  },
  {
    rule: "!has(self.size) || !has(oldSelf.size) || quantity(self.size).compareTo(quantity(oldSelf.size)) >= 0",
    message: "a mount grows and never shrinks",
    reason: "FieldValueForbidden",
  },
).describe("A volume or a directory of the node inside the container.");

/** What creating a container needs beyond what every guest has. */
export const containerCreation = {
  template: withRules(z.string().max(255), {
    rule: "self.matches('^[A-Za-z][A-Za-z0-9_.-]*:vztmpl/[^/ ]+$')",
    message: "a template is written as Proxmox lists it: local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
  })
    .describe(
      "Container template, as Proxmox lists it. Needed at creation and used only then; a change does nothing to what exists.",
    )
    .exactOptional(),
  unprivileged: flag(
    "Whether root inside is an ordinary user outside. Proxmox never changes it on a container that exists: a difference is WouldLoseData. Absent: not compared, and on at creation.",
  ).exactOptional(),
  resources: resources.exactOptional(),
  rootfs: rootfs.exactOptional(),
  mounts: listMap("Mount points. One that is added is made at once; those not listed are left as they are.", mount, {
    keys: ["name"],
    max: 64,
  }).exactOptional(),
  networks: listMap(`Network interfaces. ${LIVE} Interfaces not listed are left as they are.`, network, {
    keys: ["name"],
    max: 32,
  }).exactOptional(),
  dns: z
    .object({
      nameservers: list(
        `Name servers the container asks. ${RESTART} Absent: not compared, and the node's at creation.`,
        nameserver,
        3,
      ).exactOptional(),
      searchDomain: word(
        `Domain searched for short names. ${RESTART} Absent: not compared, and the node's at creation.`,
      ).exactOptional(),
    })
    .describe("Name resolution inside the container.")
    .exactOptional(),
  features: z
    .object({
      nesting: flag(
        "Allow containers inside (systemd in new templates needs it). Absent: off at creation.",
      ).exactOptional(),
      keyctl: flag("Allow the keyctl system call, which Docker inside needs. Absent: off at creation.").exactOptional(),
      fuse: flag("Allow FUSE file systems. Absent: off at creation.").exactOptional(),
      mount: set(
        "File systems the container may mount itself. Proxmox lets only root@pam set it.",
        oneOf("A file system.", ["nfs", "cifs", "ext4", "xfs", "btrfs", "fuse"]),
        8,
      ).exactOptional(),
    })
    .describe(
      `What the container may do beyond the ordinary. A token may set nesting of an unprivileged container and nothing else; the rest is compared, and named with the command to run (RootOnly). ${RESTART}`,
    )
    .exactOptional(),
  sshKeysRef: keyRef(
    "Secret key with public SSH keys for root, one a line. Used at creation only.",
    "Secret",
  ).exactOptional(),
  passwordRef: keyRef("Secret key with root's password. Used at creation only.", "Secret").exactOptional(),
};

/** Over the whole spec, since it compares items with each other. */
export const mountRules: readonly Rule[] = [
  {
    rule: "!has(self.mounts) || self.mounts.all(m, self.mounts.exists_one(n, n.path == m.path))",
    message: "two mounts have the same path",
    fieldPath: ".mounts",
  },
];
