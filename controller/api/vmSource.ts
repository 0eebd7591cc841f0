import { z } from "zod";
import { flag, integer, withRules, word } from "./fields.ts";
import type { Rule } from "./kind.ts";

const cloudImage = z
  .object({
    url: withRules(z.string().max(1024), {
      rule: "self.matches('^https?://[^ ]+/[^ /?#]+[.](qcow2|img|raw|vmdk)$')",
      message:
        "a cloud image is an http or https address that ends in .qcow2, .img (taken as qcow2), .raw or .vmdk; Proxmox does not unpack .xz or .zip",
    }).describe("Where the node downloads the image from."),
    checksum: withRules(z.string().max(135), {
      rule: "self.matches('^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$')",
      message: "a checksum is written with its algorithm, in lower case: sha256:<64 digits>, sha384:… or sha512:…",
    }).describe(
      "Checksum of the image, as its publisher lists it. Another one is another image, with a file of its own.",
    ),
    storage: word(
      "Storage of files with content type import, which keeps the image. Absent: local.",
      100,
    ).exactOptional(),
  })
  .describe(
    "A disk image that the node downloads once and checks (Proxmox 8.3 or newer); the first of disks is made out of it and grows to its size.",
  );

export const vmSource = withRules(
  z.object({
    clone: z
      .object({
        vmid: integer("Template or machine of the same cluster to clone.", 100, 999_999_999),
        full: flag(
          "A copy of its own, true, or a clone that is linked to the template's disks, false. Absent: full.",
        ).exactOptional(),
        storage: word("Storage of the disks of a full clone. Absent: that of the source.", 100).exactOptional(),
      })
      .describe("Clone a template; its disks, and all that is not declared here, come from there.")
      .exactOptional(),
    iso: withRules(z.string().max(255), {
      rule: "self.matches('^[A-Za-z][A-Za-z0-9_.-]*:iso/[^ ,/]+$')",
      message: "an image is written as Proxmox lists it: local:iso/debian-12.iso",
    })
      .describe("CD image to install from, in the drive ide2 beside the disks.")
      .exactOptional(),
    cloudImage: cloudImage.exactOptional(),
  }),
  {
    rule: "[has(self.clone), has(self.iso), has(self.cloudImage)].filter(s, s).size() <= 1",
    message: "a machine is cloned, installed from a CD, or made out of a cloud image: write one of them",
  },
).describe(
  "What the machine is made from. Used at creation only. Without it, or with disks that say importFrom, it is made with the disks that are declared.",
);

/** Over the whole spec: what a source needs beside it. */
export const vmSourceRules: readonly Rule[] = [
  {
    rule: "!has(self.source) || !has(self.source.cloudImage) || (has(self.disks) && self.disks.size() > 0 && !has(self.disks[0].importFrom))",
    message: "the first of disks is made out of source.cloudImage: declare that disk, without importFrom",
    fieldPath: ".disks",
  },
];
