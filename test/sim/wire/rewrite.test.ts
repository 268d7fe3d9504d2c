import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatAddress } from '../../../sim/address.ts';
import {
  decodeSubstrateAddress,
  decodeUdp,
  encodeSubstrateAddress,
  fragmentIpv4,
  fromSubstrate,
  ipv6AddressSum,
  isProblem,
  type Restored,
  replaceHeader,
  type SubstrateMap,
  toSubstrate,
  upperLayer,
  writeIpv4Checksum,
} from '../../../sim/wire/index.ts';
import { hex, toHex } from '../../support/hex.ts';
import { ip, map, SHORT, V4, V6 } from './substrate-map.ts';

/** 10.0.0.1 to 10.0.0.2, UDP 1 to 2, no data, DF, identification 0x1234. */
const plain = hex('4500 001c 1234 4000 4011 149b 0a00 0001 0a00 0002 0001 0002 0008 ebd8');
const S1 = 'fd00000100000100 000000000a000001';
const S2 = 'fd00000200000100 000000000a000002';
const S3 = 'fd00000300000110 000000000a0000fe'; // a next hop: 0x10 in the form

function substrate(packet: Uint8Array, network = V4, nextHop: string | null = null): Uint8Array {
  const out = toSubstrate(packet, { host: 1, network }, map, nextHop === null ? null : ip(nextHop));
  if (isProblem(out)) throw new Error(out.problem);
  return out;
}

function back(packet: Uint8Array): Restored {
  const restored = fromSubstrate(packet, map);
  if (isProblem(restored)) throw new Error(restored.problem);
  return restored;
}

const ipv4 = (text: string): Uint8Array => {
  const packet = hex(text);
  writeIpv4Checksum(packet);
  return packet;
};

test('substrate addresses show host, network, form and virtual address', () => {
  const samples: [number, number, string, string][] = [
    [2, V4, '10.0.0.1', 'fd00:2:0:100::a00:1'],
    [0xffff, 0xffffff, '255.255.255.255', 'fd00:ffff:ffff:ff00::ffff:ffff'],
    [0, V4, '8.8.8.8', 'fd00::100:0:0:808:808'],
    [2, V6, '2001:db8::a:b:c:d', 'fd00:2:abcd:ef01:a:b:c:d'],
    [3, V6, '2001:4860::8888', 'fd00:3:abcd:ef02::'], // index 0: outside of the /64
    [3, SHORT, '2001:db8:1::3', 'fd00:3:0:302::3'],
  ];
  for (const [host, network, address, expected] of samples) {
    const endpoint = { host, network, address: ip(address), forwards: false };
    const encoded = encodeSubstrateAddress(endpoint, map);
    if (isProblem(encoded)) throw new Error(encoded.problem);
    assert.is(formatAddress(encoded), expected);
    assert.equal(decodeSubstrateAddress(encoded, map), endpoint);
  }
});

test('what is no substrate address is refused', () => {
  const bad = [
    'fe80::1',
    'fd01:1:0:100::a00:1',
    'fd00:1:0:103::',
    'fd00:1:0:120::a00:1',
    'fd00:1:0:100:0:1:a00:1',
  ];
  bad.push('fd00:1:0:101::1', 'fd00:1:0:301::1', 'fd00:1:0:302::9', 'fd00:1:abcd:ef02::1'); // no /64, no index, form 1's own
  for (const text of bad) {
    const decoded = decodeSubstrateAddress(ip(text), map);
    assert.is(isProblem(decoded) && decoded.reason, 'spoofed', text);
  }
});

test('an IPv4 header becomes an IPv6 header', () => {
  // Flow label: DF is bit 18, then the identification. The UDP checksum's words: twice fd00 + 1 + 0a00 and 1, 2: 1 0802 and 1 0804,
  // folded 1008; 11 + 8 for the pseudo-header and 1 + 2 + 8 for UDP: 102c.
  const out = substrate(plain);
  assert.is(toHex(out), toHex(hex(`6004 1234 0008 11 40 ${S1} ${S2} 0001 0002 0008 efd3`)));
  assert.equal(back(out), { host: 1, network: V4, packet: plain, nextHop: null });
});

test('a gateway stands in the IPv6 header, the destination in a Segment Routing Header', () => {
  const out = substrate(plain, V4, '10.0.0.254');
  const segments = `11 02 04 01 00 00 0000 ${S2}`;
  assert.is(toHex(out), toHex(hex(`6004 1234 0020 2b 40 ${S1} ${S3} ${segments} 0001 0002 0008 efd3`)));
  assert.equal(back(out), { host: 1, network: V4, packet: plain, nextHop: ip('10.0.0.254') });
});

test('who keeps the substrate addresses can do without the map', () => {
  const [source, target] = [ip('fd00:1:0:100::a00:1'), ip('fd00:2:0:100::a00:2')];
  assert.equal(replaceHeader(plain, source, target, null), substrate(plain));
  assert.equal(
    replaceHeader(plain, source, ip('fd00:3:0:110::a00:fe'), target),
    substrate(plain, V4, '10.0.0.254'),
  );
});

