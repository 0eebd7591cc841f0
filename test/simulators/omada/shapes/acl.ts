import {
  among,
  flag,
  formatted,
  integer,
  list,
  looseName,
  map,
  must,
  object,
  optionalText,
  text,
  type Shape,
} from "../shape.ts";

const COMMON: Shape = {
  description: must(looseName(512)),
  status: must(flag),
  policy: must(among(0, 1)),
  protocols: must(list(integer())),
  sourceType: must(integer()),
  sourceIds: must(list(text())),
  destinationType: must(integer()),
  destinationIds: list(text()),
};

export const GATEWAY_ACL: Shape = {
  ...COMMON,
  direction: must(object({ lanToWan: flag, lanToLan: flag, wanInIds: list(text()), vpnInIds: list(text()) })),
  stateMode: must(among(0, 1)),
  states: object({ stateNew: flag, established: flag, related: flag, invalid: flag }),
  syslog: must(flag),
  timeRangeId: text(),
};

export const SWITCH_ACL: Shape = {
  ...COMMON,
  bindingType: must(among(0, 1, 2, 3)),
  etherType: must(object({ enable: must(flag), value: text("^[0-9a-fA-F]{4}$") })),
  networkId: text(),
  customAclPorts: list(
    object({
      mac: must(text()),
      vrf: must(text()),
      customPortIds: must(list(integer())),
      customLagIds: must(list(integer())),
    }),
  ),
  customAclOsws: list(text()),
  customAclStacks: list(text()),
  biDirectional: flag,
  timeRangeId: text(),
};

export const EAP_ACL: Shape = COMMON;

export const ORDER: Shape = { type: must(text("^(gateway|switch|eap)$")), indexes: must(map(integer())) };

/** A group of addresses, ports or clients. */
export const GROUP: Shape = {
  name: must(looseName(64)),
  type: must(among(0, 1, 2, 3, 4, 5, 7)),
  description: optionalText(512),
  ipList: list(object({ ip: must(formatted("ipv4")), mask: must(integer(0, 32)), description: optionalText(512) })),
  portType: among(0, 1),
  portList: list(text()),
  portMaskList: list(object({ port: must(integer(0, 65535)), mask: must(text("^[0-9a-fA-F]{4}$")) })),
  macAddressList: list(object({ macAddress: must(formatted("mac")), name: text() })),
  ipv6List: list(
    object({ ip: must(formatted("ipv6")), prefix: must(integer(1, 128)), description: optionalText(512) }),
  ),
  domainNamePort: list(object({ address: must(text()), port: text(), description: optionalText(512) })),
  countryList: list(text()),
};

/** An address that a client always gets. */
export const RESERVATION: Shape = {
  mac: must(formatted("mac")),
  netId: must(text()),
  status: must(flag),
  ip: formatted("ipv4"),
  description: text("^$|^[^ \\+\\-\\@\\=]$|^[^ \\+\\-\\@\\=].{0,126}[^ ]$"),
  options: list(object({ code: integer(), type: among(0, 1, 2), value: text() })),
  confirmConflict: flag,
  serverMac: text(),
  serverType: text(),
  serverStackId: text(),
};
