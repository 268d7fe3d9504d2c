/** How much anybody may ask for, and how long they may take. */

export interface Limits {
  readonly bodyBytes: number;
  /** The first line included. */
  readonly headerBytes: number;
  readonly connections: number;
  /** Of one address; Infinity: no limit. */
  readonly requestsPerSecond: number;
  /** Real ms until the headers are complete. */
  readonly headersMs: number;
  /** Real ms until the whole request is there. */
  readonly requestMs: number;
  /** Real ms between two requests of a connection. */
  readonly keepAliveMs: number;
  /** Real ms in which nothing goes either way, while the other end is the one to do something. */
  readonly idleMs: number;
  /** Real ms that answers under way get when the server closes. */
  readonly closeMs: number;
}

export const LIMITS: Limits = {
  bodyBytes: 1024 * 1024,
  headerBytes: 16 * 1024,
  connections: 512,
  requestsPerSecond: 5000,
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 10_000,
  idleMs: 60_000,
  closeMs: 2000,
};
