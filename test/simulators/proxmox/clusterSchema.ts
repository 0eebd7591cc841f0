import { format, text, type Params, type PropertyFormat } from "./schema.ts";

const TAG = "(?:[a-z0-9_][a-z0-9_\\-\\+\\.]*)";

/** Property strings of datacenter.cfg that this simulator acts on. */
export const CLUSTER_FORMATS: Readonly<Record<string, PropertyFormat>> = {
  "#/formats/cluster.options.next-id": {
    lower: { type: "integer", optional: true },
    upper: { type: "integer", optional: true },
  },
  "#/formats/cluster.options.user-tag-access": {
    "user-allow": { type: "string", optional: true, enum: ["none", "list", "existing", "free"] },
    "user-allow-list": { type: "string", optional: true, pattern: `${TAG}(?:;${TAG})*`, patternFlags: "i" },
  },
};

/** PUT /cluster/options, as far as it goes here. */
export const DATACENTER: Params = {
  delete: format("pve-configid-list"),
  description: text(),
  mac_prefix: format("mac-prefix"),
  "next-id": format("#/formats/cluster.options.next-id"),
  "registered-tags": text({ pattern: `(?:${TAG};)*${TAG}`, patternFlags: "i" }),
  "user-tag-access": format("#/formats/cluster.options.user-tag-access"),
};
