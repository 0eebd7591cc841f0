/**
 * Path of a call as it goes over the wire. The typed proxy escapes only "/" inside an argument, so each segment is
 * encoded here; the server decodes a percent-encoded slash before it splits (contract 1.5, 12).
 */
export function encodePath(path: string): string {
  return path
    .split("/")
    .map((segment) => encodeURIComponent(segment.replaceAll("%2F", "/")))
    .join("/");
}

/** Parameters as form text: booleans as 1 and 0, lists by repeating the key, what is null or undefined left out. */
export function encodeForm(params: Readonly<Record<string, unknown>> | undefined): string {
  const form = new URLSearchParams();
  for (const [key, value] of Object.entries(params ?? {})) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      const text = formText(item);
      if (text !== undefined) form.append(key, text);
    }
  }
  return form.toString();
}

function formText(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
      return String(value);
    case "boolean":
      return value ? "1" : "0";
    default:
      return undefined;
  }
}
