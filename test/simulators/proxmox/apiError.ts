/** A refusal as Proxmox VE words it: HTTP status, the whole message, and the errors object of a 400. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: Readonly<Record<string, string>> | undefined;

  constructor(status: number, message: string, errors?: Readonly<Record<string, string>>) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.errors = errors;
  }
}

/** Any runtime failure is a 500 whose text ends in a newline. */
export function failure(message: string): ApiError {
  return new ApiError(500, `${message}\n`);
}

/** A refused parameter. */
export function invalid(errors: Readonly<Record<string, string>>): ApiError {
  return new ApiError(400, "Parameter verification failed.\n", errors);
}

/** A refused permission; `what` is the part in brackets. */
export function denied(what?: string): ApiError {
  return new ApiError(403, what === undefined ? "Permission check failed\n" : `Permission check failed (${what})\n`);
}

/** The text of anything thrown, without its trailing newline. */
export function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\n+$/, "");
}
