import type { FakeLab } from "../fakes/lab.ts";

/** Status of a condition of a Container; empty when it has none of this type. */
export function statusOf(lab: FakeLab, name: string, type: string): string {
  const conditions = lab.read("Container", name)?.status?.conditions ?? [];
  return conditions.find((condition) => condition.type === type)?.status ?? "";
}
