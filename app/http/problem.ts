/** What goes wrong, as problem details (RFC 9457): every field error listed, nothing of the inside told. */
import { STATUS_CODES } from 'node:http';
import type { Problem } from '../../sim/index.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** A field error as it is sent. `path` names a field of the body, a parameter, or a header; empty: the body as a whole. */
export type FieldProblem = Pick<Problem, 'path' | 'found' | 'allowed' | 'nearest'>;

/** `type` is about:blank: the status says what kind of problem it is. */
export interface ProblemDetails {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly problems: readonly FieldProblem[];
}

export function problemDetails(
  status: number,
  detail: string,
  problems: readonly FieldProblem[] = [],
): ProblemDetails {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, problems };
}

type Headers = Readonly<Record<string, string>>;

/** Thrown by whoever cannot answer; the server sends it. */
export class HttpProblem extends Error {
  override name = 'HttpProblem';
  readonly status: number;
  readonly problems: readonly FieldProblem[];
  readonly headers: Headers;

  constructor(
    status: number,
    detail: string,
    { problems = [], headers = {} }: { problems?: readonly Problem[]; headers?: Headers } = {},
  ) {
    super(detail);
    this.status = status;
    this.problems = problems.map(fieldProblem);
    this.headers = headers;
  }

  get details(): ProblemDetails {
    return problemDetails(this.status, this.message, this.problems);
  }
}

const fieldProblem = ({ path, found, allowed, nearest }: Problem): FieldProblem => ({
  path,
  found,
  allowed,
  ...(nearest === undefined ? {} : { nearest }),
});

/** The request is not as it should be. */
export const badRequest = (problems: readonly Problem[], detail = 'the request is not as it should be') =>
  new HttpProblem(400, detail, { problems });

/** A path, a parameter or a header names nothing that there is. */
export const notFound = (detail: string, problems: readonly Problem[] = []) =>
  new HttpProblem(404, detail, { problems });
