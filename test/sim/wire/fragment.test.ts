import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeIpv4,
  encodeIpv4,
  fragmentCount,
  fragmentIpv4,
  fragmentLength,
  fragmentPlan,
  isProblem,
  plainIpv4,
  ReassemblyBuffer,
  reassembleIpv4,
} from '../../../sim/wire/index.ts';
import { hex, toHex } from '../../support/hex.ts';

function packet(payloadLength: number, fields: object = {}): Uint8Array {
  const header = {
    ...plainIpv4,
    identification: 777,
    protocol: 17,
    source: 1n,
    destination: 2n,
    payloadLength,
    ...fields,
  };
  const bytes = new Uint8Array(20 + header.options.length + payloadLength);
  const start = encodeIpv4(header, bytes, 0);
  for (let i = start; i < bytes.length; i++) bytes[i] = i * 7;
  return bytes;
}

function decoded(bytes: Uint8Array) {
  const fields = decodeIpv4(bytes);
  if (isProblem(fields)) throw new Error(fields.problem);
  return fields;
}

function fragments(bytes: Uint8Array, mtu: number): readonly Uint8Array[] {
  const pieces = fragmentIpv4(bytes, mtu);
  if (isProblem(pieces)) throw new Error(pieces.problem);
  return pieces;
}

test('4,000 bytes over an MTU of 1,500', () => {
  assert.equal(fragmentPlan(4000, 20, 1500), [
    { offset: 0, length: 1480, more: true },
    { offset: 1480, length: 1480, more: true },
    { offset: 2960, length: 1020, more: false },
  ]);
  assert.is(fragmentCount(4000, 20, 1500), 3);
  assert.equal(
    [0, 1, 2, 3].map((i) => fragmentLength(i, 4000, 20, 1500)),
    [1480, 1480, 1020, 0],
  );
});

test('what fits stays whole, even if its payload is no multiple of 8', () => {
  assert.equal(fragmentPlan(1500, 20, 1500), [{ offset: 0, length: 1480, more: false }]);
  assert.equal(fragmentPlan(1499, 20, 1500), [{ offset: 0, length: 1479, more: false }]);
  assert.is(fragmentCount(1501, 20, 1500), 2);
});

test('offsets are multiples of 8, so an MTU may not be used up', () => {
  // 576 - 20 = 556 is 69.5 units of 8: 552 bytes.
  assert.equal(
    fragmentPlan(1124, 20, 576).map(({ offset, length }) => [offset, length]),
    [
      [0, 552],
      [552, 552],
    ],
  );
  assert.equal(fragmentPlan(128, 60, 68).length, 9);
});

test('fragments keep the identification and get their own length, flags, offset and checksum', () => {
  const whole = packet(1480 + 20, { tos: 4, ttl: 9 });
  const [first, second] = fragments(whole, 1500).map(decoded);
  const kept = { identification: 777, tos: 4, ttl: 9, protocol: 17, source: 1n, destination: 2n };
  const shown = (fields: object | undefined) =>
    Object.fromEntries(Object.entries(fields ?? {}).filter(([name]) => name in kept));
  assert.equal(shown(first), kept);
  assert.equal(shown(second), kept);
  assert.equal([first?.totalLength, first?.fragmentOffset, first?.moreFragments], [1500, 0, true]);
  assert.equal([second?.totalLength, second?.fragmentOffset, second?.moreFragments], [40, 1480, false]);
});

test('fragments of a fragment go on counting where it began', () => {
  const middle = packet(160, { fragmentOffset: 800, moreFragments: true });
  const pieces = fragments(middle, 100).map(decoded);
  assert.equal(
    pieces.map(({ fragmentOffset }) => fragmentOffset),
    [800, 880],
  );
  assert.equal(
    pieces.map(({ moreFragments }) => moreFragments),
    [true, true],
  );
});

test('only copied options go into later fragments; no-operations hold the place of the others', () => {
  // Record Route (7, not copied), a router alert (148, copied), end of list.
  const options = hex('0707040a000001 94040000 00');
  const pieces = fragments(packet(100, { options }), 80).map(decoded);
  assert.is(toHex(pieces[0]?.options ?? hex('')), '0707040a0000019404000000');
  assert.is(toHex(pieces[1]?.options ?? hex('')), '010101010101019404000000');
});

