/** Packets leave as soon as there are tokens: of a bucket, and of a second one where there is a peak rate (RFC 2698, tc-tbf's `peakrate`). */
import type { Nanos } from '../../../engine/index.ts';
import type { Service } from './service.ts';
import { TokenBucket } from './token-bucket.ts';

export class Shaper implements Service {
  readonly sustained = new TokenBucket();
  readonly peak = new TokenBucket();

  awake(now: Nanos): void {
    this.sustained.awake(now);
    this.peak.awake(now);
  }

  begins(bytes: number, since: Nanos): Nanos {
    const sustained = this.sustained.ready(bytes, since);
    if (this.peak.rate === 0) return sustained;
    const peak = this.peak.ready(bytes, since);
    return sustained > peak ? sustained : peak;
  }

  begin(bytes: number, now: Nanos, since: Nanos): Nanos {
    this.sustained.take(bytes, now, since);
    if (this.peak.rate !== 0) this.peak.take(bytes, now, since);
    return now;
  }
}
