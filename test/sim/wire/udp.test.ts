import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeUdp, encodeUdp } from '../../../sim/wire/index.ts';
import { hex, toHex } from '../../support/hex.ts';

/** 10.0.0.1 and 10.0.0.2. */
const addresses = 0x1403;

test('a datagram with its checksum', () => {
  const target = new Uint8Array(9);
  assert.is(
    encodeUdp({ sourcePort: 1, destinationPort: 2, payload: new Uint8Array(0) }, target, 1, addresses),
    8,
  );
  // 1403 + 11 + 8 for the pseudo-header, 1 + 2 + 8 for the header: 1427.
  assert.is(toHex(target), '00000100020008ebd8');
  assert.equal(decodeUdp(target, 1, 9, 4, addresses), {
    sourcePort: 1,
    destinationPort: 2,
    payload: hex(''),
  });
});

test('a computed 0 is sent as 0xffff', () => {
  const target = new Uint8Array(10);
  // With two more bytes the rest sums to 1427 + 2 + 2; ebd4 makes it ffff.
  encodeUdp({ sourcePort: 1, destinationPort: 2, payload: hex('ebd4') }, target, 0, addresses);
  assert.is(toHex(target), '00010002000affffebd4');
  assert.equal(decodeUdp(target, 0, 10, 4, addresses), {
    sourcePort: 1,
    destinationPort: 2,
    payload: hex('ebd4'),
  });
});

test('no checksum is fine over IPv4 and refused over IPv6', () => {
  const target = new Uint8Array(8);
  encodeUdp({ sourcePort: 1, destinationPort: 2, payload: hex('') }, target, 0, null);
  assert.is(toHex(target), '0001000200080000');
  assert.equal(decodeUdp(target, 0, 8, 4, addresses), {
    sourcePort: 1,
    destinationPort: 2,
    payload: hex(''),
  });
  assert.equal(decodeUdp(target, 0, 8, 6, 0x5b75), {
    problem: 'no UDP checksum, IPv6 demands one',
    offset: 6,
  });
});

test('says what is wrong', () => {
  const good = hex('000100020008ebd8');
  assert.equal(decodeUdp(good, 0, 7, 4, addresses), { problem: '7 bytes, a UDP header has 8', offset: 0 });
  assert.equal(decodeUdp(good, 0, 8, 4, addresses + 1), { problem: 'a wrong UDP checksum', offset: 6 });
  for (const length of ['0007', '0009']) {
    assert.equal(decodeUdp(hex(`00010002${length}ebd8`), 0, 8, 4, addresses), {
      problem: `a UDP length of ${Number(length)}, allowed are 8 to 8`,
      offset: 4,
    });
  }
});

test.run();
