interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** What the Ready condition of an object says; empty words before its first status. */
export type Ready = Omit<Condition, "type">;

const nothing: Ready = { status: "", reason: "", message: "no status yet" };

interface Said {
  readonly conditions?: readonly Condition[];
}

export function conditionOf(status: Said | undefined, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function readyOf(object: { readonly status?: Said } | undefined): Ready {
  return conditionOf(object?.status, "Ready") ?? nothing;
}