test('a destination that is its own next hop needs no segments', () => {
  assert.equal(substrate(plain, V4, '10.0.0.2'), substrate(plain));
});

test('behind a gateway, the destination may be nobody known', () => {
  const packet = plain.slice();
  packet.set([8, 8, 8, 8], 16);
  writeIpv4Checksum(packet);
  const refused = toSubstrate(packet, { host: 1, network: V4 }, map);
  assert.is(isProblem(refused) && refused.reason, 'unassigned');
  const out = substrate(packet, V4, '10.0.0.254');
  assert.is(toHex(out.subarray(48, 64)), 'fd000000000001000000000008080808');
  assert.equal(back(out).packet, packet);
});

test('a fragment keeps its place in a Fragment header, and its bytes when it is not the first', () => {
  const later = ipv4('4500 001c 1234 00b9 4011 0000 0a00 0001 0a00 0002 0001 0002 0008 ebd8');
  const out = substrate(later);
  assert.is(
    toHex(out),
    toHex(hex(`6000 1234 0010 2c 40 ${S1} ${S2} 11 00 05c8 00001234 0001 0002 0008 ebd8`)),
  );
  assert.equal(back(out).packet, later);
  const first = ipv4('4500 001c 1234 2000 4011 0000 0a00 0001 0a00 0002 0001 0002 0008 ebd8');
  assert.is(toHex(substrate(first).subarray(40)), toHex(hex('11 00 0001 00001234 0001 0002 0008 efd3')));
  assert.equal(back(substrate(first)).packet, first);
});

test('IPv4 options travel in a Destination Options header', () => {
  const packet = ipv4('4600 0020 1234 0000 4011 0000 0a00 0001 0a00 0002 94040000 0001 0002 0008 ebd8');
  const out = substrate(packet);
  const options = '11 01 1e 05 00 94040000 01 05 0000000000';
  assert.is(toHex(out), toHex(hex(`6000 1234 0018 3c 40 ${S1} ${S2} ${options} 0001 0002 0008 efd3`)));
  assert.equal(back(out).packet, packet);
});

test('an IPv4 payload that looks like one of our headers is not taken for it', () => {
  for (const protocol of ['2b', '2c', '3c', '00', '33', '87']) {
    const packet = ipv4(`4500 001c 1234 0000 40${protocol} 0000 0a00 0001 0a00 0002 1100 0001 0000 1234`);
    for (const nextHop of [null, '10.0.0.254'])
      assert.equal(back(substrate(packet, V4, nextHop)).packet, packet);
  }
});

test('UDP without a checksum stays without; both zeros come back as they were', () => {
  const packet = (checksum: string) =>
    ipv4(`4500 001c 1234 0000 4011 0000 0a00 0001 0a00 0002 0001 0002 0008 ${checksum}`);
  const none = packet('0000');
  assert.is(toHex(substrate(none).subarray(46)), '0000');
  for (const checksum of ['0000', 'ffff', '0001', 'fffe']) {
    assert.equal(back(substrate(packet(checksum))).packet, packet(checksum));
  }
});

test('the header checksum 0xffff, the reserved flag and every TOS and TTL survive', () => {
  // 45ff + 001c + c000 + 0111 + 0a00 + 0001 + 0a00 + 0002 = 1b30; with e4cf it is ffff, so 0000 and ffff are both right.
  const zero = hex('45ff 001c e4cf c000 0111 0000 0a00 0001 0a00 0002 0001 0002 0008 0000');
  const otherZero = zero.slice();
  otherZero.set([0xff, 0xff], 10);
  assert.equal(back(substrate(zero)).packet, zero);
  assert.equal(back(substrate(otherZero)).packet, otherZero);
});

const U1 = '20010db8000000000000000000000001';
const U2 = '20010db800000000000a000b000c000d';
const plain6 = hex(`6b91 2345 0008 1107 ${U1} ${U2} 0001 0002 0008 0000`);

test('a virtual IPv6 header gets other addresses and a corrected checksum', () => {
  // The words of both: 2001 + 0db8, and 1; or a + b + c + d = 2e. 5ba1 + 11 + 8 + 1 + 2 + 8 = 5bc5.
  const packet = plain6.slice();
  packet.set([0xa4, 0x3a], 46);
  const out = substrate(packet, V6);
  // fd00 + 1 + abcd + ef01 + 1 = 297d0, fd00 + 2 + abcd + ef01 + 2e = 297fe: 52fce, folded 2fd3; + 24 = 2ff7.
  const addresses = 'fd000001abcdef010000000000000001 fd000002abcdef01000a000b000c000d';
  assert.is(toHex(out), toHex(hex(`6b91 2345 0008 1107 ${addresses} 0001 0002 0008 d008`)));
  assert.equal(back(out), { host: 1, network: V6, packet, nextHop: null });
  assert.ok(!isProblem(decodeUdp(out, 40, 48, 6, ipv6AddressSum(out, 0))));
});

