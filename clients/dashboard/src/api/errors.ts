/** What the gateway says instead of a success: `{"detail": ...}`, and for a 422 one part for each field. */

export interface InvalidPart {
  loc: (string | number)[];
  msg: string;
  type: string;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly detail: string | InvalidPart[],
    readonly code: string | null = null,
    readonly retryAfterS: number | null = null,
  ) {
    super(typeof detail === "string" ? detail : detail.map(sentence).join("; "));
  }

  static async of(response: Response): Promise<ApiError> {
    const wait = Number(response.headers.get("Retry-After"));
    const body: unknown = await response
      .clone()
      .json()
      .catch(() => null);
    const told = isObject(body) ? body : {};
    const detail = typeof told["detail"] === "string" || Array.isArray(told["detail"]) ? told["detail"] : null;
    return new ApiError(
      response.status,
      (detail as string | InvalidPart[] | null) ?? `The server answered ${response.status}.`,
      typeof told["code"] === "string" ? told["code"] : null,
      wait > 0 ? wait : null,
    );
  }

  /** The message about the field of this name, if it is among what was wrong. */
  about(field: string): string | undefined {
    if (typeof this.detail === "string") return undefined;
    return this.detail.find((part) => part.loc.includes(field))?.msg;
  }
}

function sentence(part: InvalidPart): string {
  const where = part.loc.filter((each) => each !== "body").join(".");
  return where ? `${where}: ${part.msg}` : part.msg;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** What to tell a person of whatever was thrown. */
export function messageOf(fault: unknown): string {
  if (fault instanceof ApiError) return fault.message;
  if (fault instanceof TypeError) return "The server can’t be reached.";
  return fault instanceof Error ? fault.message : String(fault);
}
