import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import type { Profile } from '../../../sim/personality/profile.ts';
import { TestPipeline } from '../../support/pipeline.ts';

const MS = 1_000_000;
// Few values, so that settings come back and instants coincide.
const duration = fc.constantFrom(0, 1, 2, 5);
const settings = fc.record({
  dropEvery: duration,
  dropFor: duration,
  holdEvery: duration,
  holdFor: duration,
});
type Settings = typeof settings extends fc.Arbitrary<infer S> ? S : never;
const NONE: Settings = { dropEvery: 0, dropFor: 0, holdEvery: 0, holdFor: 0 };

const profileOf = (values: Settings): Profile =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`outage.${name}`, value]));

/** Outages of one kind since `since`, in ms. */
interface Epoch {
  readonly since: number;
  readonly every: number;
  readonly for: number;
}

/** Settings that stay are no new epoch. */
function epochs(changes: readonly (readonly [number, Settings])[], kind: 'drop' | 'hold'): Epoch[] {
  const list: Epoch[] = [{ since: 0, every: 0, for: 0 }];
  for (const [since, values] of changes) {
    const next = { since, every: values[`${kind}Every`], for: values[`${kind}For`] };
    const last = list.at(-1)!;
    if (next.every !== last.every || next.for !== last.for) list.push(next);
  }
  return list;
}

/** The end of the outage that is at `time`; `time` itself when there is none. */
function upAgain(list: readonly Epoch[], time: number): number {
  const place = list.findLastIndex((epoch) => epoch.since <= time);
  const epoch = list[place]!;
  if (epoch.every === 0 || epoch.for === 0) return time;
  // Walked through, one outage after the other.
  let end = epoch.since;
  while (end <= time) {
    const begins = end + epoch.every;
    end = begins + epoch.for;
    if (time >= begins && time < end) return Math.min(end, list[place + 1]?.since ?? Infinity);
  }
  return time;
}

test.prop(
  [
    fc.array(fc.tuple(fc.integer({ min: 1, max: 10 }), fc.option(settings, { freq: 4 })), { maxLength: 6 }),
    fc.array(fc.constantFrom(0, 0.25, 1, 1, 3), { minLength: 1, maxLength: 40 }),
  ],
  { numRuns: 1000, seed: 7401 },
)('every packet meets the outages of its instant, and waits for the end of one at most', (steps, gaps) => {
  const pipeline = new TestPipeline();
  const changes: [number, Settings][] = [];
  let time = 0;
  for (const [gap, values] of steps) {
    pipeline.configureAt(time * MS, values === null ? null : profileOf(values));
    changes.push([time, values ?? NONE]);
    time += gap;
  }
  const [drops, holds] = [epochs(changes, 'drop'), epochs(changes, 'hold')];
  const expected: (readonly [number, number, string])[] = [];
  let now = 0;
  gaps.forEach((gap, seq) => {
    now += gap;
    pipeline.send(now * MS);
    const isLost = upAgain(drops, now) > now;
    expected.push([seq, (isLost ? now : upAgain(holds, now)) * MS, isLost ? 'link-down' : 'delivered']);
  });
  const ends = pipeline.run().ends.map(({ seq, at, fate }) => [seq, at, fate] as const);
  expect([...ends].sort((a, b) => a[0] - b[0])).toEqual(expected);
  const delivered = pipeline.seqs();
  expect(delivered).toEqual([...delivered].sort((a, b) => a - b));
});

test.prop(
  [
    fc.string({ minLength: 1, maxLength: 8 }),
    fc.double({ min: 0.1, max: 5, noNaN: true }),
    fc.func(fc.integer()),
  ],
  { numRuns: 40, seed: 7402 },
)('exponential outages are those of the seed: not of the keys, nor of who comes', (seed, every, weight) => {
  const fields: Profile = {
    'outage.dropEvery': every,
    'outage.dropFor': 1,
    'outage.holdEvery': 2,
    'outage.holdFor': 0.5,
    'outage.law': 'exponential',
  };
  const shuffled = Object.fromEntries(
    Object.entries(fields).sort(([a], [b]) => weight(a) - weight(b) || (a < b ? 1 : -1)),
  );
  const ends = (profile: Profile, step: number): Map<number, string> => {
    const pipeline = new TestPipeline({ seed }).configureAt(0, profile);
    for (let instant = 0; instant < 400 * MS; instant += step) pipeline.send(instant);
    return new Map(pipeline.run().ends.map((end) => [end.sentAt, `${end.fate} ${end.at}`]));
  };
  const all = ends(fields, MS / 2);
  expect(ends(shuffled, MS / 2)).toEqual(all);
  for (const [instant, end] of ends(fields, 7.5 * MS)) expect(all.get(instant)).toBe(end);
});
