import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Damage, flipBits } from '../../../sim/wire/index.ts';
import { hex, toHex } from '../../support/hex.ts';
import { chiSquareTest } from '../../support/statistics.ts';

const LAST = 2 ** 32 - 1;
const one: Damage = { draw: 0, bits: 1, where: 'any', isSilent: false };

const damaged = (packet: string, damage: Partial<Damage>): string => {
  const bytes = hex(packet);
  flipBits(bytes, { ...one, ...damage });
  return toHex(bytes);
};

// ---- by hand. A draw of 0 is the first bit that may flip, the greatest draw the last one.

const UDP4 = '4500001e 00014000 401126cc 0a000001 0a000002  13882328 000a4cbe  6869';

test('UDP over IPv4: from the first bit of the TOS to the last of the data', () => {
  assert.is(
    damaged(UDP4, {}),
    toHex(hex('4580001e 00014000 401126cc 0a000001 0a000002  13882328 000a4cbe 6869')),
  );
  assert.is(
    damaged(UDP4, { draw: LAST }),
    toHex(hex('4500001e 00014000 401126cc 0a000001 0a000002  13882328 000a4cbe 6868')),
  );
  // The header ends with the destination, the payload begins with the source port.
  assert.is(
    damaged(UDP4, { where: 'header', draw: LAST }),
    toHex(hex('4500001e 00014000 401126cc 0a000001 0a000003  13882328 000a4cbe 6869')),
  );
  assert.is(
    damaged(UDP4, { where: 'payload' }),
    toHex(hex('4500001e 00014000 401126cc 0a000001 0a000002  93882328 000a4cbe 6869')),
  );
});

test('silently, the checksums are those of what is there now', () => {
  // 4580 instead of 4500: 26cc - 80 = 264c.
  assert.is(
    damaged(UDP4, { isSilent: true }),
    toHex(hex('4580001e 00014000 4011264c 0a000001 0a000002  13882328 000a4cbe 6869')),
  );
  // 9388 instead of 1388: b341 + 8000 = 13341, folded 3342, ~ = ccbd.
  assert.is(
    damaged(UDP4, { isSilent: true, where: 'payload' }),
    toHex(hex('4500001e 00014000 401126cc 0a000001 0a000002  93882328 000accbd 6869')),
  );
  // 0003 instead of 0002, in the header and in the pseudo-header: both less by one.
  assert.is(
    damaged(UDP4, { isSilent: true, where: 'header', draw: LAST }),
    toHex(hex('4500001e 00014000 401126cb 0a000001 0a000003  13882328 000a4cbd 6869')),
  );
});

test('a UDP datagram without a checksum stays without', () => {
  const without = UDP4.replace('4cbe', '0000');
  assert.is(
    damaged(without, { isSilent: true, where: 'payload', draw: LAST }),
    toHex(hex(without.replace('6869', '6868'))),
  );
});

test('IPv6 has no checksum in its header, only of the addresses', () => {
  const ping =
    '60000000 00083a40 20010db8000000000000000000000001 20010db8000000000000000000000002 80002447 00010000';
  assert.is(damaged(ping, {}), toHex(hex(ping.replace('2001', 'a001'))));
  assert.is(damaged(ping, { where: 'header', draw: LAST }), toHex(hex(ping.replace('0002 8', '0003 8'))));
  // Of an ICMP message neither type and code nor the checksum. 8001 + 2447: the sum grows by 8000.
  assert.is(damaged(ping, { where: 'payload' }), toHex(hex(ping.replace('00010000', '80010000'))));
  assert.is(
    damaged(ping, { where: 'payload', isSilent: true }),
    toHex(hex(ping.replace('2447 00010000', 'a446 80010000'))),
  );
});

test('TCP: never the data offset, never the checksum', () => {
  // Of 20 bytes, 17 may flip; every bit is met once.
  const tcp = `4500 0028 0001 4000 4006 26cd 0a000001 0a000002 ${'00'.repeat(20)}`;
  const met = new Set<number>();
  const bits = 17 * 8;
  for (let place = 0; place < bits; place++) {
    const bytes = hex(damaged(tcp, { where: 'payload', draw: Math.floor(((place + 0.5) / bits) * 2 ** 32) }));
    const at = bytes.findIndex((octet, index) => index >= 20 && octet !== 0);
    met.add(at * 8 + Math.clz32(bytes[at]!) - 24);
  }
  assert.is(met.size, bits);
  for (const bit of met) assert.not([20 + 12, 20 + 16, 20 + 17].includes(bit >> 3));
});

test('a later fragment is all data; what is not known is, too', () => {
  const later = '4500001c 00010001 401166ce 0a000001 0a000002 0001020304050607';
  assert.is(damaged(later, { where: 'payload' }), toHex(hex(later.replace('0001020304', '8001020304'))));
  const gre = '45000018 00010000 402f66b0 0a000001 0a000002 00010203';
  assert.is(damaged(gre, { where: 'payload', draw: LAST }), toHex(hex(gre.replace('00010203', '00010202'))));
});

// ---- counted

/** An IPv4 packet's sum of payload and addresses modulo 65535. */
const sumOf = (bytes: Uint8Array): number => {
  let sum = 0;
  for (let at = 12; at < bytes.length; at += 2) sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0);
  return sum % 65535;
};

test('however many bits of whatever packet flip, the sum changes', () => {
  const intact = hex(UDP4);
  const differing = (bytes: Uint8Array): number =>
    bytes.reduce((sum, octet, at) => sum + (octet ^ intact[at]!).toString(2).replaceAll('0', '').length, 0);
  for (let bits = 1; bits <= 49; bits++) {
    for (let n = 0; n < 400; n++) {
      const bytes = hex(damaged(UDP4, { where: 'payload', bits, draw: n * 10_737_418 }));
      assert.is.not(sumOf(bytes), sumOf(intact));
      // Of the payload, 4 bytes of ports and 2 of data may flip: 48 bits.
      assert.is(differing(bytes), Math.min(bits, 48));
    }
  }
});

test('when all bits flip and the sum is the same, one of them does not', () => {
  // The two ports sum to ffff, and so do their complements.
  const ports = '4500001c 00014000 401126ce 0a000001 0a000002  1388ec77 0008ebed';
  const bytes = hex(damaged(ports, { where: 'payload', bits: 99 }));
  assert.is.not(sumOf(bytes), sumOf(hex(ports)));
  const intact = hex(ports);
  const flipped = bytes.reduce(
    (sum, octet, at) => sum + (octet ^ intact[at]!).toString(2).replaceAll('0', '').length,
    0,
  );
  assert.is(flipped, 31);
});

test('every bit that may flip flips as often as every other', () => {
  const counts = new Array<number>(48).fill(0);
  const trials = 20_000;
  // Draws that are spread evenly, and three bits of each.
  for (let n = 0; n < trials; n++) {
    const bytes = hex(
      damaged(UDP4, { where: 'payload', bits: 3, isSilent: true, draw: (n * 2654435761) % 2 ** 32 }),
    );
    const intact = hex(UDP4);
    [20, 21, 22, 23, 28, 29].forEach((at, run) => {
      for (let bit = 0; bit < 8; bit++) {
        if (((bytes[at]! ^ intact[at]!) & (0x80 >> bit)) !== 0) counts[run * 8 + bit]!++;
      }
    });
  }
  assert.is(
    counts.reduce((a, b) => a + b),
    3 * trials,
  );
  assert.ok(
    chiSquareTest(
      counts,
      counts.map(() => (3 * trials) / 48),
    ) > 1e-4,
    counts.join(' '),
  );
});

test.run();
