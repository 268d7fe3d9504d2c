import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { seconds } from '../../../engine/index.ts';
import { isOrdinary, PacketBytes } from '../../../reports/pcapng/packet-bytes.ts';
import { ADDRESSED, FLAGS, OFFSET_TTL_PROTOCOL, PacketFlag, TARGET } from '../../../sim/packet.ts';
import { World } from '../../../sim/world.ts';
import { network, vm, worldSpec } from '../../support/world.ts';

const SEED = { seed: 1071 };

const worlds: Readonly<Record<4 | 6, World>> = { 4: worldOf('10.0.0.'), 6: worldOf('2001:db8::') };

/** Flow 0 is a plain one; flow 1 is a program's, whose data is zeros. */
function worldOf(prefix: string): World {
  const networks = [network('n', prefix.includes(':') ? `${prefix}/64` : `${prefix}0/24`)];
  const vms = ['1', '2', 'fe'].map((end, i) => vm(`vm-${i}`, `${prefix}${end === 'fe' ? '254' : end}`));
  const spec = worldSpec({ networks, vms });
  const world = new World(spec, { until: seconds(1), interval: seconds(1) });
  const plain = { kind: 'cbr', from: 'a', to: 'b', single: true, transactional: false };
  world.system.flows = [
    { id: 'plain', ...plain },
    { id: 'job', ...plain, kind: 'program' },
  ];
  return world;
}

const packet = fc.record({
  family: fc.constantFrom<4 | 6>(4, 6),
  kind: fc.constantFrom('datagram', 'request', 'reply'),
  flow: fc.integer({ min: -1, max: 1 }),
  seq: fc.oneof(fc.nat(), fc.maxSafeNat()),
  port: fc.nat(65535),
  more: fc.oneof(fc.nat(40), fc.nat(9000), fc.constant(65535 - 48)),
  ttl: fc.integer({ min: 1, max: 255 }),
  hops: fc.nat(20),
  flags: fc.subarray([
    PacketFlag.ecnCapable,
    PacketFlag.marked,
    PacketFlag.reverse,
    PacketFlag.dontFragment,
    PacketFlag.twin,
  ]),
  isMoved: fc.boolean(),
});

test.prop([packet], SEED)('bytes made in place are those that everybody else sees', (what) => {
  const { family, kind, seq, port, more, ttl, hops } = what;
  const world = worlds[family];
  const { packets, octets, system } = world;
  const [a, b, elsewhere] = [0, 1, 2].map((index) => system.primaryAddress[index]!) as [
    number,
    number,
    number,
  ];
  const size = Math.min(65535, (family === 4 ? 28 : 48) + more);
  const flags = what.flags.reduce((sum, flag) => sum | flag, 0);
  const sender = world.fabric.vms[0]!;
  let row =
    kind === 'datagram'
      ? sender.datagram(what.flow, seq, a, b, (port << 16) | 9000, size, flags, ttl)
      : sender.echo(what.flow, seq, b, port, size, flags, ttl);
  if (kind === 'reply') {
    const { ints } = packets;
    const reply = sender.answerTo(row, 1);
    packets.ints[reply + FLAGS] = (packets.ints[reply + FLAGS]! & ~(15 << 12)) | (2 << 12);
    packets.ints[reply + OFFSET_TTL_PROTOCOL] = ints[row + OFFSET_TTL_PROTOCOL]!;
    row = reply;
  }
  if (what.isMoved) packets.ints[row + TARGET] = elsewhere;
  const { ints, doubles } = packets;
  const word = ints[row + FLAGS]!;
  expect(isOrdinary(word, ints[row + OFFSET_TTL_PROTOCOL]!)).toBe(true);
  const made = (target: number, ttlThen: number, then: number): Uint8Array => {
    const bytes = new Uint8Array(65536 + 8).fill(0xaa);
    const maker = new PacketBytes(system);
    maker.write(ints, doubles, row, target, ttlThen, then, new DataView(bytes.buffer), 4);
    expect(bytes[3]).toBe(0xaa);
    expect(bytes[4 + size]).toBe(0xaa);
    return bytes.slice(4, 4 + size);
  };
  expect(Buffer.compare(made(ints[row + TARGET]!, ttl, word), octets.virtual(row))).toBe(0);
  const sentTtl = Math.min(255, ttl + hops);
  const sent = made(ints[row + ADDRESSED]!, sentTtl, word & ~PacketFlag.marked);
  expect(Buffer.compare(sent, octets.original(row, sentTtl))).toBe(0);
});
