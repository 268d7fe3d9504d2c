import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { Bench, type Kind } from './support.ts';

const match = (conditions: Profile): Profile => ({ 'loss.model': 'match', ...conditions });

const through = (conditions: Profile, packets: readonly Kind[]): string => {
  const bench = new Bench(match(conditions), 'seed');
  return packets.map((kind) => (bench.isLost(kind) ? 'x' : '.')).join('');
};
const flows = (...numbers: number[]): Kind[] => numbers.map((flow) => ({ flow }));

test('all packets of a flow', () => {
  assert.is(through({ 'loss.matchFlow': 'flow2' }, flows(1, 2, 3, 2, 2, 12)), '.x.xx.');
});

test('packets longer than so many bytes', () => {
  const sizes = [40, 999, 1000, 1001, 1500].map((size) => ({ size }));
  assert.is(through({ 'loss.matchLongerThan': 1000 }, sizes), '...xx');
  assert.is(through({ 'loss.matchLongerThan': 0 }, sizes), 'xxxxx');
});

test('the first packets of each flow', () => {
  assert.is(through({ 'loss.matchFirst': 2 }, flows(1, 1, 2, 1, 2, 2, 1, 300)), 'xxx.x..x');
  // Numbers of flows come one after the other; each is counted on its own.
  const numbers = Array.from({ length: 70 }, (_, flow) => flow);
  assert.is(
    through({ 'loss.matchFirst': 1 }, flows(...numbers, ...numbers)),
    `${'x'.repeat(70)}${'.'.repeat(70)}`,
  );
});

test('only those that fulfil all conditions; the first ones are counted whatever their length', () => {
  const conditions = { 'loss.matchFlow': 'flow7', 'loss.matchFirst': 3, 'loss.matchLongerThan': 100 };
  const packets = [
    { flow: 7, size: 60 },
    { flow: 8, size: 500 },
    { flow: 7, size: 500 },
    { flow: 7, size: 100 },
    { flow: 7, size: 500 },
  ];
  assert.is(through(conditions, packets), '..x..');
});

test('new conditions find the packets counted', () => {
  const bench = new Bench(match({ 'loss.matchFlow': 'flow1' }), 'seed');
  assert.ok(bench.isLost({ flow: 1 }));
  assert.not(bench.isLost({ flow: 2 }));
  bench.set(match({ 'loss.matchFirst': 2 }));
  assert.ok(bench.isLost({ flow: 1 }));
  assert.not(bench.isLost({ flow: 1 }));
  assert.ok(bench.isLost({ flow: 2 }));
});

test.run();
