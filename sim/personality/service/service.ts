/** What lets packets out of a queue, one after the other. Does not know who waits, nor in which order. */
import type { Nanos } from '../../../engine/index.ts';

/** Sizes are those on the link, see `framing.ts`. */
export interface Service {
  /** Somebody comes, and nobody waited or was being served. */
  awake(now: Nanos): void;
  /** When a packet may be taken out of the queue that has been the next one since the instant `since`: then or later. */
  begins(bytes: number, since: Nanos): Nanos;
  /** It is taken out now, which is not before that. Returns when it leaves: now or later. Who comes next begins after it has left. */
  begin(bytes: number, now: Nanos, since: Nanos): Nanos;
}
