import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createQueue, Kernel, LAST_INSTANT, RandomSource } from '../../../../engine/index.ts';
import { type PacketId, PacketPool, SIZE } from '../../../../sim/packet.ts';
import { percent } from '../../../../sim/personality/netem/integers.ts';
import { type NetemOptions, NetemQdisc } from '../../../../sim/personality/netem/qdisc.ts';

const PLAIN: NetemOptions = {
  latency: 10,
  jitter: 0,
  delayCorrelation: 0,
  delayTable: null,
  limit: 1000,
  loss: { model: 'random', probability: 0, correlation: 0 },
  ecn: false,
  duplicate: 0,
  duplicateCorrelation: 0,
  corrupt: 0,
  corruptCorrelation: 0,
  reorder: 0,
  reorderCorrelation: 0,
  gap: 0,
  rate: null,
  slot: { min: 0, max: 0, packets: 0, bytes: 0 },
};

test('a packet that comes back while others are sent waits for its turn', () => {
  const kernel = new Kernel(createQueue('heap'));
  const packets = new PacketPool();
  const random = new RandomSource('again');
  const sent: string[] = [];
  const names = new Map<PacketId, string>();
  const make = (name: string): PacketId => {
    const packet = packets.take();
    packets.ints[packet + SIZE] = 100;
    names.set(packet, name);
    return packet;
  };
  const qdisc: NetemQdisc = new NetemQdisc({
    kernel,
    packets,
    random: random.stream('packets'),
    starts: random.stream('starts'),
    slots: random.stream('slots'),
    onward(packet) {
      sent.push(`${names.get(packet)}@${kernel.now}`);
      if (names.get(packet) !== 'a') return;
      // Reordered: it goes before b, which is due, but not into the middle of what is done with a.
      qdisc.change({ ...PLAIN, reorder: percent(1), gap: 1 });
      qdisc.enqueue(make('c'));
      sent.push('a is done');
    },
    drop: () => false,
  });
  qdisc.change(PLAIN);
  qdisc.enqueue(make('a'));
  qdisc.enqueue(make('b'));
  assert.is(qdisc.bytes, 200);
  kernel.advance(LAST_INSTANT, Infinity);
  assert.equal(sent, ['a@10', 'a is done', 'c@10', 'b@10']);
  assert.is(qdisc.bytes, 0);
});

test.run();
