/** An answer of the server that is no success (`application/problem+json`), or none at all (`status` 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly params: Record<string, unknown> = {},
    readonly errors: { field: string; code: string; message: string }[] = [],
    readonly requestId: string | null = null,
  ) {
    super(detail);
  }

  /** Asking again may help. */
  get transient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The message for one field of a refused form; `undefined` where that field is fine. */
export function fieldError(error: unknown, field: string): string | undefined {
  return error instanceof Problem ? error.errors.find((each) => each.field === field)?.message : undefined;
}

/** The problem that a response tells of; something else than JSON is told by its status. */
export async function problemOf(response: Response): Promise<Problem> {
  const requestId = response.headers.get("X-Request-Id");
  try {
    const body = await response.json();
    return new Problem(
      response.status,
      String(body.code ?? "unknown"),
      String(body.detail ?? body.title ?? response.statusText),
      body.params ?? {},
      Array.isArray(body.errors) ? body.errors : [],
      body.requestId ?? requestId,
    );
  } catch {
    return new Problem(response.status, "unknown", response.statusText || `HTTP ${response.status}`, {}, [], requestId);
  }
}
