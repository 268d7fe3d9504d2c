import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createQueue, Kernel, RandomSource } from '../../../../engine/index.ts';
import { FLAGS, newFlags, type PacketId, PacketKind, PacketPool, SIZE } from '../../../../sim/packet.ts';
import { Delays } from '../../../../sim/personality/delays.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { QueueGate } from '../../../../sim/personality/service/queue-gate.ts';
import { valuesOf } from '../../../../sim/personality/stage.ts';
import type { BandwidthValues } from '../../../../sim/personality/stages/bandwidth.ts';
import { queue } from '../../../../sim/personality/stages/queue.ts';

const MS = 1_000_000;

/** A gate on its own. `onward` is told who leaves and when, and may send more packets at once. */
function gateWith(profile: Profile, onward: (packet: PacketId, now: number, send: () => void) => void) {
  const kernel = new Kernel(createQueue('heap'));
  const packets = new PacketPool(64);
  const random = new RandomSource('seed');
  const send = (): void => {
    const packet = packets.take();
    packets.ints[packet + SIZE] = 1000;
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
    drop: () => false,
    replaced: () => undefined,
  });
  gate.configure(valuesOf(queue, profile) as unknown as BandwidthValues);
  return { gate, kernel, send };
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

test.run();
