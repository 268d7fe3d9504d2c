import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PacketFlag } from '../../../../sim/packet.ts';
import { type End, TestPipeline } from '../../../support/pipeline.ts';

const through = (mtu: number, size: number, flags = 0, ipv6 = false): TestPipeline =>
  new TestPipeline({ ipv6 }).configureAt(0, { mtu }).send(0, size, flags).run();

const pieces = (pipeline: TestPipeline): [number, number, boolean][] =>
  pipeline.ends
    .filter((end) => end.fate === 'delivered')
    .map(({ size, offset, moreFragments }: End) => [size, offset, moreFragments]);

test('what is no longer than the MTU passes whole', () => {
  for (const size of [68, 575, 576]) assert.equal(pieces(through(576, size)), [[size, 0, false]]);
});

test('RFC 791: 1500 bytes through 576: runs of 552 bytes, the largest multiple of 8 that fits beside the header', () => {
  const pipeline = through(576, 1500);
  assert.equal(pieces(pipeline), [
    [572, 0, true],
    [572, 552, true],
    [396, 1104, false],
  ]);
  const whole = pipeline.ends.find((end) => end.origin === 'sent');
  assert.is(whole?.fate, 'fragmented');
  for (const end of pipeline.ends) if (end.origin === 'fragment') assert.is(end.fragmentOf, whole?.id);
});

test('one byte too many makes two fragments', () => {
  assert.equal(pieces(through(1500, 1501)), [
    [1500, 0, true],
    [21, 1480, false],
  ]);
});

test('the least MTU of IPv4, 68, carries 48 bytes a fragment', () => {
  assert.equal(pieces(through(68, 68 + 100)), [
    [68, 0, true],
    [68, 48, true],
    [68, 96, true],
    [24, 144, false],
  ]);
});

test('the data of the fragments is the data of the whole, whatever the MTU', () => {
  for (let mtu = 68; mtu < 3000; mtu += 7) {
    for (const size of [mtu + 1, 2999, 65535]) {
      const parts = pieces(through(mtu, size));
      let next = 0;
      parts.forEach(([length, offset, more], index) => {
        assert.is(offset, next);
        assert.ok(length <= Math.max(mtu, size <= mtu ? size : 0));
        assert.is(more, index < parts.length - 1);
        next += length - 20;
      });
      assert.is(next, size - 20);
    }
  }
});

test('a fragment is cut again without losing its place; only the last one of the whole says that it is the last', () => {
  // A fragment with more to come is longer than the MTU: all its pieces have more to come.
  assert.equal(pieces(through(100, 20 + 160, PacketFlag.moreFragments)), [
    [100, 0, true],
    [100, 80, true],
  ]);
});

test("don't fragment: dropped, and the sender hears the MTU", () => {
  const pipeline = through(576, 577, PacketFlag.dontFragment);
  assert.equal(pipeline.seqs('mtu'), [0]);
  assert.equal(pipeline.questions, [{ ask: 'tooBig', seq: 0, mtu: 576 }]);
  assert.is(pipeline.packets.born, 1);
});

test('IPv6 is never fragmented on the way', () => {
  const pipeline = through(1280, 1281, 0, true);
  assert.equal(pipeline.seqs('mtu'), [0]);
  assert.equal(pipeline.questions, [{ ask: 'tooBig', seq: 0, mtu: 1280 }]);
  assert.equal(pieces(through(1280, 1280, 0, true)), [[1280, 0, false]]);
});

test('a personality without an MTU has one of 1500', () => {
  const pipeline = new TestPipeline().configureAt(0, {}).send(0, 1500).send(1, 1501).run();
  assert.equal(
    pipeline.ends.map((end) => end.size),
    [1500, 1500, 21, 1501],
  );
});

test('fragments meet the stages behind on their own', () => {
  // 8 Mbit/s, serialized: a fragment of 572 bytes takes 572 us.
  const pipeline = new TestPipeline()
    .configureAt(0, { mtu: 576, bandwidthKbps: 8000, 'bandwidth.model': 'serialize' })
    .send(0, 1500)
    .run();
  assert.equal(
    pipeline.ends.filter((end) => end.origin === 'fragment').map((end) => end.at),
    [572_000, 1_144_000, 1_540_000],
  );
});

test.run();
