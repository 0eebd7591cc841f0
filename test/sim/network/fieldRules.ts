import type { NetDeclared } from "./netObjects.ts";
import { argsOf, type SiteRule, type SiteScene } from "./siteScene.ts";

/** What is not declared is neither written nor lost (A11, N3). */
export const fieldRules: readonly SiteRule[] = [
  ["A11", undeclared],
  ["N3", lostText],
];

function undeclared(scene: SiteScene): string | undefined {
  const { actors, history } = scene;
  const written = writtenBy(scene);
  if (written.length === 0 || actors.length === 0 || history.deaf) return undefined;
  const excess = actors.map((one) => {
    const declared = declaredIn(one, scene);
    return written.filter((field) => !declared.includes(field));
  });
  return excess.some((fields) => fields.length === 0) ? undefined : `nobody declares ${excess[0]?.join(", ") ?? ""}`;
}

/** Fields that the call sets, of something that exists. */
function writtenBy(scene: SiteScene): readonly string[] {
  switch (scene.call) {
    case "updateNetwork": {
      const { dhcp, ...wish } = argsOf(scene, "updateNetwork")[1];
      return [...Object.keys(wish), ...Object.keys(dhcp ?? {}).map((key) => `dhcp.${key}`)];
    }
    case "updateWlan":
      return Object.keys(argsOf(scene, "updateWlan")[1]);
    case "setPort":
      return Object.keys(argsOf(scene, "setPort")[2]);
    case "setRadio": {
      const { band: _, ...wish } = argsOf(scene, "setRadio")[1];
      return Object.keys(wish);
    }
    default:
      return [];
  }
}

const present = (fields: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [name]));

function declaredIn(one: NetDeclared, scene: SiteScene): readonly string[] {
  switch (one.kind) {
    case "NetworkSegment": {
      const { vlan, purpose, gateway, isolated, dhcp = {} } = one.spec;
      const { start, domain, ...rest } = dhcp;
      const kept = present({ ...rest, ranges: start }).map((key) => `dhcp.${key}`);
      return ["name", ...present({ vlan, purpose, gatewaySubnet: gateway, isolated, domain }), ...kept];
    }
    case "WirelessNetwork": {
      const { bands, hidden, isolation, segmentRef, security } = one.spec;
      const own = { bands, hidden, guest: isolation, vlan: segmentRef, passphrase: security.passphraseRef };
      return ["ssid", "security", ...present(own)];
    }
    case "NetworkDevice":
      return scene.call === "setPort" ? declaredPort(one, scene) : declaredRadio(one, scene);
    default:
      return [];
  }
}

type Device = Extract<NetDeclared, { readonly kind: "NetworkDevice" }>;

function declaredPort({ spec }: Device, scene: SiteScene): readonly string[] {
  const [, number] = argsOf(scene, "setPort");
  const port = spec.ports?.find((one) => one.number === number);
  const networks = port?.nativeSegmentRef;
  return present({ name: port?.name, enabled: port?.enabled, vlans: networks, profileId: networks });
}

function declaredRadio({ spec }: Device, scene: SiteScene): readonly string[] {
  const [, { band }] = argsOf(scene, "setRadio");
  const { band: _, ...radio } = spec.radios?.find((one) => one.band === band) ?? { band };
  return present(radio);
}

/** What people wrote around our mark stays. */
function lostText(scene: SiteScene): string | undefined {
  const { call, history } = scene;
  const [before, after] =
    call === "updateAcl"
      ? [history.site.acls.get(argsOf(scene, "updateAcl")[0])?.description, argsOf(scene, "updateAcl")[1].description]
      : call === "setReservation"
        ? [
            history.site.reservations.get(argsOf(scene, "setReservation")[0].mac)?.description,
            argsOf(scene, "setReservation")[0].description,
          ]
        : [undefined, ""];
  if (before === undefined || after.includes(before) || !scene.fresh) return undefined;
  return `the description was "${before}"`;
}
