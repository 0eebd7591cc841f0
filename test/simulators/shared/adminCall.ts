export type Json = Readonly<Record<string, unknown>>;

/** A call of the admin port. */
export interface AdminCall<Inside> {
  /** What the admin port works on. */
  readonly inside: Inside;
  /** The parts of the path that the pattern names. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Json;
}

export interface AdminRoute<Inside> {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly path: string;
  /** One line for the list that `GET /` gives. */
  readonly about: string;
  readonly handle: (call: AdminCall<Inside>) => unknown;
}

/** A wrong request to the admin port. */
export class AdminError extends Error {}
