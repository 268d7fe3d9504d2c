import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { egressCircle, egressOf, outward } from '../../../sim/personality/egress.ts';
import type { Profile } from '../../../sim/personality/profile.ts';

test('the way out that a profile names', () => {
  assert.is(egressOf({ latencyMs: 5, egress: 'up' }), 'up');
  assert.is(egressOf({ latencyMs: 5 }), undefined);
  assert.is(egressOf({ egress: 7 } as Profile), undefined);
  assert.is(egressOf(undefined), undefined);
});

test('routing and a second way out are left behind on the way out', () => {
  const profile: Profile = {
    latencyMs: 5,
    routingProfile: 'Chaotic',
    'routing.chaosProbability': 0.5,
    mtu: 1400,
    egress: 'up',
  };
  assert.equal(outward(profile), { latencyMs: 5, mtu: 1400 });
  // Whoever compares profiles finds the same one.
  assert.is(outward(profile), outward(profile));
  assert.is.not(outward({ ...profile }), outward(profile));
});

test('a circle is told from where it begins', () => {
  const circle = (ways: Readonly<Record<string, string>>, id = 'a'): readonly string[] | null =>
    egressCircle(id, new Map(Object.entries(ways).map(([from, egress]) => [from, { egress }])));
  assert.is(circle({}), null);
  assert.is(circle({ a: 'b' }), null);
  assert.is(circle({ a: 'b', b: 'c' }), null);
  assert.equal(circle({ a: 'a' }), ['a', 'a']);
  assert.equal(circle({ a: 'b', b: 'a' }), ['a', 'b', 'a']);
  assert.equal(circle({ a: 'b', b: 'c', c: 'd', d: 'a' }), ['a', 'b', 'c', 'd', 'a']);
  // A circle that others make is theirs.
  assert.is(circle({ a: 'b', b: 'b' }), null);
  assert.is(circle({ a: 'b', b: 'c', c: 'b' }), null);
  assert.equal(circle({ a: 'b', b: 'c', c: 'b' }, 'b'), ['b', 'c', 'b']);
});

test.run();
