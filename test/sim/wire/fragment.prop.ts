import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import {
  fragmentCount,
  fragmentIpv4,
  fragmentLength,
  fragmentPlan,
  isProblem,
  ReassemblyBuffer,
  reassembleIpv4,
  writeIpv4Checksum,
} from '../../../sim/wire/index.ts';
import { ipv4Packet } from './packets.ts';

const options = { seed: 20_260_102, numRuns: 1000 };
const sizes = fc
  .record({
    header: fc.integer({ min: 5, max: 15 }).map((words) => words * 4),
    mtu: fc.integer({ min: 68, max: 9000 }),
  })
  .chain(({ header, mtu }) =>
    fc.record({
      header: fc.constant(header),
      mtu: fc.constant(mtu),
      total: fc.integer({ min: header, max: 65535 }),
    }),
  );

test.prop([sizes], options)(
  'a plan covers the payload once, in pieces that fit',
  ({ header, mtu, total }) => {
    const plan = fragmentPlan(total, header, mtu);
    const last = plan.length - 1;
    const step = plan[0]?.length ?? 0;
    // One expectation over all: a small MTU makes thousands of pieces.
    const isRight = plan.every(
      ({ offset, length, more }, i) =>
        offset === i * step &&
        offset % 8 === 0 &&
        header + length <= mtu &&
        more === i < last &&
        (!more || length === step) &&
        length === fragmentLength(i, total, header, mtu),
    );
    expect(isRight).toBe(true);
    expect(last * step + (plan[last]?.length ?? 0)).toBe(total - header);
    expect(plan.length).toBe(fragmentCount(total, header, mtu));
    // One piece fewer would not do: even full ones (in units of 8) do not hold the payload.
    if (plan.length > 1)
      expect((plan.length - 1) * Math.floor((mtu - header) / 8) * 8).toBeLessThan(total - header);
  },
);

const whole = ipv4Packet.map((packet) => {
  packet.set([packet[6]! & 0x80, 0], 6);
  writeIpv4Checksum(packet);
  return packet;
});

test.prop(
  [
    whole,
    fc.integer({ min: 68, max: 1500 }),
    fc.integer({ min: 68, max: 1500 }),
    fc.infiniteStream(fc.nat()),
  ],
  options,
)(
  'a packet fragmented twice, shuffled and repeated is reassembled to itself',
  (packet, mtu, second, order) => {
    const once = pieces(packet, mtu);
    const twice = once.flatMap((piece) => pieces(piece, second));
    const shuffled = [...twice, ...once]
      .map((piece) => ({ piece, at: order.next().value ?? 0 }))
      .sort((a, b) => a.at - b.at)
      .map(({ piece }) => piece);
    expect(reassembleIpv4(shuffled)).toEqual(packet);
  },
);

function pieces(packet: Uint8Array, mtu: number): readonly Uint8Array[] {
  const fragments = fragmentIpv4(packet, mtu);
  if (isProblem(fragments)) throw new Error(fragments.problem);
  return fragments;
}

/** The same as the buffer, said with a set of bytes. */
class NaiveReassembly {
  readonly #bytes = new Set<number>();
  #total = -1;

  add(offset: number, length: number, more: boolean): boolean {
    const end = offset + length;
    const last = Math.max(0, ...[...this.#bytes].map((byte) => byte + 1));
    const contradicts =
      this.#total >= 0 ? (more ? end > this.#total : end !== this.#total) : !more && end < last;
    if (!(contradicts || (more && length % 8 !== 0) || (more && length === 0))) {
      for (let byte = offset; byte < end; byte++) this.#bytes.add(byte);
      if (!more) this.#total = end;
    }
    return this.#bytes.size === this.#total;
  }
}

const piece = fc.record({ units: fc.nat(10), length: fc.nat(6), rest: fc.nat(7), more: fc.boolean() });

test.prop([fc.array(piece, { maxLength: 20 })], options)('holes agree with a set of bytes', (fragments) => {
  const buffer = new ReassemblyBuffer(4);
  const naive = new NaiveReassembly();
  for (const { units, length, rest, more } of fragments) {
    const bytes = length * 8 + (more && rest < 6 ? 0 : rest);
    const complete = naive.add(units * 8, bytes, more);
    expect(buffer.add(units * 8, bytes, more)).toBe(complete ? 'complete' : 'incomplete');
    if (complete) break;
  }
});
