import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createQueue, Kernel, LAST_INSTANT, RandomSource } from '../../../../engine/index.ts';
import { FLAGS, newFlags, type PacketId, PacketKind, PacketPool, SIZE } from '../../../../sim/packet.ts';
import { Delays } from '../../../../sim/personality/delays.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { QueueGate } from '../../../../sim/personality/service/queue-gate.ts';
import { valuesOf } from '../../../../sim/personality/stage.ts';
import type { BandwidthValues } from '../../../../sim/personality/stages/bandwidth.ts';
import { queue } from '../../../../sim/personality/stages/queue.ts';

const MS = 1_000_000;

/** A gate on its own. `onward` is told who leaves and when, and may send more packets at once. */
function gateWith(
  profile: Profile,
  onward: (packet: PacketId, now: number, send: (size?: number) => void) => void,
  dropped: (packet: PacketId) => void = () => undefined,
) {
  const kernel = new Kernel(createQueue('heap'));
  const packets = new PacketPool(64);
  const random = new RandomSource('seed');
  const send = (size = 1000): void => {
    const packet = packets.take();
    packets.ints[packet + SIZE] = size;
    packets.ints[packet + FLAGS] = newFlags(0, PacketKind.datagram, 0);
    if (gate.admit(packet)) onward(packet, kernel.now, send);
  };
  const gate: QueueGate = new QueueGate({
    kernel,
    packets,
    random: random.stream('queue'),
    stream: (suffix) => random.stream(suffix),
    delays: new Delays(random.stream('delay')),
    surroundings: {
      rebalance: () => undefined,
      scatter: () => false,
      answerTooBig: () => undefined,
      isIpv6: () => false,
      flowId: () => '',
      dscp: () => 0,
    },
    onward: (packet) => onward(packet, kernel.now, send),
    drop: (packet) => {
      dropped(packet);
      return false;
    },
    replaced: () => undefined,
  });
  const configure = (to: Profile): void => gate.configure(valuesOf(queue, to) as unknown as BandwidthValues);
  configure(profile);
  return { gate, kernel, packets, send, configure };
}

for (const [name, profile, expected] of [
  // 1,000 bytes: 1 ms.
  ['a bucket', { mtu: 1000, bandwidthKbps: 8000, 'bandwidth.cellBytes': 1 }, [0, 1, 2, 3]],
  ['a wire', { bandwidthKbps: 8000, 'bandwidth.model': 'serialize', 'bandwidth.cellBytes': 1 }, [1, 2, 3, 4]],
  ['slots', { 'bandwidth.slotMinMs': 5, 'bandwidth.slotPackets': 1 }, [5, 10, 15, 20]],
  ['a trace', { 'bandwidth.trace': [2] }, [2, 4, 6, 8]],
] as const) {
  test(`a packet whose leaving brings about the next one is followed by it: ${name}`, () => {
    const left: number[] = [];
    const { gate, kernel, send } = gateWith(profile, (_packet, now, again) => {
      left.push(now / MS);
      if (left.length < 4) again();
    });
    send();
    kernel.advance(1000 * MS, 1000);
    assert.equal(left, expected);
    assert.is(gate.backlogBytes(), 0);
  });
}

/**
 * 80 kbit/s, 100 ms for 1000 bytes. Four packets come at 0, of which the first leaves. CoDel finds out at 100 ms that the second has waited
 * for long, and 10 ms later, when there are tokens for the third, a short one, drops it; the fourth comes out instead, and has to wait
 * for 90 ms more.
 */
function withHeldPacket() {
  const left: string[] = [];
  const name = (packet: PacketId): string => `${sizeOf(packet)}`;
  const made = gateWith(
    {
      mtu: 500,
      bandwidthKbps: 80,
      'bandwidth.burstBytes': 1000,
      'bandwidth.discipline': 'codel',
      'bandwidth.targetMs': 1,
      'bandwidth.intervalMs': 10,
    },
    (packet, now) => left.push(`${name(packet)}@${now / MS}`),
    (packet) => left.push(`${name(packet)} dropped`),
  );
  const { kernel, packets, send } = made;
  const sizeOf = (packet: PacketId): number => packets.ints[packet + SIZE]!;
  for (const size of [1000, 1001, 100, 1002]) send(size);
  kernel.advance(150 * MS, 1000);
  assert.equal(left, ['1000@0', '1001@100.1', '100 dropped']);
  left.length = 0;
  return { ...made, left };
}

test('a longer packet than the one that was announced waits for its own tokens', () => {
  const { gate, kernel, left } = withHeldPacket();
  assert.is(gate.backlogBytes(), 1002);
  kernel.advance(1000 * MS, 1000);
  assert.equal(left, ['1002@200.3']);
  assert.is(gate.backlogBytes(), 0);
});

test('while it waits nobody overtakes it, though there were tokens for a shorter one', () => {
  const { gate, kernel, left, send } = withHeldPacket();
  send(50);
  assert.is(gate.backlogBytes(), 1052);
  kernel.advance(1000 * MS, 1000);
  assert.equal(left, ['1002@200.3', '50@205.3']);
});

test('it is let go with the others, first', () => {
  const { gate, packets, send } = withHeldPacket();
  send(50);
  assert.equal(
    gate.evict().packets.map((packet) => packets.ints[packet + SIZE]),
    [1002, 50],
  );
  assert.is(gate.backlogBytes(), 0);
});

test('it takes a slot of mean length when slots come that are drawn', () => {
  const { configure, kernel, left } = withHeldPacket();
  configure({
    mtu: 500,
    'bandwidth.discipline': 'codel',
    'bandwidth.slotMinMs': 100,
    'bandwidth.slotMaxMs': 300,
  });
  kernel.advance(1000 * MS, 1000);
  // It came out at 110.1 ms.
  assert.equal(left, ['1002@310.1']);
});

test('what leaves after the end of time stays', () => {
  const left: number[] = [];
  const { gate, kernel, send } = gateWith({ 'bandwidth.trace': [86_400_000] }, (_packet, now) =>
    left.push(now / (86_400_000 * MS)),
  );
  for (let n = 0; n < 30; n++) send(1500);
  kernel.advance(LAST_INSTANT, 1000);
  // 2^51 ns are 26 days and some minutes.
  assert.equal(
    left,
    Array.from({ length: 26 }, (_, day) => day + 1),
  );
  assert.is(kernel.pending, 0);
  assert.is(gate.backlogBytes(), 4 * 1500);
});

test.run();
