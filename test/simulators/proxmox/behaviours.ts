import type { Behaviour, Settings } from "./options.ts";

/** How a guest made through the API behaves: what is configured for its vmid or its name. */
export function mergedBehaviour(settings: Settings, vmid: number, name: string | undefined): Behaviour {
  return { ...(settings.behaviours[name ?? ""] ?? {}), ...(settings.behaviours[String(vmid)] ?? {}) };
}
