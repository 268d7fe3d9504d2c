import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import {
  formatAddress,
  nthHost,
  parseAddress,
  parsePrefix,
  prefixText,
  usableHosts,
} from '../../../sim/address.ts';
import {
  decodeDestinationOptions,
  decodeFragmentHeader,
  decodeIcmp,
  decodeIcmpv6,
  decodeIpv4,
  decodeIpv6,
  decodeSegmentRoutingHeader,
  decodeUdp,
  encodeIpv4,
  encodeIpv6,
  fragmentIpv4,
  icmpOriginal,
  isProblem,
  mayCauseIcmpError,
  mayCauseIcmpv6Error,
  readCapture,
  reassembleIpv4,
  sumWords,
  updateChecksum,
  upperLayer,
} from '../../../sim/wire/index.ts';
import {
  block,
  classicCapture,
  enhancedPacket,
  interfaceBlock,
  join,
  sectionBlock,
} from '../../support/captures.ts';
import { ipv4Packet, ipv6Packet } from './packets.ts';

const options = { seed: 20_260_103, numRuns: 2000 };
const junk = fc.uint8Array({ maxLength: 120 });

test.prop([junk, fc.nat(130), fc.nat(130)], options)('no decoder throws on junk', (bytes, offset, end) => {
  decodeIpv4(bytes, offset);
  decodeIpv6(bytes, offset);
  decodeFragmentHeader(bytes, offset);
  decodeSegmentRoutingHeader(bytes, offset);
  decodeDestinationOptions(bytes, offset);
  decodeUdp(bytes, offset, end, 4, 0);
  decodeUdp(bytes, offset, end, 6, 0);
  decodeIcmp(bytes, offset, end);
  decodeIcmpv6(bytes, offset, end, 0);
  readCapture(bytes);
  fragmentIpv4(bytes, 68);
  reassembleIpv4([bytes]);
  icmpOriginal(bytes);
  if (bytes.length >= 40) {
    upperLayer(bytes);
    mayCauseIcmpError(bytes);
    mayCauseIcmpv6Error(bytes);
  }
});

test.prop([ipv4Packet], options)('an IPv4 header that is read and written again is the same', (packet) => {
  const fields = decodeIpv4(packet);
  if (isProblem(fields)) throw new Error(fields.problem);
  const again = packet.slice();
  again.fill(0, 0, fields.headerLength);
  encodeIpv4(fields, again, 0);
  expect(again).toEqual(packet);
});

test.prop([ipv6Packet('2001:db8::1', 'fd00::2')], options)('an IPv6 header, too', (packet) => {
  const fields = decodeIpv6(packet);
  if (isProblem(fields)) throw new Error(fields.problem);
  const again = packet.slice();
  again.fill(0, 0, 40);
  encodeIpv6(fields, again, 0);
  expect(again).toEqual(packet);
});

test.prop([ipv4Packet, fc.nat(), fc.nat(7)], options)(
  'a flipped bit in an IPv4 header is noticed',
  (packet, at, bit) => {
    const header = (packet[0]! & 15) * 4;
    packet[at % header] = packet[at % header]! ^ (1 << bit);
    expect(isProblem(decodeIpv4(packet))).toBe(true);
  },
);

test.prop([fc.uint8Array({ minLength: 4, maxLength: 64 }), fc.nat(65535), fc.nat(60)], options)(
  'an incremental update is the checksum computed again',
  (bytes, word, place) => {
    const at = (place % (bytes.length - 1)) & ~1;
    const before = sumWords(bytes, 0, bytes.length);
    const old = sumWords(bytes, at, 2);
    bytes.set([word >> 8, word & 255], at);
    const updated = updateChecksum(~before & 0xffff, old, word);
    // Modulo 65535: the two zeros are the same number.
    expect(updated % 65535).toBe((~sumWords(bytes, 0, bytes.length) & 0xffff) % 65535);
  },
);

const frames = fc.array(
  fc.record({
    seconds: fc.nat(2 ** 31),
    fraction: fc.nat(999_999),
    data: fc.oneof(ipv4Packet, ipv6Packet('2001:db8::1', '2001:db8::2')),
  }),
  { minLength: 1, maxLength: 5 },
);

test.prop([frames, fc.boolean(), fc.nat(), fc.nat(255)], { ...options, numRuns: 500 })(
  'a capture is read as it was written; cut or damaged, it is a problem or another capture',
  (written, little, at, value) => {
    const ng = join(
      sectionBlock(little),
      interfaceBlock(101, new Uint8Array(0), 0, little),
      ...written.map(({ seconds, fraction, data }) =>
        enhancedPacket(0, BigInt(seconds) * 1_000_000n + BigInt(fraction), data, little),
      ),
      block(4, new Uint8Array(8), little),
    );
    for (const bytes of [classicCapture(written, { little, linkType: 101 }), ng]) {
      const capture = readCapture(bytes);
      if (isProblem(capture)) throw new Error(capture.problem);
      expect(capture.packets.map(({ ip }) => ip)).toEqual(written.map(({ data }) => data));
      expect(capture.packets.map(({ timeNs }) => timeNs)).toEqual(
        written.map(({ seconds, fraction }) => BigInt(seconds) * 1_000_000_000n + BigInt(fraction) * 1000n),
      );
      readCapture(bytes.subarray(0, at % bytes.length));
      bytes[at % bytes.length] = value;
      readCapture(bytes);
    }
  },
);

const address4 = fc.nat(0xffffffff).map((value) => ({ family: 4 as const, value: BigInt(value) }));
const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(65535)), { minLength: 8, maxLength: 8 });
const address6 = groups
  .map((list) => ({
    family: 6 as const,
    value: list.reduce((sum, group) => sum * 65536n + BigInt(group), 0n),
  }))
  .filter(({ value }) => value >> 32n !== 0xffffn);

test.prop([fc.oneof(address4, address6)], options)('an address survives its text', (address) => {
  expect(parseAddress(formatAddress(address))).toEqual(address);
});

test.prop([groups], options)(
  'IPv6 text agrees with the URL parser of the platform, which follows RFC 5952',
  (list) => {
    const long = list.map((group) => group.toString(16)).join(':');
    const parsed = parseAddress(long);
    fc.pre(parsed !== null);
    expect(`[${parsed === null ? '' : formatAddress(parsed)}]`).toBe(new URL(`http://[${long}]/`).hostname);
  },
);

test.prop([fc.oneof(address4, address6), fc.nat(128), fc.bigInt({ min: 0n, max: 2n ** 128n })], options)(
  'a prefix survives its text, and has the hosts it counts',
  (address, bits, n) => {
    const length = address.family === 4 ? bits % 33 : bits;
    const prefix = parsePrefix(`${formatAddress(address)}/${length}`);
    if (prefix === null) throw new Error('unreadable');
    // ::ffff:0:0/96 is refused as text.
    fc.pre(prefix.value >> 32n !== 0xffffn);
    expect(parsePrefix(prefixText(prefix))).toEqual({ ...prefix, hostBits: false });
    expect(nthHost(prefix, n) !== null).toBe(n < usableHosts(prefix));
  },
);
