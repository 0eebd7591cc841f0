import type { ProxmoxPort } from "../../controller/providers/port.ts";
import type { VmidBook } from "./vmidBook.ts";

const READS =
  /^(?:seen|reach|sure|onChange|hurry|keepBusy|mark|permissions|read\w+|proveAbsence|tasks|taskState|taskLog|losses|bridges|createObstacles|snapshots|close)$/;
const CREATES = /^(?:create|clone)(?!\w*(?:Snapshot|Obstacles))/;

/**
 * The port as the tests see it: their vmids stand for vmids of the host, guests of others are not shown, and a mutation
 * of a guest that this run did not make is refused before it leaves.
 */
export function ownGuests(port: ProxmoxPort, book: VmidBook): ProxmoxPort {
  return new Proxy(port, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function" || typeof name !== "string") return member;
      return (...args: readonly unknown[]) => {
        const outgoing = new Outgoing(book);
        const sent = args.map((arg) => outgoing.translate(arg));
        const creates = CREATES.test(name);
        if (!READS.test(name) && !creates) for (const vmid of outgoing.named) book.requireMade(vmid);
        const result: unknown = (member as (...all: unknown[]) => unknown).apply(target, sent);
        if (!(result instanceof Promise)) return incoming(result, book);
        return result.then((value: unknown) => {
          if (creates) for (const vmid of outgoing.named.slice(-1)) book.made(vmid);
          return incoming(value, book);
        });
      };
    },
  });
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Arguments with the host's vmids, and which those were. */
class Outgoing {
  readonly named: number[] = [];
  readonly #book: VmidBook;

  constructor(book: VmidBook) {
    this.#book = book;
  }

  translate(value: unknown, key = "vmid"): unknown {
    if (typeof value === "number") return key === "vmid" || key === "newid" ? this.#actual(value) : value;
    if (Array.isArray(value)) return value.map((each: unknown) => this.translate(each, ""));
    if (!isPlain(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.translate(inner, name)]));
  }

  #actual(role: number): number {
    const vmid = this.#book.actual(role);
    this.named.push(vmid);
    return vmid;
  }
}

/** An answer with the tests' vmids; what is about guests of others is left out of lists and maps. */
function incoming(value: unknown, book: VmidBook): unknown {
  if (value instanceof Map) {
    const entries = [...value].flatMap(([key, inner]: readonly [unknown, unknown]) => {
      const mine = typeof key === "number" ? book.role(key) : key;
      return mine === undefined ? [] : [[mine, incoming(inner, book)] as const];
    });
    return new Map(entries);
  }
  if (Array.isArray(value)) return value.filter((each) => !isOthers(each, book)).map((each) => incoming(each, book));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, member(key, inner, book)]));
}

function member(key: string, value: unknown, book: VmidBook): unknown {
  if (key === "vmid" && typeof value === "number") return book.role(value) ?? value;
  if (key === "id" && typeof value === "string" && /^\d+$/.test(value))
    return String(book.role(Number(value)) ?? value);
  return incoming(value, book);
}

function isOthers(value: unknown, book: VmidBook): boolean {
  if (!isPlain(value)) return false;
  const about = value["vmid"] ?? value["id"];
  return about !== undefined && about !== "" && book.role(Number(about)) === undefined;
}
