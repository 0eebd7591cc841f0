interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** What the Ready condition of an object says; empty words before its first status. */
export type Ready = Omit<Condition, "type">;

const nothing: Ready = { status: "", reason: "", message: "no status yet" };

export function readyOf(
  object: { readonly status?: { readonly conditions?: readonly Condition[] } } | undefined,
): Ready {
  return object?.status?.conditions?.find((condition) => condition.type === "Ready") ?? nothing;
}
