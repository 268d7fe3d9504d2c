import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { TimeFifo } from '../../../../sim/personality/netem/tfifo.ts';

/** A time for a packet that comes; null: the first one leaves. */
const steps = fc.array(fc.option(fc.integer({ min: -3, max: 12 }), { freq: 3 }), { maxLength: 200 });

test.prop([steps], { seed: 7, numRuns: 300 })(
  'packets leave by time, and in the order of coming among equals',
  (times) => {
    const fifo = new TimeFifo();
    const model: { readonly time: number; readonly packet: number }[] = [];
    times.forEach((time, packet) => {
      if (time !== null) {
        fifo.push(time, packet);
        model.push({ time, packet });
        // Sorting is stable.
        model.sort((a, b) => a.time - b.time);
        expect(fifo.latest).toBeGreaterThanOrEqual(model.at(-1)!.time);
      } else if (model.length > 0) {
        expect(fifo.earliest).toBe(model[0]!.time);
        expect(fifo.pop()).toBe(model.shift()!.packet);
      }
      expect(fifo.length).toBe(model.length);
      if (model.length > 0) expect(fifo.latest).toBe(model.at(-1)!.time);
    });
  },
);
