import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lossShare } from '../../../../sim/personality/outlook.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';

function isNear(value: number | null, expected: number, name = ''): void {
  assert.ok(value !== null && Math.abs(value - expected) < 1e-9, `${name} ${value} is not ${expected}`);
}

/** Where a chain is in the long run that begins in its first state, by squaring its lazy matrix until nothing moves. */
function longRun(matrix: readonly (readonly number[])[]): readonly number[] {
  let power = matrix.map((row, from) => row.map((chance, to) => (chance + (from === to ? 1 : 0)) / 2));
  for (let squared = 0; squared < 60; squared++) {
    const before = power;
    power = before.map((row) => {
      const next = row.map((_, to) => row.reduce((sum, chance, via) => sum + chance * before[via]![to]!, 0));
      const all = next.reduce((sum, chance) => sum + chance, 0);
      return next.map((chance) => chance / all);
    });
  }
  return power[0]!;
}

interface FourStates {
  readonly p13: number;
  readonly p31?: number;
  readonly p32?: number;
  readonly p23?: number;
  readonly p14?: number;
}

test('four states: the share of the two that lose, also where one of them is never left', () => {
  const chains: readonly FourStates[] = [
    { p13: 0.1 },
    { p13: 0.1, p31: 0.3 },
    { p13: 0.1, p31: 0.3, p14: 0.2 },
    { p13: 0.1, p31: 0.3, p32: 0.4, p23: 0.5, p14: 0.2 },
    { p13: 0.1, p32: 0.05, p23: 0.5 },
    // Lone losses alone.
    { p13: 0, p14: 0.25 },
    { p13: 0, p14: 0.25, p31: 0, p32: 0, p23: 0 },
    // Bursts without an end.
    { p13: 0.1, p31: 0 },
    { p13: 0.1, p31: 0, p32: 0.4, p23: 0.5 },
    { p13: 0.1, p31: 0, p23: 0 },
    // Nothing is lost after the first good packet within a burst.
    { p13: 0.1, p31: 0.3, p32: 0.4, p23: 0, p14: 0.2 },
    // There is none of them: bursts end before.
    { p13: 0.1, p31: 0.3, p32: 0, p23: 0, p14: 0.2 },
  ];
  for (const chain of chains) {
    const { p13, p31 = 1 - p13, p32 = 0, p23 = 1, p14 = 0 } = chain;
    const [, , lost, lone] = longRun([
      [1 - p13 - p14, 0, p13, p14],
      [0, 1 - p23, p23, 0],
      [p31, p32, 1 - p31 - p32, 0],
      [1, 0, 0, 0],
    ]);
    const profile: Profile = Object.fromEntries(
      Object.entries(chain).map(([name, chance]) => [`loss.${name}`, chance]),
    );
    isNear(lossShare({ 'loss.model': 'markov4', ...profile }), lost! + lone!, JSON.stringify(chain));
  }
  assert.is(lossShare({ 'loss.model': 'markov4', 'loss.p13': 0 }), 0);
});

test('two states: (r (1-k) + p (1-h)) / (p + r)', () => {
  const share = (more: Profile): number | null => lossShare({ 'loss.model': 'gilbertElliott', ...more });
  isNear(
    share({ 'loss.p': 0.2, 'loss.r': 0.6, 'loss.h': 0.3, 'loss.k': 0.9 }),
    (0.6 * 0.1 + 0.2 * 0.7) / 0.8,
  );
  // Without r it is 1 - p.
  isNear(share({ 'loss.p': 0.2 }), 0.2);
  // The good state, never left, loses too; and where neither is ever left, it is the good one.
  isNear(share({ 'loss.p': 0, 'loss.r': 0.5, 'loss.k': 0.9 }), 0.1);
  isNear(share({ 'loss.p': 0, 'loss.r': 0, 'loss.k': 0.9 }), 0.1);
  assert.is(share({ 'loss.p': 0, 'loss.h': 0.5 }), 0);
});

test('one of so many', () => {
  assert.is(lossShare({ 'loss.model': 'nth', 'loss.every': 5 }), 0.2);
  assert.is(lossShare({ 'loss.model': 'nth' }), 0);
});

test('what depends on the packets is unknown, and nothing where no packet is meant', () => {
  for (const condition of [
    { 'loss.matchFlow': 'web' },
    { 'loss.matchFirst': 3 },
    { 'loss.matchLongerThan': 0 },
  ] as Profile[]) {
    assert.is(lossShare({ 'loss.model': 'match', ...condition }), null);
  }
  assert.is(lossShare({ 'loss.model': 'match' }), 0);
  assert.is(lossShare({ 'loss.model': 'list', 'loss.packets': [4] }), null);
  assert.is(lossShare({ 'loss.model': 'list', 'loss.packets': [] }), 0);
  assert.is(lossShare({ 'loss.model': 'list' }), 0);
});

test.run();
