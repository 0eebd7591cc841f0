import type { VirtualMachine } from "../../api/index.ts";
import type { ImageDownload } from "../../providers/port.ts";
import type { Creation } from "./creation.ts";

type Source = NonNullable<VirtualMachine["spec"]["source"]>;

const DEFAULT_STORAGE = "local";
/** So much of the checksum is part of the file's name; the whole of it is checked. */
const DIGITS = 12;

/**
 * The download that a source asks for. Its file name follows from address and checksum, so that the same image is the
 * same file for every machine, and another one never takes its place.
 */
export function imageOf({ cloudImage }: Source, node: string): ImageDownload | undefined {
  if (cloudImage === undefined) return undefined;
  const { url, storage = DEFAULT_STORAGE } = cloudImage;
  const [algorithm = "", checksum = ""] = cloudImage.checksum.split(":");
  const [, stem = "image", extension = ""] = /([^/]+)[.]([a-z0-9]+)$/.exec(url) ?? [];
  // What publishers call .img is qcow2, and Proxmox goes by the name.
  const type = extension === "img" ? "qcow2" : extension;
  const file = `${stem.replace(/[^A-Za-z0-9._-]/g, "-").slice(0, 128)}-${checksum.slice(0, DIGITS)}.${type}`;
  return { node, storage, file, volume: `${storage}:import/${file}`, url, algorithm, checksum };
}

/** The image that a create call needs on its storage. */
export function imageIn(creation: Creation): ImageDownload | undefined {
  if (creation === undefined || !("is" in creation) || creation.is !== "machine") return undefined;
  return creation.image;
}

/** Two numbers of a version; undefined: not known, and left to Proxmox to refuse. */
export function isOlder(version: string | undefined, major: number, minor: number): boolean {
  const [, is = "", part = ""] = /^(\d+)\.(\d+)/.exec(version ?? "") ?? [];
  if (is === "") return false;
  return Number(is) < major || (Number(is) === major && Number(part) < minor);
}
