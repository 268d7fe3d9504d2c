import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream } from '../../../../engine/index.ts';
import {
  FLAGS,
  FLOW,
  newFlags,
  PacketFlag,
  type PacketId,
  PacketKind,
  PacketPool,
} from '../../../../sim/packet.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { type StageTools, valuesOf } from '../../../../sim/personality/stage.ts';
import { loss } from '../../../../sim/personality/stages/loss.ts';
import { Fate } from '../../../../sim/trace.ts';
import { TestPipeline } from '../../../support/pipeline.ts';
import { binomialInterval, chiSquareTest } from '../../../support/statistics.ts';
import { through } from '../../../support/world.ts';

const COUNT = 100_000;

function lossesAt(probability: number, count = COUNT): boolean[] {
  const pipeline = new TestPipeline({ seed: 'loss' });
  pipeline.pipeline.configure({ packetLossPercentage: probability });
  for (let seq = 0; seq < count; seq++) pipeline.send(seq);
  return pipeline.run().ends.map((end) => end.fate === 'loss');
}

test('0 loses nobody, 1 everybody', async () => {
  assert.is(await through({ 0: { packetLossPercentage: 0 } }, 'abc'), 'abc');
  assert.is(await through({ 0: { packetLossPercentage: 1 } }, 'abc'), '');
});

test('the share of lost packets is the probability', () => {
  for (const probability of [0.01, 0.4]) {
    const hits = lossesAt(probability).filter(Boolean).length;
    const { low, high } = binomialInterval(hits, COUNT);
    assert.ok(low <= probability && probability <= high, `${hits} of ${COUNT} at ${probability}`);
  }
});

test('a packet is lost or not whatever became of the one before it', () => {
  const p = 0.2;
  const losses = lossesAt(p);
  // Every second pair, so that pairs have nothing in common.
  const pairs = [0, 0, 0, 0];
  for (let i = 0; i + 1 < COUNT; i += 2) pairs[(losses[i] ? 2 : 0) + (losses[i + 1] ? 1 : 0)]!++;
  const expected = [(1 - p) ** 2, (1 - p) * p, p * (1 - p), p ** 2].map((share) => (share * COUNT) / 2);
  assert.ok(chiSquareTest(pairs, expected) > 1e-4, pairs.join(' '));
});

test('runs of losses have the lengths that independence gives them: on average 1 / (1 - p)', () => {
  const losses = lossesAt(0.3);
  const lengths: number[] = [];
  let run = 0;
  for (const lost of losses) {
    if (lost) run++;
    else if (run > 0) {
      lengths.push(run);
      run = 0;
    }
  }
  // Geometric: of n runs, those of length 1, 2, 3 and more.
  const counts = [1, 2, 3, 4].map(
    (n) => lengths.filter((length) => (n < 4 ? length === n : length >= 4)).length,
  );
  const expected = [0.7, 0.21, 0.063, 0.027].map((share) => share * lengths.length);
  assert.ok(chiSquareTest(counts, expected) > 1e-4, counts.join(' '));
});

/** What the gate does with packets of these flags: `x` dropped, `m` on its way with the mark, `.` without. */
function verdicts(profile: Profile, flags: readonly number[]): string {
  assert.ok(loss.place === 'gate');
  if (loss.place !== 'gate') return '';
  const packets = new PacketPool();
  const drops: Fate[] = [];
  const gate = loss.create({
    packets,
    random: new RandomStream('seed', 'vm/loss'),
    drop: (_packet: PacketId, why: Fate): false => {
      drops.push(why);
      return false;
    },
  } as unknown as StageTools);
  gate.configure(valuesOf(loss, profile));
  const text = flags.map((each) => {
    const packet = packets.take();
    packets.ints[packet + FLAGS] = newFlags(each, PacketKind.datagram, 0);
    packets.ints[packet + FLOW] = 0;
    const goesOn = gate.admit(packet);
    assert.is(packets.has(packet, PacketFlag.ecnCapable), (each & PacketFlag.ecnCapable) !== 0);
    if (!goesOn) return 'x';
    return packets.has(packet, PacketFlag.marked) ? 'm' : '.';
  });
  assert.ok(drops.every((why) => why === Fate.loss));
  return text.join('');
}

const { ecnCapable, marked, dontFragment } = PacketFlag;

test('with ecn, who is ECN-capable is marked instead of lost; the others are lost', () => {
  const flags = [0, ecnCapable, dontFragment, ecnCapable | marked, ecnCapable];
  assert.is(verdicts({ packetLossPercentage: 1, 'loss.ecn': true }, flags), 'xmxmm');
  assert.is(verdicts({ packetLossPercentage: 1 }, flags), 'xxxxx');
});

test('ecn marks those whom any model loses, and nobody else', () => {
  const capable = new Array<number>(9).fill(ecnCapable);
  const every = { 'loss.model': 'nth', 'loss.every': 3 };
  assert.is(verdicts({ ...every, 'loss.ecn': true }, capable), '..m..m..m');
  assert.is(verdicts(every, capable), '..x..x..x');
  assert.is(verdicts({ 'loss.ecn': true }, capable), '.........');
});

test('the same packets are marked with ecn as are lost without', () => {
  const capable = new Array<number>(1000).fill(ecnCapable);
  for (const profile of [
    { packetLossPercentage: 0.3 },
    { 'loss.model': 'burst', packetLossPercentage: 0.3, 'loss.meanBurst': 3 },
  ]) {
    const lost = verdicts(profile, capable);
    assert.ok(lost.includes('x') && lost.includes('.'));
    assert.is(verdicts({ ...profile, 'loss.ecn': true }, capable), lost.replaceAll('x', 'm'));
  }
});

test('every third packet on its way through the network', async () => {
  assert.is(await through({ 0: { 'loss.model': 'nth', 'loss.every': 3 } }, 'abcdefg'), 'ab-de-g');
});

test('an update to another model may leave fields of the one before', async () => {
  const burst = { 'loss.model': 'burst', packetLossPercentage: 0.0001, 'loss.meanBurst': 2 };
  const list = { 'loss.model': 'list', 'loss.packets': [1, 3] };
  assert.is(await through({ 0: burst, 3: list }, 'abcdefg'), 'abc-e-g');
});

test('a state outlives new settings of its model, and of other fields', () => {
  const bad = { 'loss.model': 'gilbertElliott', 'loss.p': 1, 'loss.r': 0 };
  const stays = { 'loss.model': 'gilbertElliott', 'loss.p': 0.001, 'loss.r': 0 };
  const pipeline = new TestPipeline().configureAt(0, bad).configureAt(2, stays);
  pipeline.configureAt(3, { ...stays, latencyMs: 1, 'loss.ecn': true });
  for (let seq = 0; seq < 6; seq++) pipeline.send(seq);
  // The first packet finds the good state, and all others the bad one, out of which nothing leads.
  assert.equal(pipeline.run().seqs('loss'), [1, 2, 3, 4, 5]);
});

test('settings that can do nothing end a state: afterwards it begins in the good one', () => {
  const bad = { 'loss.model': 'gilbertElliott', 'loss.p': 1, 'loss.r': 0 };
  const pipeline = new TestPipeline().configureAt(0, bad).configureAt(2, { ...bad, 'loss.p': 0 });
  pipeline.configureAt(4, bad);
  for (let seq = 0; seq < 6; seq++) pipeline.send(seq);
  assert.equal(pipeline.run().seqs('loss'), [1, 5]);
});

test.run();
