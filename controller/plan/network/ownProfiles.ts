import type { NetworkDevice } from "../../api/index.ts";
import type { DeviceSeen, SiteSeen } from "../../providers/omadaSeen.ts";
import type { NetStep } from "./netInput.ts";
import { profileName, profileText } from "./portNetworks.ts";

type OwnProfile = NonNullable<NonNullable<NetworkDevice["status"]>["profiles"]>[number];

/**
 * Port profiles that this object made (5.x): on record with an id whose name still matches, or of a creation that is on
 * record and has shown. One that people renamed is theirs; a name alone proves nothing (I9).
 */
export function ownProfiles({ status }: NetworkDevice, { profiles }: SiteSeen): readonly OwnProfile[] {
  const known = status?.profiles ?? [];
  if (profiles === undefined) return known;
  const kept = known.filter((one) => profiles.some(({ id, name }) => id === one.profileId && name === one.name));
  const made = profiles.filter(
    ({ id, name, builtIn }) =>
      !builtIn && status?.creating?.what === profileText(name) && !kept.some(({ profileId }) => profileId === id),
  );
  return [...kept, ...made.map(({ id, name }) => ({ profileId: id, name }))];
}

/** Deletes a profile of ours that no port has and no port shall have. While a switch does not show its ports, none. */
export function leftoverProfile(
  object: NetworkDevice,
  seen: SiteSeen,
  devices: ReadonlyMap<string, NetworkDevice>,
): NetStep | undefined {
  const switches = [...seen.devices.values()].filter(({ role }) => role === "Switch");
  const used = switches.map(profilesOn);
  if (used.includes(undefined)) return undefined;
  const wanted = new Set([...devices.values()].flatMap(({ spec }) => spec.ports ?? []).map(wantedName));
  const leftover = ownProfiles(object, seen).find(
    ({ profileId, name }) => !wanted.has(name) && !used.some((on) => on?.has(profileId) === true),
  );
  if (leftover === undefined) return undefined;
  const what = profileText(leftover.name);
  return { write: { call: "deleteProfile", id: leftover.profileId }, what, destroys: what };
}

/** Undefined: not all of it is told. */
function profilesOn({ ports }: DeviceSeen): ReadonlySet<string> | undefined {
  const ids = ports?.map(({ profileId }) => profileId);
  return ids === undefined || ids.length === 0 || ids.includes(undefined) ? undefined : new Set(ids as string[]);
}

function wantedName({
  nativeSegmentRef,
  taggedSegmentRefs = [],
}: NonNullable<NetworkDevice["spec"]["ports"]>[number]): string | undefined {
  return nativeSegmentRef === undefined ? undefined : profileName(nativeSegmentRef.name, taggedSegmentRefs.toSorted());
}
