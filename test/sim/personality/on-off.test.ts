import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LAST_INSTANT, NEVER, RandomSource, type RandomStream } from '../../../engine/index.ts';
import { bringTo, OnOff, type OnOffSettings } from '../../../sim/personality/on-off.ts';
import { binomialInterval, kolmogorovTest } from '../../support/statistics.ts';

const stream = (name: string): RandomStream => new RandomSource('on-off').stream(name);
const never = (): OnOff => new OnOff(stream('never'));

function started(settings: OnOffSettings, random = stream('one'), now = 0): OnOff {
  const process = new OnOff(random);
  process.configure(settings, now);
  return process;
}

test('it begins up, and stays so without settings or with a duration of 0', () => {
  for (const [up, down] of [
    [0, 0],
    [0, 5],
    [5, 0],
  ] as const) {
    const process = started({ up, down, law: 'fixed' });
    bringTo(1e9, process, never());
    assert.equal([process.isUp, process.changesAt], [true, NEVER]);
  }
});

test('fixed: up for 3 from 100, down for 2, up for 3', () => {
  const process = started({ up: 3, down: 2, law: 'fixed' }, stream('fixed'), 100);
  const picture = Array.from({ length: 12 }, (_, n) => {
    bringTo(100 + n, process, never());
    return process.isUp ? 'u' : 'd';
  });
  assert.is(picture.join(''), 'uuudduuudduu');
});

test('fixed: after 26 days at the right phase, without going through them', () => {
  const [up, down] = [1, 2];
  const process = started({ up, down, law: 'fixed' });
  // 2^51 - 1 = 1 mod 3, since 2^51 = 2 mod 3: the second of three.
  bringTo(LAST_INSTANT, process, never());
  assert.equal([process.isUp, process.changesAt], [false, LAST_INSTANT + 2]);
});

const MEANS = { up: 3e6, down: 1e6, law: 'exponential' } as const;

test('exponential: times up and times down are distributed so', () => {
  const process = started(MEANS);
  const times: Record<'up' | 'down', number[]> = { up: [process.changesAt], down: [] };
  for (let n = 0; n < 20_000; n++) {
    const began = process.changesAt;
    bringTo(began, process, never());
    times[process.isUp ? 'up' : 'down'].push(process.changesAt - began);
  }
  for (const [state, mean] of [
    ['up', 3e6],
    ['down', 1e6],
  ] as const) {
    assert.ok(times[state].length >= 10_000);
    assert.ok(kolmogorovTest(times[state], (x) => 1 - Math.exp(-x / mean)) > 1e-4, state);
  }
});

test('exponential: down for down / (up + down) of the time', () => {
  const process = started(MEANS);
  let down = 0;
  // 100 ms apart they know nothing of each other: e^-(4/3 * 100).
  for (let n = 1; n <= 10_000; n++) {
    bringTo(n * 1e8, process, never());
    if (!process.isUp) down++;
  }
  const { low, high } = binomialInterval(down, 10_000);
  assert.ok(low <= 0.25 && 0.25 <= high, `${down} of 10000`);
});

test('exponential: after an idle time of ages, the same share, the same times, and two draws', () => {
  const COUNT = 5000;
  const random = stream('ages');
  let draws = 0;
  const counted = {
    chance: (p: number) => {
      draws++;
      return random.chance(p);
    },
    exponential: () => {
      draws++;
      return random.exponential();
    },
  } as unknown as RandomStream;
  const process = started({ up: 3e5, down: 1e5, law: 'exponential' }, counted);
  assert.is(draws, 1);
  let down = 0;
  const rest: Record<'up' | 'down', number[]> = { up: [], down: [] };
  for (let n = 1; n <= COUNT; n++) {
    // A million times up and down.
    const now = n * 4e11;
    bringTo(now, process, never());
    if (!process.isUp) down++;
    rest[process.isUp ? 'up' : 'down'].push(process.changesAt - now);
  }
  assert.is(draws, 1 + 2 * COUNT);
  const { low, high } = binomialInterval(down, COUNT);
  assert.ok(low <= 0.25 && 0.25 <= high, `${down} of ${COUNT}`);
  assert.ok(kolmogorovTest(rest.up, (x) => 1 - Math.exp(-x / 3e5)) > 1e-4);
  assert.ok(kolmogorovTest(rest.down, (x) => 1 - Math.exp(-x / 1e5)) > 1e-4);
});

test('two of one stream change when they do, however often somebody asks', () => {
  const changesUntil = (step: number): string[] => {
    const random = stream('both');
    const one = started(MEANS, random);
    const other = started({ up: 2e6, down: 7e6, law: 'exponential' }, random);
    const story: string[] = [];
    for (let now = 0; now <= 6e8; now += step) {
      bringTo(now, one, other);
      if (now % 5e7 === 0) story.push(`${one.isUp} ${one.changesAt} ${other.isUp} ${other.changesAt}`);
    }
    return story;
  };
  const often = changesUntil(1e5);
  assert.equal(changesUntil(5e7), often);
  assert.is(often.length, 13);
});

test('the same settings once more change nothing; others begin anew', () => {
  const process = started({ up: 3, down: 2, law: 'fixed' });
  bringTo(4, process, never());
  process.configure({ up: 3, down: 2, law: 'fixed' }, 4);
  assert.equal([process.isUp, process.changesAt], [false, 5]);
  process.configure({ up: 3, down: 9, law: 'fixed' }, 4);
  assert.equal([process.isUp, process.changesAt], [true, 7]);
});

test('the same settings change nothing, another law begins anew', () => {
  const process = started({ up: 3, down: 2, law: 'fixed' });
  bringTo(4, process, never());
  process.configure({ up: 3, down: 2, law: 'fixed' }, 4);
  assert.equal([process.isUp, process.changesAt], [false, 5]);
  process.configure({ up: 3, down: 2, law: 'exponential' }, 4);
  const wait = Math.floor(3 * stream('one').exponential() + 0.5);
  assert.equal([process.isUp, process.changesAt], [true, 4 + wait]);
});

test.run();
