import { expect } from "chai";
import { vmHardware } from "../../../controller/providers/proxmox/vmWire.ts";

describe("the hardware of a VM, as Proxmox stores it", () => {
  const rows: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[] | undefined])[] = [
    ["boot: order=scsi0;ide2", { boot: "order=scsi0;ide2;net0" }, ["scsi0", "ide2", "net0"]],
    ["boot: order= alone", { boot: "order=" }, []],
    ["the blank that an empty boot reads back as", { boot: " " }, undefined],
    ["letters, from before 6.3, with the disk beside", { boot: "cdn", bootdisk: "virtio0" }, ["virtio0"]],
    ["nothing", {}, undefined],
  ];
  for (const [what, config, expected] of rows)
    it(`5.1: order of boot from ${what}`, () => {
      expect(vmHardware(config).bootOrder).to.deep.equal(expected);
    });
});
