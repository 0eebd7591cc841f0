interface Conditioned {
  readonly metadata: { readonly generation?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
    }[];
  };
}

/** Reason of the Ready condition, once the controller has seen the present generation. */
export function readyReason(object: Conditioned | undefined): string | undefined {
  const isCurrent = object?.status?.observedGeneration === object?.metadata.generation;
  return isCurrent ? condition(object, "Ready")?.reason : undefined;
}

export function condition(
  object: Conditioned | undefined,
  type: string,
): { readonly status: string; readonly reason: string; readonly message: string } | undefined {
  return object?.status?.conditions?.find((one) => one.type === type);
}
