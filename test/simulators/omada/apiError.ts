import { MESSAGES } from "./messages.ts";

/** A refusal: HTTP 200 with this errorCode. */
export class ApiError extends Error {
  readonly code: number;

  constructor(code: number, message = MESSAGES[code] ?? "General error.") {
    super(message);
    this.code = code;
  }
}

/** A refusal of the server below the API: a status of its own, with Spring's body. */
export class HttpError extends Error {
  readonly status: number;
  readonly allow: readonly string[];

  constructor(status: number, reason: string, allow: readonly string[] = []) {
    super(reason);
    this.status = status;
    this.allow = allow;
  }
}

export const invalid = (what?: string): ApiError => new ApiError(-1001, what);
export const missing = (field: string): ApiError => invalid(`Parameter [${field}] should not be null`);