test('DF is respected, and nonsense is reported', () => {
  assert.equal(fragmentIpv4(packet(1000, { dontFragment: true }), 576), {
    problem: '1020 bytes and DF, the MTU is 576',
    offset: 6,
  });
  assert.is(fragments(packet(556, { dontFragment: true }), 576).length, 1);
  assert.ok(isProblem(fragmentIpv4(new Uint8Array(30), 576)));
  assert.equal(fragmentIpv4(packet(1000, { fragmentOffset: 65528 }), 576), {
    problem: 'a fragment beyond 65535 bytes',
    offset: 6,
  });
});

test('fragments in any order become the packet again', () => {
  const whole = packet(4000);
  const pieces = fragments(whole, 576);
  assert.equal(reassembleIpv4([...pieces].reverse()), whole);
  assert.equal(reassembleIpv4([pieces[1]!, ...pieces, pieces[1]!]), whole);
  assert.is(reassembleIpv4(pieces.slice(1)), null);
  assert.is(reassembleIpv4(pieces.slice(0, -1)), null);
});

test('holes close from both sides', () => {
  const buffer = new ReassemblyBuffer(4);
  assert.is(buffer.add(16, 8, true), 'incomplete');
  assert.equal(buffer.missing(0, 100), [
    { start: 0, end: 16 },
    { start: 24, end: 100 },
  ]);
  assert.is(buffer.add(32, 5, false), 'incomplete');
  assert.is(buffer.total, 37);
  assert.is(buffer.add(24, 8, true), 'incomplete');
  assert.is(buffer.add(0, 16, true), 'complete');
  assert.ok(buffer.isComplete);
});

test('IPv4: the first to come wins an overlap', () => {
  const buffer = new ReassemblyBuffer(4);
  buffer.add(8, 8, true);
  assert.equal(buffer.missing(0, 24), [
    { start: 0, end: 8 },
    { start: 16, end: 24 },
  ]);
  assert.is(buffer.add(0, 24, true), 'incomplete');
  assert.is(buffer.add(24, 1, false), 'complete');
});

test('IPv6: an overlap ends the datagram, a duplicate does not (RFC 5722, RFC 8200)', () => {
  const buffer = new ReassemblyBuffer(6);
  assert.is(buffer.add(0, 16, true), 'incomplete');
  assert.is(buffer.add(0, 16, true), 'incomplete');
  assert.is(buffer.add(8, 16, true), 'overlap');
  assert.is(buffer.add(16, 8, false), 'overlap');
  assert.not(buffer.isComplete);
  buffer.reset(6);
  assert.is(buffer.add(16, 8, false), 'incomplete');
  assert.is(buffer.add(16, 8, false), 'incomplete');
  assert.is(buffer.add(0, 16, true), 'complete');
});

test('fragments that cannot be true change nothing', () => {
  const buffer = new ReassemblyBuffer(4);
  assert.is(buffer.add(0, 7, true), 'incomplete');
  assert.is(buffer.add(65528, 8, false), 'incomplete');
  assert.is(buffer.total, -1);
  buffer.add(16, 8, true);
  assert.is(buffer.add(8, 8, false), 'incomplete'); // would end before what has come
  buffer.add(24, 8, false);
  assert.is(buffer.add(32, 8, true), 'incomplete'); // would go on behind the end
  assert.is(buffer.add(24, 4, false), 'incomplete'); // another end
  assert.is(buffer.total, 32);
  assert.is(buffer.add(0, 16, true), 'complete');
});

test('empty pieces do no harm', () => {
  const buffer = new ReassemblyBuffer(6);
  assert.is(buffer.add(8, 0, true), 'incomplete');
  assert.is(buffer.add(0, 16, true), 'incomplete');
  assert.is(buffer.add(16, 0, false), 'complete');
  assert.is(new ReassemblyBuffer(4).add(0, 0, false), 'complete');
});

test.run();
