/** What goes wrong with a call. */
import type { FieldProblem } from './types.ts';

/** The server refused, or nobody answered (status 0). The message is for people; `problems` has what is wrong, field by field. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly problems: readonly FieldProblem[];

  constructor(status: number, message: string, problems: readonly FieldProblem[] = []) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
}

/** From problem details (RFC 9457), or from whatever else stood there. */
export async function errorOf(response: Response): Promise<ApiError> {
  const { status, statusText } = response;
  const fallback = `the answer was ${status} ${statusText}`.trim();
  try {
    const body = (await response.json()) as {
      readonly title?: string;
      readonly detail?: string;
      readonly problems?: readonly FieldProblem[];
    };
    return new ApiError(status, body.detail ?? body.title ?? fallback, body.problems ?? []);
  } catch {
    return new ApiError(status, fallback);
  }
}
