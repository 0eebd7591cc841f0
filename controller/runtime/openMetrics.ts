/** Content type of OpenMetrics text, as Prometheus asks for it first. */
export const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** Whether who asks with this Accept header would rather have OpenMetrics than the older text format. */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  const ranges = (accept ?? "").toLowerCase().split(",").map(rangeOf);
  const best = (holds: (type: string, version: string | undefined) => boolean): number =>
    Math.max(0, ...ranges.filter(({ type, version }) => holds(type, version)).map(({ quality }) => quality));
  const open = best((type, version) => type === "application/openmetrics-text" && (version ?? "1.0.0") === "1.0.0");
  return open > 0 && open >= best((type) => type === "text/plain");
}

function rangeOf(range: string): { readonly type: string; readonly version?: string; readonly quality: number } {
  const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
  const of = (name: string): string | undefined =>
    parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
  const version = of("version");
  return { type, quality: Number(of("q") ?? 1), ...(version === undefined ? {} : { version }) };
}

/**
 * The older text format as OpenMetrics: there a counter's family is named without `_total`, no line is blank, and the
 * last line says that it is all (prometheus.io/docs/specs/om/open_metrics_spec). prom-client can write it too, but
 * renames its counters for good when it does (lib/registry.js of 15.1).
 */
export function asOpenMetrics(text: string): string {
  const families = new Set([...text.matchAll(/^# TYPE (\S+)_total counter$/gm)].map(([, name]) => name));
  const lines = text.split("\n").filter((line) => line !== "");
  const renamed = lines.map((line) =>
    line.replace(/^(# (?:HELP|TYPE) )(\S+)_total(?= )/, (whole, before: string, name: string) =>
      families.has(name) ? before + name : whole,
    ),
  );
  return [...renamed, "# EOF", ""].join("\n");
}
