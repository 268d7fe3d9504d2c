/** Whatever went wrong while a request was read or answered, as a problem. What nobody foresaw is told to the operator alone. */
import type { Socket } from 'node:net';
import { RunGone } from '../operation/thread.ts';
import { NotKept } from '../store/keeping.ts';
import { HttpProblem, PROBLEM_TYPE, type ProblemDetails, problemDetails } from './problem.ts';
import { atHeader } from './route.ts';

/** Hears of errors that nobody foresaw. */
export type OnDefect = (error: Error) => void;

const READING: Readonly<Record<number, string>> = {
  413: 'the body is too large',
  414: 'the address is too long',
  415: 'a body has to be application/json',
};

export function problemOfError(error: unknown, onDefect: OnDefect): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof RunGone) return new HttpProblem(503, 'the simulation is gone');
  if (error instanceof NotKept) {
    onDefect(error);
    return new HttpProblem(503, 'it is done, but could not be saved: a restart would lose it', {
      headers: atHeader(error.at),
    });
  }
  const { statusCode: status = 500 } = error as { readonly statusCode?: number };
  // Who reads requests says so when they are malformed.
  if (status >= 400 && status < 500)
    return new HttpProblem(status, READING[status] ?? 'the request is malformed');
  onDefect(error instanceof Error ? error : new Error(String(error)));
  return new HttpProblem(500, 'a defect of the server; it tells more on its terminal');
}

/** Answers what is not even a request, and ends the connection. */
export function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const details = unreadable(error.code);
  const body = JSON.stringify(details);
  socket.end(
    [
      `HTTP/1.1 ${details.status} ${details.title}`,
      `Content-Type: ${PROBLEM_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'X-Content-Type-Options: nosniff',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
  // Whoever goes on sending does not keep the connection.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

const LINGER_MS = 1000;

function unreadable(code: string | undefined): ProblemDetails {
  if (code === 'HPE_HEADER_OVERFLOW') return problemDetails(431, 'the headers are too large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return problemDetails(408, 'the request did not come in time');
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return problemDetails(413, 'the body is too large');
  return problemDetails(400, 'this is no HTTP request');
}