test('in IPv6, the segments come after Hop-by-Hop Options', () => {
  const packet = hex(`6000 0000 0010 0040 ${U1} ${U2} 1100 0104 00000000 0001 0002 0008 a43a`);
  const out = substrate(packet, V6, '2001:db8::ffff');
  assert.is(toHex(out.subarray(40, 56)), toHex(hex('2b00 0104 00000000 11 02 04 01 00 00 0000')));
  assert.is(toHex(out.subarray(4, 6)), '0028');
  assert.equal(back(out), { host: 1, network: V6, packet, nextHop: ip('2001:db8::ffff') });
});

test("a virtual packet's own Routing header is not ours", () => {
  // One segment left: its checksum covers that segment, so only the source's change counts.
  const own = `3a 02 04 01 00 00 0000 ${U2}`;
  const packet = hex(`6000 0000 0020 2b40 ${U1} ${U2} ${own} 8000 1234 00010002`);
  for (const nextHop of [null, '2001:db8::ffff']) {
    assert.equal(back(substrate(packet, V6, nextHop)).packet, packet);
  }
  assert.ok(upperLayer(packet).sourceRouted);
});

test('only who has an address may send from it', () => {
  const refusals = [
    toSubstrate(plain, { host: 2, network: V4 }, map),
    toSubstrate(plain, { host: 1, network: V6 }, map),
    // the second host claims the first one's address
    fromSubstrate(
      hex(`6004 1234 0008 11 40 fd00000200000100000000000a000001 ${S2} 0001 0002 0008 efd3`),
      map,
    ),
    // from network 1 into network 3
    fromSubstrate(
      hex(`6004 1234 0008 11 40 ${S1} fd000002000003000000000a00000002 0001 0002 0008 efd3`),
      map,
    ),
    fromSubstrate(
      hex(`6004 1234 0008 11 40 ${S1} fd000002000003000000000000000002 0001 0002 0008 efd3`),
      map,
    ),
    // from IPv4 to IPv6
    fromSubstrate(
      hex(`6004 1234 0008 11 40 ${S1} fd00000200000302 0000000000000002 0001 0002 0008 efd3`),
      map,
    ),
    fromSubstrate(hex(`6004 1234 0008 11 40 ${U1} ${S2} 0001 0002 0008 efd3`), map),
  ];
  assert.equal(
    refusals.map((refused) => isProblem(refused) && refused.reason),
    Array(7).fill('spoofed'),
  );
});

test('a packet for a VM that is not there is unassigned', () => {
  const moved: SubstrateMap = {
    ...map,
    hostOf: (network, address) => (address.value === 0x0a000002n ? 3 : map.hostOf(network, address)),
  };
  const refused = fromSubstrate(substrate(plain), moved);
  assert.is(isProblem(refused) && refused.reason, 'unassigned');
  const unknown = toSubstrate(plain, { host: 1, network: V4 }, map, ip('10.0.0.77'));
  assert.is(isProblem(unknown) && unknown.reason, 'unassigned');
});

test('what is no whole packet is refused as if its checksum were wrong', () => {
  const origin = { host: 1, network: V4 };
  const broken = plain.slice();
  broken[8] = 7;
  const longer = new Uint8Array(30);
  longer.set(plain);
  const good = toHex(substrate(plain));
  const reasons = [
    toSubstrate(new Uint8Array(0), origin, map),
    toSubstrate(broken, origin, map),
    toSubstrate(longer, origin, map),
    fromSubstrate(new Uint8Array(0), map),
    fromSubstrate(plain, map),
    fromSubstrate(hex(good.replace('60041234', '60051234')), map), // reserved label bit
    fromSubstrate(hex(good.replace('60041234', '60061234')), map), // a header checksum that is not zero
  ].map((refused) => isProblem(refused) && refused.reason);
  assert.equal(reasons, Array(7).fill('checksum'));
});

test('a substrate packet over 65535 bytes is refused', () => {
  const packet = new Uint8Array(65535);
  packet.set(plain);
  packet.set([0xff, 0xff], 2);
  writeIpv4Checksum(packet);
  assert.is(substrate(packet).length, 65555);
  const refused = toSubstrate(packet, { host: 1, network: V4 }, map, ip('10.0.0.254'));
  assert.is(isProblem(refused) && refused.reason, 'mtu'); // 65515 + 24
});

test('the fragments of a packet survive one by one', () => {
  const packet = new Uint8Array(4000);
  packet.set(hex('4500 0fa0 1234 0000 4011 0000 0a00 0001 0a00 0002 0001 0002 0f8c 1111'));
  writeIpv4Checksum(packet);
  const pieces = fragmentIpv4(packet, 576);
  if (isProblem(pieces)) throw new Error(pieces.problem);
  assert.equal(
    pieces.map((piece) => back(substrate(piece)).packet),
    pieces,
  );
});

test.run();
