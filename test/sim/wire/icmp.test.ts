import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeIcmp,
  encodeIcmp,
  type IcmpMessage,
  icmpLength,
  icmpOriginal,
  mayCauseIcmpError,
} from '../../../sim/wire/index.ts';
import { hex, toHex } from '../../support/hex.ts';

const original = hex('4500 001c 1234 4000 4011 149b 0a00 0001 0a00 0002 0001 0002 0008 ebd8');

function encode(message: IcmpMessage): Uint8Array {
  const target = new Uint8Array(icmpLength(message));
  assert.is(encodeIcmp(message, target, 0), target.length);
  assert.equal(decodeIcmp(target, 0, target.length), message);
  return target;
}

test('echo request and reply', () => {
  // 0800 + 0001 + 0002 + 6162 + 6300 = cc65; a reply lacks the 0800.
  const data = hex('616263');
  assert.is(
    toHex(encode({ kind: 'echoRequest', identifier: 1, sequence: 2, data })),
    '0800339a00010002616263',
  );
  assert.is(toHex(encode({ kind: 'echoReply', identifier: 1, sequence: 2, data })), '00003b9a00010002616263');
});

test('port unreachable, fragmentation needed with the MTU of RFC 1191, time exceeded', () => {
  // The embedded IPv4 header sums to ffff, the UDP header to ebe3, so only the 8 bytes in front decide: ebe3 + 0303 = eee6.
  const unreachable = encode({ kind: 'unreachable', code: 3, nextHopMtu: 0, original });
  assert.is(toHex(unreachable.subarray(0, 8)), '0303111900000000');
  assert.is(toHex(unreachable.subarray(8)), toHex(original));
  const tooBig = encode({ kind: 'unreachable', code: 4, nextHopMtu: 1280, original });
  assert.is(toHex(tooBig.subarray(0, 8)), '03040c1800000500');
  assert.is(toHex(encode({ kind: 'timeExceeded', code: 0, original }).subarray(0, 8)), '0b00091c00000000');
});

test('an error embeds what fits into 576 bytes', () => {
  assert.is(icmpOriginal(new Uint8Array(1500)).length, 548);
  assert.is(icmpOriginal(new Uint8Array(28)).length, 28);
});

test('no errors about ICMP errors and later fragments', () => {
  const packet = (flags: string, protocol: string, type: string) =>
    hex(`4500 001c 1234 ${flags} 40${protocol} 0000 0a00 0001 0a00 0002 ${type}00 0000 0000 0000`);
  assert.ok(mayCauseIcmpError(packet('4000', '11', '03')));
  assert.ok(mayCauseIcmpError(packet('2000', '11', '03')));
  assert.not(mayCauseIcmpError(packet('0001', '11', '03')));
  assert.ok(mayCauseIcmpError(packet('0000', '01', '08')));
  assert.ok(mayCauseIcmpError(packet('0000', '01', '00')));
  for (const type of ['03', '04', '05', '0b', '0c'])
    assert.not(mayCauseIcmpError(packet('0000', '01', type)));
});

test('says what is wrong', () => {
  assert.equal(decodeIcmp(hex('0800f7ff000000'), 0, 7), {
    problem: '7 bytes, an ICMP header has 8',
    offset: 0,
  });
  assert.equal(decodeIcmp(hex('0800f7fe00000000'), 0, 8), { problem: 'a wrong ICMP checksum', offset: 2 });
  assert.equal(decodeIcmp(hex('0801f7fe00000000'), 0, 8), {
    problem: 'ICMP echo with code 1, expected 0',
    offset: 1,
  });
  assert.equal(decodeIcmp(hex('0d00f2ff00000000'), 0, 8), {
    problem: 'ICMP type 13, known are 0, 3, 8 and 11',
    offset: 0,
  });
  assert.equal(decodeIcmp(hex('0303fcfc00000000'), 0, 8), {
    problem: 'an ICMP error without an IPv4 header',
    offset: 8,
  });
  const cut = new Uint8Array(8 + 27);
  encodeIcmp({ kind: 'unreachable', code: 3, nextHopMtu: 0, original: original.subarray(0, 27) }, cut, 0);
  assert.equal(decodeIcmp(cut, 0, cut.length), {
    problem: 'an ICMP error with less than the IPv4 header and 8 bytes',
    offset: 8,
  });
});

test.run();
