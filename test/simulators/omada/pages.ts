import { ApiError, HttpError, invalid } from "./apiError.ts";
import { numberAt, type Json } from "./json.ts";
import type { Call, Page, Route } from "./route.ts";
import type { Version } from "./profile.ts";

const LARGEST = 1000;

/** A page of rows with its counters. `currentSize` repeats what was asked for, as the real one does. */
export function paged(call: Call, rows: readonly unknown[], beside: Json = {}): Json {
  const { page, size } = call.page;
  return {
    totalRows: rows.length,
    currentPage: page,
    currentSize: size,
    data: rows.slice((page - 1) * size, page * size),
    ...beside,
  };
}

const EVERYTHING: Page = { page: 1, size: Number.MAX_SAFE_INTEGER };

/** The page a call asks for. Throws for a list of the Open API without one. */
export function pageOf(route: Route, query: URLSearchParams, body: Json, version: Version): Page {
  if (route.paged !== true) return EVERYTHING;
  if (route.web === true) return webPage(query);
  const page = route.body === undefined ? whole(query.get("page")) : numberAt(body, "page");
  const size = route.body === undefined ? whole(query.get("pageSize")) : numberAt(body, "pageSize");
  if (page === undefined || size === undefined) {
    if (version.missingPageIs400 && route.body === undefined) throw new HttpError(400, "Bad Request");
    throw invalid();
  }
  if (page < 1 || size < 1 || size > LARGEST) throw new ApiError(-1001);
  return { page, size };
}

/** The web API takes its own names only; without them the page is empty and says nothing about it. */
function webPage(query: URLSearchParams): Page {
  const page = whole(query.get("currentPage")) ?? 1;
  const size = whole(query.get("currentPageSize"));
  if (size === undefined && query.has("pageSize")) return { page: 1, size: 0 };
  return { page: Math.max(1, page), size: size ?? LARGEST };
}

function whole(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Rows that pass the search and are sorted by the first `sorts.<field>`. */
export function searched<Row extends object>(
  query: URLSearchParams,
  rows: readonly Row[],
  inFields: readonly (keyof Row & string)[],
): readonly Row[] {
  const word = query.get("searchKey")?.toLowerCase() ?? "";
  const left = rows.filter((row) => word === "" || inFields.some((key) => textOf(row[key]).includes(word)));
  const sort = [...query].find(([key]) => key.startsWith("sorts."));
  if (sort === undefined) return left;
  const [field, way] = [sort[0].slice("sorts.".length) as keyof Row & string, sort[1] === "desc" ? -1 : 1];
  return left.toSorted((a, b) => way * textOf(a[field]).localeCompare(textOf(b[field])));
}

const textOf = (value: unknown): string => (typeof value === "string" ? value.toLowerCase() : JSON.stringify(value));
