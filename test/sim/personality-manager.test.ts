import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms } from '../../engine/index.ts';
import type { AssignmentSpec, TimelineEntry } from '../../sim/specs.ts';
import { at, column, flow, run, vm, where } from '../support/world.ts';

const COUNT = 400;
const VMS = [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3')];
const HALF = { half: { packetLossPercentage: 0.5 }, none: {} };

/** Who of `a`'s packets to `b`, one every ms, was lost. */
async function losses(assignments: AssignmentSpec[], timeline: TimelineEntry[] = []): Promise<number[]> {
  const { rows } = await run({
    vms: VMS,
    personalities: HALF,
    assignments,
    timeline,
    traffic: [flow('cbr', { interval: ms(1), packetSize: 100, count: COUNT })],
  });
  return column(where(rows, { flow: 'cbr', fate: 'loss' }), 'seq');
}
const after = (seqs: readonly number[], first: number): number[] => seqs.filter((seq) => seq >= first);

test('a personality that goes and comes back goes on where its draws would be', async () => {
  const always = await losses([{ vm: 'b', personality: 'half' }]);
  const back = await losses(
    [{ vm: 'b', personality: 'half' }],
    [at(ms(100), { op: 'remove', vm: 'b' }), at(ms(200), { op: 'assign', vm: 'b', personality: 'half' })],
  );
  assert.equal(
    back.filter((seq) => seq >= 100 && seq < 200),
    [],
  );
  assert.equal(after(back, 200), after(always, 200));
  assert.equal(
    back.filter((seq) => seq < 100),
    always.filter((seq) => seq < 100),
  );
});

test('a personality that changes nothing keeps the place of the one that comes after it', async () => {
  const always = await losses([{ vm: 'b', personality: 'half' }]);
  const late = await losses(
    [{ vm: 'b', personality: 'none' }],
    [at(ms(150), { op: 'assign', vm: 'b', personality: 'half' })],
  );
  assert.equal(late, after(always, 150));
});

test('each limited assignment has draws of its own, and takes none from the others', async () => {
  const general = await losses([{ vm: 'b', personality: 'half' }]);
  const limited = await losses([{ vm: 'b', personality: 'half', from: { vm: 'a' } }]);
  assert.not.equal(limited, general);
  assert.equal(
    await losses([
      { vm: 'b', personality: 'half' },
      { vm: 'b', personality: 'half', from: { vm: 'a' } },
    ]),
    limited,
  );
  // Limited to somebody else, it is nothing to these packets.
  assert.equal(
    await losses([
      { vm: 'b', personality: 'half' },
      { vm: 'b', personality: 'none', from: { vm: 'c' } },
    ]),
    general,
  );
});

test('the order of assigning is nothing to anybody', async () => {
  const list: AssignmentSpec[] = [
    { vm: 'b', personality: 'half' },
    { vm: 'c', personality: 'half' },
    { vm: 'b', personality: 'none', from: { vm: 'c' } },
    { vm: 'a', personality: 'half' },
  ];
  const once = await losses(list);
  assert.equal(await losses([...list].reverse()), once);
});

test('an assignment moves with its VM, and one limited to a host looks where the sender is now', async () => {
  const { rows } = await run({
    vms: VMS,
    personalities: { far: { latencyMs: 5 } },
    assignments: [{ vm: 'b', personality: 'far', from: { host: 'h2' } }],
    timeline: [
      at(ms(2), { op: 'migrate', vm: 'a', host: 'h2' }),
      at(ms(4), { op: 'migrate', vm: 'b', host: 'h2' }),
      at(ms(6), { op: 'migrate', vm: 'a', host: 'h1' }),
    ],
    traffic: [flow('cbr', { interval: ms(1), packetSize: 100, count: 8 })],
  });
  const sent = [...rows].sort((x, y) => x.seq - y.seq);
  assert.equal(
    sent.map((row) => (row.endNs - row.sentNs) / ms(1)),
    [0, 0, 5, 5, 5, 5, 0, 0],
  );
});

test.run();
