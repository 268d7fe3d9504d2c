import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeDestinationOptions,
  decodeFragmentHeader,
  decodeIpv6,
  decodeSegmentRoutingHeader,
  destinationOptionsLength,
  encodeDestinationOptions,
  encodeFragmentHeader,
  encodeIpv6,
  encodeSegmentRoutingHeader,
} from '../../../sim/wire/index.ts';
import { hex, toHex } from '../../support/hex.ts';

const fields = {
  trafficClass: 0xb9,
  flowLabel: 0xabcde,
  payloadLength: 4,
  nextHeader: 17,
  hopLimit: 63,
  source: 0x20010db8_00000000_00000000_00000001n,
  destination: 0xfd000002_00000100_00000000_0a000001n,
};
const bytes = hex(
  `6b9abcde 0004 11 3f 20010db8000000000000000000000001 fd00000200000100000000000a000001 01020304`,
);

test('the IPv6 header, field by field', () => {
  const target = new Uint8Array(44);
  assert.is(encodeIpv6(fields, target, 0), 40);
  assert.is(toHex(target.subarray(0, 40)), toHex(bytes.subarray(0, 40)));
  assert.equal(decodeIpv6(bytes), fields);
});

test('says what is wrong with an IPv6 header', () => {
  assert.equal(decodeIpv6(bytes.subarray(0, 39)), { problem: '39 bytes, an IPv6 header has 40', offset: 0 });
  assert.equal(decodeIpv6(bytes.subarray(0, 43)), {
    problem: 'a payload length of 4, 3 bytes are there',
    offset: 4,
  });
  assert.equal(decodeIpv6(bytes, 1), { problem: 'IP version 9, expected 6', offset: 1 });
});

test('the Fragment header of RFC 8200 section 4.5', () => {
  const header = { nextHeader: 6, fragmentOffset: 1448, moreFragments: true, identification: 0xdeadbeef };
  const target = new Uint8Array(8);
  assert.is(encodeFragmentHeader(header, target, 0), 8);
  assert.is(toHex(target), '060005a9deadbeef');
  assert.equal(decodeFragmentHeader(target, 0), header);
  assert.equal(decodeFragmentHeader(hex('060005adde adbeef'), 0), {
    problem: 'reserved bits set in a Fragment header',
    offset: 1,
  });
  assert.equal(decodeFragmentHeader(target, 1), { problem: '7 bytes, a Fragment header has 8', offset: 1 });
});

test('the Segment Routing Header of RFC 8754 section 2, reduced to one segment', () => {
  const header = { nextHeader: 17, segmentsLeft: 1, tag: 0x0102, segment: fields.destination } as const;
  const target = new Uint8Array(24);
  assert.is(encodeSegmentRoutingHeader(header, target, 0), 24);
  assert.is(toHex(target), '1102040100000102fd00000200000100000000000a000001');
  assert.equal(decodeSegmentRoutingHeader(target, 0), header);
  const wrong = (at: number, value: number) => {
    const broken = target.slice();
    broken[at] = value;
    return decodeSegmentRoutingHeader(broken, 0);
  };
  assert.equal(wrong(2, 0), { problem: 'routing type 0, expected 4', offset: 2 });
  assert.equal(wrong(3, 2), { problem: '2 segments left, allowed are 0 and 1', offset: 3 });
  assert.equal(wrong(1, 4), { problem: 'a Segment Routing Header with more than one segment', offset: 1 });
});

test('Destination Options are padded to 8 bytes, as RFC 8200 section 4.2 wants it', () => {
  const samples: [string, string][] = [
    ['', '2c001e0001020000'],
    ['aabbcc', '2c001e03aabbcc00'], // one octet: Pad1
    ['aabbccdd', '2c001e04aabbccdd'],
    ['aabbccddee', '2c011e05aabbccddee01050000000000'],
  ];
  for (const [data, expected] of samples) {
    const octets = hex(data);
    const target = new Uint8Array(expected.length / 2).fill(0xee);
    const length = encodeDestinationOptions({ nextHeader: 44, type: 0x1e, data: octets }, target, 0);
    assert.is(length, destinationOptionsLength(octets.length));
    assert.is(toHex(target), expected);
    assert.equal(decodeDestinationOptions(target, 0), { nextHeader: 44, type: 0x1e, data: octets, length });
  }
});

test('a Destination Options header that makes no sense', () => {
  assert.equal(decodeDestinationOptions(hex('2c010000000000'), 0), {
    problem: '7 bytes, a Destination Options header has at least 8',
    offset: 0,
  });
  assert.equal(decodeDestinationOptions(hex('2c01010400000000'), 0), {
    problem: 'a Destination Options header of 16 bytes, 8 are there',
    offset: 1,
  });
  assert.equal(decodeDestinationOptions(hex('2c001e0500000000'), 0), {
    problem: 'an option that leaves its header',
    offset: 2,
  });
  assert.equal(decodeDestinationOptions(hex('2c001e001e000000'), 0), {
    problem: 'a second option, expected one',
    offset: 4,
  });
  assert.equal(decodeDestinationOptions(hex('2c000000000000001e'), 0), {
    problem: 'a Destination Options header without an option',
    offset: 0,
  });
});

test.run();
