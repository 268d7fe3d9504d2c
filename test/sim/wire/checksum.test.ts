import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  checksum,
  fold,
  ipv4AddressSum,
  ipv6AddressSum,
  isChecksumValid,
  pseudoHeaderSum,
  sumWords,
  udpChecksum,
  updateChecksum,
} from '../../../sim/wire/index.ts';
import { hex } from '../../support/hex.ts';

test('the example of RFC 1071 section 3', () => {
  const bytes = hex('0001 f203 f4f5 f6f7');
  assert.is(sumWords(bytes, 0, 8), 0xddf2);
  assert.is(checksum(bytes, 0, 8), 0x220d);
});

test('an odd last octet counts as the upper half of a word', () => {
  assert.is(sumWords(hex('0001 f2'), 0, 3), 0xf201);
  assert.is(sumWords(hex('ff 0001 f203'), 1, 3), 0xf201);
});

test('a well-known IPv4 header', () => {
  const header = hex('4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7');
  assert.ok(isChecksumValid(header, 0, 20));
  header.set([0, 0], 10);
  assert.is(checksum(header, 0, 20), 0xb861);
});

test('the longest packet of the largest words still folds exactly', () => {
  assert.is(sumWords(new Uint8Array(65534).fill(0xff), 0, 65534), 0xffff);
  assert.is(fold(0xffff * 0x8000), 0xffff);
  assert.is(fold(0), 0);
});

test('the example of RFC 1624 section 4: equation 3 gives 0, where RFC 1141 gave 0xffff', () => {
  assert.is(updateChecksum(0xdd2f, 0x5555, 0x3285), 0x0000);
});

test('an update is the checksum computed again', () => {
  const header = hex('4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7');
  const before = ipv4AddressSum(header, 0);
  header.set([10, 1, 2, 3, 172, 16, 255, 254], 12);
  const updated = updateChecksum(0xb861, before, ipv4AddressSum(header, 0));
  header.set([0, 0], 10);
  assert.is(updated, checksum(header, 0, 20));
});

test('pseudo-headers', () => {
  // 0a00 + 0001 + 0a00 + 0002, then protocol 17 and length 8.
  const ipv4 = hex('4500 001c 0000 0000 4011 0000 0a00 0001 0a00 0002');
  assert.is(ipv4AddressSum(ipv4, 0), 0x1403);
  assert.is(pseudoHeaderSum(0x1403, 17, 8), 0x141c);
  // 2001 + 0db8 + 1, twice 2001 + 0db8 + 2; a length over 65535 has two words.
  const ipv6 = hex(
    '6000 0000 0008 1140 20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002',
  );
  assert.is(ipv6AddressSum(ipv6, 0), 0x5b75);
  assert.is(ipv6AddressSum(ipv6, 0, 8), 0x5b74);
  assert.is(pseudoHeaderSum(0, 58, 0x0001_0002), 58 + 3);
});

test('UDP sends a computed 0 as 0xffff', () => {
  assert.is(udpChecksum(0), 0xffff);
  assert.is(udpChecksum(0x1234), 0x1234);
});

test.run();
