import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { TestPipeline } from '../../../support/pipeline.ts';

const MS = 1_000_000;

/** mahimahi's `LinkQueue` (src/packet/link_queue.cc), one opportunity after the other. */
class MahimahiModel {
  readonly departures: { readonly seq: number; readonly at: number }[] = [];
  readonly dropped: number[] = [];
  #trace: readonly number[] = [1];
  #base = 0;
  #next = 0;
  #limit = 0;
  #overhead = 0;
  #queue: { readonly seq: number; readonly size: number }[] = [];
  #inTransit = -1;
  #bytesLeft = 0;

  configure(now: number, trace: readonly number[], limit: number, overhead: number): void {
    this.rationalize(now - 1);
    if (trace !== this.#trace) {
      this.#trace = trace;
      this.#base = now;
      this.#next = 0;
    }
    this.#limit = limit;
    this.#overhead = overhead;
  }

  read(now: number, seq: number, size: number): void {
    this.rationalize(now);
    if (this.#queue.length < this.#limit) this.#queue.push({ seq, size });
    else this.dropped.push(seq);
  }

  finish(): void {
    while (this.#queue.length > 0 || this.#inTransit >= 0) this.#deliver();
  }

  rationalize(now: number): void {
    while (this.#nextDelivery() <= now) this.#deliver();
  }

  #nextDelivery(): number {
    return this.#base + this.#trace[this.#next]! * MS;
  }

  #deliver(): void {
    const at = this.#nextDelivery();
    this.#next = (this.#next + 1) % this.#trace.length;
    if (this.#next === 0) this.#base += this.#trace.at(-1)! * MS;
    let bytes = 1500;
    while (bytes > 0) {
      if (this.#inTransit < 0) {
        const packet = this.#queue.shift();
        if (packet === undefined) return;
        this.#inTransit = packet.seq;
        this.#bytesLeft = packet.size + this.#overhead;
      }
      const sent = Math.min(bytes, this.#bytesLeft);
      this.#bytesLeft -= sent;
      bytes -= sent;
      if (this.#bytesLeft > 0) return;
      this.departures.push({ seq: this.#inTransit, at });
      this.#inTransit = -1;
    }
  }
}

const trace = fc
  .array(fc.oneof(fc.constantFrom(0, 0, 1), fc.integer({ min: 0, max: 40 })), { minLength: 1, maxLength: 30 })
  .map((gaps) => {
    let at = 0;
    const instants = gaps.map((gap) => (at += gap));
    return at === 0 ? [...instants, 1] : instants;
  });
const link = fc.record({
  trace,
  limit: fc.integer({ min: 1, max: 30 }),
  overhead: fc.constantFrom(0, 4),
});
const gap = fc.oneof(
  fc.constantFrom(0, 0, 1, MS, MS, 3 * MS),
  fc.integer({ min: 0, max: 3 * MS }),
  fc.integer({ min: 0, max: 400 * MS }),
);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(gap, fc.oneof(fc.constantFrom(20, 750, 1500, 9000), fc.nat(3000))) },
  { weight: 1, arbitrary: fc.tuple(gap, link) },
);

test.prop([link, fc.array(step, { minLength: 1, maxLength: 120 })], { numRuns: 800, seed: 7211 })(
  'every opportunity carries what it carries in mahimahi, also when the trace changes on the way',
  (first, steps) => {
    const profileOf = ({ trace, limit, overhead }: typeof first): Profile => ({
      mtu: 65535,
      'bandwidth.trace': trace,
      'bandwidth.queuePackets': limit,
      'bandwidth.overheadBytes': overhead,
    });
    const pipeline = new TestPipeline().configureAt(0, profileOf(first));
    const model = new MahimahiModel();
    model.configure(0, first.trace, first.limit, first.overhead);
    let now = 0;
    let seq = 0;
    let sentAt = -1;
    let trace = first.trace;
    for (const [wait, what] of steps) {
      now += wait;
      if (typeof what === 'number') {
        const size = Math.max(20, what);
        pipeline.send(now, size);
        model.read(now, seq++, size);
        sentAt = now;
        continue;
      }
      if (sentAt === now) now++;
      // Half of the changes leave the trace as it is, and its time goes on.
      if (what.limit % 2 === 0) trace = what.trace;
      pipeline.configureAt(now, profileOf({ ...what, trace }));
      model.configure(now, trace, what.limit, what.overhead);
    }
    pipeline.run();
    model.finish();
    const left = pipeline.ends.filter((end) => end.fate === 'delivered');
    expect(left.map(({ seq, shapedAt }) => ({ seq, at: shapedAt }))).toEqual(model.departures);
    expect(pipeline.seqs('queue')).toEqual(model.dropped);
    expect(pipeline.packets.live).toBe(0);
  },
);
