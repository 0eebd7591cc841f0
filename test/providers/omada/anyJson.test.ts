import { expect } from "chai";
import fc from "fast-check";
import { ProviderError } from "../../../controller/base/outcome.ts";
import { aclSeen } from "../../../controller/providers/omada/aclWire.ts";
import { clientSeen, deviceSeen, gatewayPorts } from "../../../controller/providers/omada/deviceWire.ts";
import { resultOf } from "../../../controller/providers/omada/envelope.ts";
import { groupSeen, reservationSeen } from "../../../controller/providers/omada/groupWire.ts";
import { networkBody, networkSeen } from "../../../controller/providers/omada/networkWire.ts";
import { documentPort, gridPort, listedPort, portBody } from "../../../controller/providers/omada/portWire.ts";
import { profileBody, profileSeen } from "../../../controller/providers/omada/profileWire.ts";
import { radiosSeen } from "../../../controller/providers/omada/radioWire.ts";
import { passphraseOf, wlanBody, wlanSeen } from "../../../controller/providers/omada/wlanWire.ts";
import type { Row } from "../../../controller/providers/shared/decode.ts";

/** Every name that a row of Omada is read by, as far as the decoders tell. */
const KEYS = [
  ...["id", "name", "primary", "purpose", "vlan", "vlanType", "gatewaySubnet", "isolation", "domain", "dhcpSettings"],
  ...[
    "dhcpSettingsVO",
    "mac",
    "type",
    "model",
    "status",
    "ports",
    "port",
    "profileId",
    "nativeNetworkId",
    "tagNetworkIds",
  ],
  ...[
    "networkTagsSetting",
    "band",
    "security",
    "pskSetting",
    "wlanId",
    "ssidId",
    "sourceIds",
    "destinationIds",
    "protocols",
  ],
  ...["sourceType", "destinationType", "direction", "policy", "index", "groupId", "ipList", "portList", "netId", "ip"],
  ...[
    "radioSetting2g",
    "radioSetting5g",
    "linkStatus",
    "uplink",
    "lastSeen",
    "untagNetworkIds",
    "disable",
    "description",
  ],
] as const;

const anyRow = fc.dictionary(fc.constantFrom(...KEYS), fc.jsonValue({ maxDepth: 3 }), {
  maxKeys: 20,
}) as fc.Arbitrary<Row>;

const decoders: Readonly<Record<string, (row: Row) => unknown>> = {
  networkSeen,
  profileSeen,
  groupSeen,
  reservationSeen,
  clientSeen,
  deviceSeen,
  listedPort,
  gridPort,
  documentPort,
  passphraseOf,
  aclSeen: (row) => aclSeen("gateway", row),
  wlanSeen: (row) => wlanSeen("g", row, row),
  radiosSeen: (row) => radiosSeen(row, row),
  gatewayPorts: (row) => gatewayPorts([row]),
  networkBody: (row) => networkBody(row, { isolated: true, dhcp: { enabled: true } }, "v2"),
  profileBody: (row) => profileBody(row, { name: "x", nativeNetworkId: "1", taggedNetworkIds: [] }),
  portBody: (row) => portBody(row, { enabled: true }),
  wlanBody: (row) => wlanBody(row, { hidden: true }, "correct horse"),
};

describe("any JSON from Omada", () => {
  for (const [name, decode] of Object.entries(decoders))
    it(`${name} reads it, or says in a typed error what is wrong`, () => {
      fc.assert(
        fc.property(anyRow, (row) => {
          try {
            decode(row);
          } catch (error) {
            expect(error).to.be.instanceOf(ProviderError);
          }
        }),
        { numRuns: 500 },
      );
    });

  it("an envelope of any text, status and code gives a result or a typed error", () => {
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ errorCode: fc.jsonValue() }).map((one) => JSON.stringify(one)),
    );
    fc.assert(
      fc.property(body, fc.integer({ min: 200, max: 599 }), fc.boolean(), (text, status, write) => {
        try {
          resultOf({ status, statusText: "", headers: {}, body: text }, { call: "GET /x", write });
        } catch (error) {
          expect(error).to.be.instanceOf(ProviderError);
          expect((error as ProviderError).message).to.not.equal("");
        }
      }),
    );
  });

  it("N3: what a port is told to change is all that changes", () => {
    const others = fc.dictionary(fc.stringMatching(/^x-[a-z]{1,6}$/), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 });
    fc.assert(
      fc.property(others, fc.string({ minLength: 1 }), (unknown, name) => {
        const read = {
          ...unknown,
          port: 3,
          name: "Port3",
          disable: false,
          profileId: "p1",
          profileOverrideEnable: true,
        };
        const { name: after, ...rest } = portBody(read, { name });
        const { name: before, ...same } = portBody(read, {});
        expect([before, after]).to.deep.equal(["Port3", name]);
        expect(rest).to.deep.equal(same);
        // A PATCH: what is left out stays.
        expect(rest).to.not.have.any.keys("disable", ...Object.keys(unknown));
      }),
    );
  });

  it("null is not false: what a version does not tell is not told as off", () => {
    const network = networkSeen({ id: "1", name: "iot", purpose: 1, vlan: 5, isolation: null, domain: null });
    expect(network).to.not.have.any.keys("isolated", "domain");
    const untold = {
      port: 1,
      name: null,
      disable: null,
      status: null,
      connectedStatus: null,
      poe: null,
      poeMode: null,
    };
    for (const seen of [documentPort(untold), gridPort(untold), listedPort(untold)])
      expect(seen).to.not.have.any.keys("linkUp", "enabled", "poe", "name", "speedMbps");
  });
});
