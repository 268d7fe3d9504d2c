import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import {
  decodeSubstrateAddress,
  encodeIpv4,
  encodeIpv6,
  encodeSubstrateAddress,
  encodeUdp,
  fromSubstrate,
  ipv4AddressSum,
  ipv6AddressSum,
  isChecksumValid,
  isProblem,
  plainIpv4,
  pseudoHeaderSum,
  toSubstrate,
} from '../../../sim/wire/index.ts';
import { ipv4Packet, ipv6Packet } from './packets.ts';
import { ip, map, SHORT, V4, V6 } from './substrate-map.ts';

const options = { seed: 20_260_101, numRuns: 2000 };

function survives(packet: Uint8Array, network: number, nextHop: string | null): void {
  const before = packet.slice();
  const out = toSubstrate(packet, { host: 1, network }, map, nextHop === null ? null : ip(nextHop));
  if (isProblem(out)) throw new Error(out.problem);
  const restored = fromSubstrate(out, map);
  if (isProblem(restored)) throw new Error(restored.problem);
  expect(packet).toEqual(before);
  expect(restored.packet).toEqual(before);
  expect(restored).toMatchObject({ host: 1, network, nextHop: nextHop === null ? null : ip(nextHop) });
}

test.prop([ipv4Packet, fc.constantFrom(null, '10.0.0.254')], options)(
  'every IPv4 packet comes back byte for byte',
  (packet, nextHop) => survives(packet, V4, nextHop),
);

test.prop([ipv6Packet('2001:db8::1', '2001:db8::a:b:c:d'), fc.constantFrom(null, '2001:db8::ffff')], options)(
  'every IPv6 packet comes back byte for byte',
  (packet, nextHop) => survives(packet, V6, nextHop),
);

test.prop([ipv6Packet('2001:db8:1:2::1', '2001:db8:1:ffff::1'), fc.constantFrom(null, '2001:db8:1::3')], {
  ...options,
  numRuns: 500,
})('every IPv6 packet of a network with a short prefix comes back byte for byte', (packet, nextHop) =>
  survives(packet, SHORT, nextHop),
);

test.prop(
  [fc.nat(65535), fc.nat(65535), fc.uint8Array({ maxLength: 200 }), fc.boolean(), fc.boolean()],
  options,
)(
  'a right UDP checksum is right on the substrate, too',
  (sourcePort, destinationPort, payload, isIpv6, routed) => {
    const header = isIpv6 ? 40 : 20;
    const packet = new Uint8Array(header + 8 + payload.length);
    const payloadLength = packet.length - header;
    if (isIpv6) {
      const addresses = { source: ip('2001:db8::1').value, destination: ip('2001:db8::a:b:c:d').value };
      encodeIpv6(
        { trafficClass: 0, flowLabel: 0, hopLimit: 64, payloadLength, nextHeader: 17, ...addresses },
        packet,
        0,
      );
    } else {
      const addresses = { source: ip('10.0.0.1').value, destination: ip('10.0.0.2').value };
      encodeIpv4({ ...plainIpv4, protocol: 17, payloadLength, ...addresses }, packet, 0);
    }
    const sum = isIpv6 ? ipv6AddressSum(packet, 0) : ipv4AddressSum(packet, 0);
    encodeUdp({ sourcePort, destinationPort, payload }, packet, header, sum);
    const nextHop = routed ? ip(isIpv6 ? '2001:db8::ffff' : '10.0.0.254') : null;
    const out = toSubstrate(packet, { host: 1, network: isIpv6 ? V6 : V4 }, map, nextHop);
    if (isProblem(out)) throw new Error(out.problem);
    const start = routed ? 64 : 40;
    // With a Segment Routing Header, the last segment counts (RFC 8200 section 8.1).
    const onSubstrate = pseudoHeaderSum(ipv6AddressSum(out, 0, routed ? 48 : 24), 17, payloadLength);
    expect(isChecksumValid(out, start, payloadLength, onSubstrate)).toBe(true);
  },
);

test.prop([fc.uint8Array({ maxLength: 200 }), fc.boolean(), fc.boolean()], options)(
  'junk is refused and never throws',
  (junk, isIpv6, isLong) => {
    if (junk.length > 0) junk[0] = ((isIpv6 ? 6 : 4) << 4) | (junk[0]! & 15);
    // With the length right, more of the junk gets looked at.
    if (isLong && isIpv6 && junk.length >= 40) junk.set([0, junk.length - 40], 4);
    toSubstrate(junk, { host: 1, network: V4 }, map);
    fromSubstrate(junk, map);
  },
);

test.prop(
  [
    ipv4Packet,
    fc.constantFrom(null, '10.0.0.254'),
    fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 3 }),
  ],
  options,
)(
  'a damaged substrate packet never throws, and what it restores would be sent the same way',
  (packet, via, damage) => {
    const out = toSubstrate(packet, { host: 1, network: V4 }, map, via === null ? null : ip(via));
    if (isProblem(out)) throw new Error(out.problem);
    for (const [at, value] of damage) if (at < out.length) out[at] = value;
    const restored = fromSubstrate(out, map);
    if (isProblem(restored)) return;
    const again = toSubstrate(restored.packet, restored, map, restored.nextHop);
    // Foreign but harmless encodings (an option where none is needed) may come out shorter, never as another virtual packet.
    if (isProblem(again)) return;
    const twice = fromSubstrate(again, map);
    if (isProblem(twice)) throw new Error(twice.problem);
    expect(twice.packet).toEqual(restored.packet);
  },
);

const endpoint = fc.record({
  host: fc.nat(0xffff),
  network: fc.constantFrom(V4, 0xffffff, 0),
  address: fc.nat(0xffffffff).map((value) => ({ family: 4 as const, value: BigInt(value) })),
  forwards: fc.boolean(),
});
const endpoint6 = fc.record({
  host: fc.nat(0xffff),
  network: fc.constant(V6),
  address: fc
    .bigInt({ min: 0n, max: 2n ** 64n - 1n })
    .map((low) => ({ family: 6 as const, value: ip('2001:db8::').value | low })),
  forwards: fc.boolean(),
});

test.prop([fc.oneof(endpoint, endpoint6)], options)(
  'substrate addresses are decoded to what they encode',
  (one) => {
    const encoded = encodeSubstrateAddress(one, map);
    if (isProblem(encoded)) throw new Error(encoded.problem);
    expect(encoded.value >> 112n).toBe(0xfd00n);
    expect(decodeSubstrateAddress(encoded, map)).toEqual(one);
  },
);
