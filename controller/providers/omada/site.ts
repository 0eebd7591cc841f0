import { ProviderError } from "../../base/outcome.ts";
import type { Row } from "../shared/decode.ts";
import { number, row, rows, text } from "../shared/decode.ts";
import { UnsupportedPath } from "./envelope.ts";
import type { ApiAsk, Info, OpenApi } from "./openApi.ts";
import type { Call } from "./transport.ts";
import type { WebSession } from "./webSession.ts";

const PAGE = 1_000;
const MOST_PAGES = 50;

export interface Site {
  readonly id: string;
  readonly name: string;
}

type SiteAsk = Omit<ApiAsk, "version"> & { readonly version?: ApiAsk["version"] };

/** The calls of one site. Finds the site by name or id, reads lists to their end, remembers which calls this version has. */
export class SiteApi {
  readonly api: OpenApi;
  readonly web: WebSession | undefined;
  readonly #wanted: string;
  readonly #variants = new Map<string, number>();
  #site: Site | undefined;

  constructor(api: OpenApi, web: WebSession | undefined, wanted: string) {
    this.api = api;
    this.web = web;
    this.#wanted = wanted;
  }

  /** Everything that was learnt of the controller is asked again: it was away and may be another version now. */
  forget(): void {
    this.api.forgetInfo();
    this.#variants.clear();
    this.#site = undefined;
  }

  info(call: Call): Promise<Info> {
    return this.api.info(call);
  }

  async site(call: Call): Promise<Site> {
    if (this.#site !== undefined) return this.#site;
    const all = (await this.#paged({ method: "GET", version: 1, path: "/sites" }, call)).map((one) => ({
      id: text(one["siteId"]) ?? "",
      name: text(one["name"]) ?? "",
    }));
    const found = all.find((one) => one.name === this.#wanted) ?? all.find((one) => one.id === this.#wanted);
    if (found === undefined) {
      const names = all.map((one) => `"${one.name}"`).join(", ");
      const message = `the application sees no site "${this.#wanted}"${names === "" ? "" : `; it sees ${names}`}`;
      throw new ProviderError("missing", message);
    }
    this.#site = found;
    return found;
  }

  async get(path: string, call: Call, version: 1 | 2 | 3 = 1): Promise<unknown> {
    return this.send({ method: "GET", path, version }, call);
  }

  /** The rows of a list that has pages, or of a bare one. */
  async list(path: string, call: Call, version: 1 | 2 | 3 = 1): Promise<readonly Row[]> {
    const { id } = await this.site(call);
    return this.#paged({ method: "GET", version, path: `/sites/${id}${path}` }, call);
  }

  /** The rows of a list whose page is asked for in the body. */
  async query(path: string, body: Row, call: Call, version: 1 | 2 | 3 = 1): Promise<readonly Row[]> {
    const { id } = await this.site(call);
    return this.#paged({ method: "POST", version, path: `/sites/${id}${path}`, body, reads: true }, call);
  }

  async send(ask: SiteAsk, call: Call): Promise<unknown> {
    const { id } = await this.site(call);
    return this.api.request({ version: 1, ...ask, path: `/sites/${id}${ask.path}` }, call);
  }

  /** Rows of a web list or array; throws without a web session. */
  async webRows(path: string, call: Call): Promise<readonly Row[]> {
    const { id } = await this.site(call);
    if (this.web === undefined) throw new ProviderError("spec", "no web session is declared");
    // A web list takes only these names; an array ignores them.
    const query = { currentPage: "1", currentPageSize: String(PAGE) };
    const result = await this.web.request({ method: "GET", path: `/sites/${id}${path}`, query }, call);
    return Array.isArray(result) ? rows(result) : rows(row(result)["data"]);
  }

  /**
   * The first of these ways that this version has, remembered under `name` (contract 2). Only a way that the version does
   * not have leads to the next one; then certainly nothing was done.
   */
  async way<T>(name: string, ways: readonly (() => Promise<T>)[]): Promise<T> {
    let last: unknown;
    for (let at = this.#variants.get(name) ?? 0; at < ways.length; at += 1) {
      try {
        const result = await ways[at]?.();
        this.#variants.set(name, at);
        return result as T;
      } catch (error) {
        if (!(error instanceof UnsupportedPath)) throw error;
        last = error;
      }
    }
    throw last;
  }

  /**
   * All pages, by `totalRows` and the rows that came; `currentSize` only echoes the request (contract 1.5). A page that is
   * shorter than its counters say is read once more; then the list is not believed.
   */
  async #paged(ask: ApiAsk, call: Call): Promise<readonly Row[]> {
    const found: Row[] = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const read = (): Promise<Page> => this.#page(ask, page, call);
      const first = await read();
      const got = first.rows.length < expected(first.total, found.length) ? await read() : first;
      found.push(...got.rows);
      const { total } = got;
      if (total === undefined || found.length >= total) return found;
      if (got.rows.length < expected(total, found.length - got.rows.length)) {
        throw new ProviderError("unreachable", `Omada gave ${found.length} of ${total} rows of ${ask.path}`);
      }
    }
    throw new ProviderError("other", `the list ${ask.path} has no end`);
  }

  async #page(ask: ApiAsk, page: number, call: Call): Promise<Page> {
    const numbers = { page, pageSize: PAGE };
    const inQuery = { query: { ...ask.query, page: String(page), pageSize: String(PAGE) } };
    const inBody = { body: { ...(ask.body as Row | undefined), ...numbers } };
    const result = await this.api.request({ ...ask, ...(ask.method === "GET" ? inQuery : inBody) }, call);
    if (Array.isArray(result)) return { rows: rows(result), total: undefined };
    return { rows: rows(row(result)["data"]), total: number(row(result)["totalRows"]) };
  }
}

interface Page {
  readonly rows: readonly Row[];
  readonly total: number | undefined;
}

/** Rows that a page after `before` others has, if its counters are right. */
function expected(total: number | undefined, before: number): number {
  return total === undefined ? 0 : Math.min(PAGE, total - before);
}
