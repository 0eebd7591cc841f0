/** Reason and message of Ready. */
export interface Said {
  readonly reason: string;
  readonly message: string;
}

/** By reason, whether the world bears it out. */
export type Bearing = Readonly<Record<string, boolean>>;

/** For a reason that the world bears out or not. */
export function borne(said: Said, why: Bearing): readonly string[] {
  return why[said.reason] === true ? [] : [`says ${said.reason}, and the world does not: ${said.message}`];
}
