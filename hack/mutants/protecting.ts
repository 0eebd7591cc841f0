/** The code behind the rules that keep data and guests safe (I3-I9, A2, A9, N1, N2, N4, O3, O4, O7, L6, P1): no bug may survive here. */
const protecting = [
  /^controller\/plan\/(?:guests\/)?(mark|guestMark|guestAbsent|guestDeletion|systemDisk|guestPolicy|guestStop)\.ts$/,
  /^controller\/plan\/(?:(?:guests|layers)\/)?(holds|explain|boot|gate|permissions|need)\.ts$/,
  /^controller\/plan\/network\/(deletion|heldStep|judge|lockOut|omadaMark|omadaWrite)\.ts$/,
  /^controller\/plan\/network\/(ownProfiles|segmentNetwork|segmentRemains)\.ts$/,
  /^controller\/reconcilers\/guests\/(guestBrake|guestExecute|guestTask|guestSight|absentGuest\w*)\.ts$/,
  /^controller\/runtime\/(leader|reconcile|patches|status)\.ts$/,
];

export function protects(file: string): boolean {
  return protecting.some((pattern) => pattern.test(file));
}
