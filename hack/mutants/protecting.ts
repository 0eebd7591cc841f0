/** The code behind the rules that keep data and guests safe (I3-I8, A2, A9, O3, O4, O7, L6, P1): no bug may survive here. */
const protecting = [
  /^controller\/plan\/(mark|guestMark|guestAbsent|guestDeletion|systemDisk|guestPolicy|guestStop)\.ts$/,
  /^controller\/plan\/(holds|explain|boot|gate|permissions|need)\.ts$/,
  /^controller\/reconcilers\/(guestBrake|guestExecute|guestTask|guestSight|absentGuest\w*)\.ts$/,
  /^controller\/runtime\/(leader|reconcile|patches|status)\.ts$/,
];

export function protects(file: string): boolean {
  return protecting.some((pattern) => pattern.test(file));
}
