import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeIpv4, encodeIpv4, isProblem, plainIpv4, writeIpv4Checksum } from '../../../sim/wire/index.ts';
import { hex, toHex } from '../../support/hex.ts';

const wellKnown = '45000073000040004011b861c0a80001c0a800c7';

test('encodes a well-known header', () => {
  const target = new Uint8Array(22);
  const length = encodeIpv4(
    {
      ...plainIpv4,
      dontFragment: true,
      protocol: 17,
      source: 0xc0a80001n,
      destination: 0xc0a800c7n,
      payloadLength: 95,
    },
    target,
    2,
  );
  assert.is(length, 20);
  assert.is(toHex(target.subarray(2)), wellKnown);
});

test('encodes every field in its place', () => {
  const target = new Uint8Array(24);
  encodeIpv4(
    {
      tos: 0xb9,
      identification: 0xbeef,
      reservedFlag: false,
      dontFragment: false,
      moreFragments: true,
      fragmentOffset: 1480,
      ttl: 3,
      protocol: 1,
      source: 0x01020304n,
      destination: 0x05060708n,
      options: hex('94040000'),
      payloadLength: 16,
    },
    target,
    0,
  );
  assert.is(toHex(target), '46b90028beef20b90301325c010203040506070894040000');
});

test('decodes what it reads, with padding behind it', () => {
  const bytes = new Uint8Array(1 + 0x73 + 5);
  bytes.set(hex(wellKnown), 1);
  assert.equal(decodeIpv4(bytes, 1), {
    ...plainIpv4,
    options: bytes.subarray(21, 21),
    dontFragment: true,
    protocol: 17,
    source: 0xc0a80001n,
    destination: 0xc0a800c7n,
    payloadLength: 95,
    headerLength: 20,
    totalLength: 115,
  });
});

test('says what is wrong, and where', () => {
  const good = new Uint8Array(0x73);
  good.set(hex(wellKnown));
  const broken = (change: (bytes: Uint8Array) => void, repair = true) => {
    const bytes = good.slice();
    change(bytes);
    if (repair) writeIpv4Checksum(bytes);
    return decodeIpv4(bytes);
  };
  assert.equal(decodeIpv4(good.subarray(0, 19)), {
    problem: '19 bytes, an IPv4 header has at least 20',
    offset: 0,
  });
  assert.equal(
    broken((b) => b.set([0x65])),
    { problem: 'IP version 6, expected 4', offset: 0 },
  );
  assert.equal(
    broken((b) => b.set([0x44])),
    {
      problem: 'an IPv4 header length of 16, allowed are 20 to 60',
      offset: 0,
    },
  );
  assert.equal(
    broken((b) => b.set([63], 8), false),
    { problem: 'a wrong IPv4 header checksum', offset: 10 },
  );
  assert.equal(
    broken((b) => b.set([0x74], 3)),
    { problem: 'a total length of 116, allowed are 20 to 115', offset: 2 },
  );
  assert.equal(
    broken((b) => b.set([19], 3)),
    { problem: 'a total length of 19, allowed are 20 to 115', offset: 2 },
  );
  assert.ok(isProblem(decodeIpv4(new Uint8Array(0))));
  assert.ok(isProblem(decodeIpv4(good, 200)));
});

test.run();
