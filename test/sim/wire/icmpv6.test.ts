import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeIcmpv6,
  encodeIcmpv6,
  type Icmpv6Message,
  icmpv6Length,
  icmpv6Original,
  mayCauseIcmpv6Error,
} from '../../../sim/wire/index.ts';
import { hex, toHex } from '../../support/hex.ts';

/** 2001:db8::1 and 2001:db8::2: 2001 + 0db8 + 1 + 2001 + 0db8 + 2. */
const addresses = 0x5b75;
const ipv6 = '20010db8000000000000000000000001 20010db8000000000000000000000002';
const original = hex(`6000 0000 0000 3b40 ${ipv6}`);

function encode(message: Icmpv6Message): Uint8Array {
  const target = new Uint8Array(icmpv6Length(message));
  assert.is(encodeIcmpv6(message, target, 0, addresses), target.length);
  assert.equal(decodeIcmpv6(target, 0, target.length, addresses), message);
  return target;
}

test('echo request and reply', () => {
  // 5b75 + 3a + b for the pseudo-header; 8000 + 1 + 2 + 6162 + 6300: 1a01f, folded a020.
  const data = hex('616263');
  assert.is(
    toHex(encode({ kind: 'echoRequest', identifier: 1, sequence: 2, data })),
    '80005fdf00010002616263',
  );
  assert.is(toHex(encode({ kind: 'echoReply', identifier: 1, sequence: 2, data })), '81005edf00010002616263');
});

test('port unreachable, packet too big, time exceeded', () => {
  // The original sums to 6000 + 3b40 + 5b75 = f6b5; the pseudo-header adds 5b75 + 3a + 30: 152 94 -> 5295.
  const front = (message: Icmpv6Message) => toHex(encode(message).subarray(0, 8));
  assert.is(front({ kind: 'unreachable', code: 4, original }), '0104ac6600000000');
  assert.is(front({ kind: 'packetTooBig', mtu: 0x0001_0500, original }), '0200a66900010500');
  assert.is(front({ kind: 'timeExceeded', code: 0, original }), '0300aa6a00000000');
});

test('an error embeds what fits into 1280 bytes', () => {
  assert.is(icmpv6Original(new Uint8Array(1500)).length, 1232);
  assert.is(icmpv6Original(new Uint8Array(100)).length, 100);
});

test('no errors about ICMPv6 errors and later fragments', () => {
  const packet = (next: string, rest: string) => hex(`6000 0000 0010 ${next}40 ${ipv6} ${rest}`);
  assert.ok(mayCauseIcmpv6Error(packet('11', '0001000200080000')));
  assert.ok(mayCauseIcmpv6Error(packet('3a', '8000000000000000')));
  assert.not(mayCauseIcmpv6Error(packet('3a', '0100000000000000')));
  assert.not(mayCauseIcmpv6Error(packet('00', '3a00010400000000 0200000000000000')));
  assert.not(mayCauseIcmpv6Error(packet('2c', '1100000900000001 0000000000000000')));
  assert.ok(mayCauseIcmpv6Error(packet('2c', '1100000100000001 0000000000000000')));
});

test('says what is wrong', () => {
  const good = encode({ kind: 'echoRequest', identifier: 1, sequence: 2, data: hex('') });
  assert.equal(decodeIcmpv6(good, 0, 7, addresses), {
    problem: '7 bytes, an ICMPv6 header has 8',
    offset: 0,
  });
  assert.equal(decodeIcmpv6(good, 0, 8, addresses + 1), { problem: 'a wrong ICMPv6 checksum', offset: 2 });
  const noHeader = new Uint8Array(8);
  encodeIcmpv6({ kind: 'packetTooBig', mtu: 1280, original: hex('') }, noHeader, 0, addresses);
  assert.equal(decodeIcmpv6(noHeader, 0, 8, addresses), {
    problem: 'an ICMPv6 error without an IPv6 header',
    offset: 8,
  });
});

test.run();
