import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { droptail } from '../../../../sim/personality/disciplines/droptail.ts';
import { flowHash } from '../../../../sim/personality/disciplines/flow-hash.ts';
import { type TestPacket, TestQueue } from '../../../support/queue.ts';
import { chiSquareTest } from '../../../support/statistics.ts';

const U32 = 2n ** 32n;
const rotated = (word: bigint, by: bigint): bigint => ((word << by) | (word >> (32n - by))) % U32;
const scattered = (word: bigint): bigint => (rotated((word * 0xcc9e2d51n) % U32, 15n) * 0x1b873593n) % U32;

/** MurmurHash3_x86_32 of bytes, in big integers. */
function murmur3(bytes: Uint8Array, seed: bigint): bigint {
  const at = (place: number): bigint => BigInt(bytes[place] ?? 0);
  let hash = seed;
  let place = 0;
  for (; place + 4 <= bytes.length; place += 4) {
    const word = at(place) | (at(place + 1) << 8n) | (at(place + 2) << 16n) | (at(place + 3) << 24n);
    hash = (rotated(hash ^ scattered(word), 13n) * 5n + 0xe6546b64n) % U32;
  }
  const rest = at(place) | (at(place + 1) << 8n) | (at(place + 2) << 16n);
  if (place < bytes.length) hash ^= scattered(rest);
  hash ^= BigInt(bytes.length);
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) % U32;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) % U32;
  return hash ^ (hash >> 16n);
}

const queue = new TestQueue(droptail);
const hash = (packet: TestPacket, salt = 0): number => flowHash(queue.packets, queue.make(packet), salt);

test('the hash is MurmurHash3 of source, target, ports and protocol', () => {
  // The reference first, by its published test vectors.
  const text = (words: string): Uint8Array => new TextEncoder().encode(words);
  assert.is(murmur3(text(''), 1n), 0x514e28b7n);
  assert.is(murmur3(text('The quick brown fox jumps over the lazy dog'), 0x9747b28cn), 0x2fa826cdn);
  assert.is(murmur3(text('Hello, world!'), 0x9747b28cn), 0x24884cban);

  const packet = { source: 7, target: 300, ports: (40_000 << 16) | 443, protocol: 6 };
  const words = new DataView(new ArrayBuffer(16));
  for (const [place, word] of [7, 300, (40_000 << 16) | 443, 6].entries())
    words.setInt32(4 * place, word, true);
  for (const salt of [0, 1, 0xffffffff]) {
    assert.is(BigInt(hash(packet, salt)), murmur3(new Uint8Array(words.buffer), BigInt(salt)));
  }
});

test('a flow is told by addresses, ports and protocol, and by nothing else', () => {
  const packet = { source: 1, target: 2, ports: (9 << 16) | 53, protocol: 17 };
  const same = hash(packet);
  assert.is(hash({ ...packet, size: 40, dscp: 46, ecn: true, flow: 9 }), same);
  const others = [
    { ...packet, source: 3 },
    { ...packet, target: 3 },
    { ...packet, source: 2, target: 1 },
    { ...packet, ports: (9 << 16) | 54 },
    { ...packet, ports: (10 << 16) | 53 },
    { ...packet, protocol: 6 },
  ];
  for (const other of others) assert.is.not(hash(other), same);
  assert.is.not(hash(packet, 1), same);
});

test('the fragments of a packet stay together: none of them has ports', () => {
  const packet = { source: 1, target: 2, ports: (9 << 16) | 53, protocol: 17 };
  const first = hash({ ...packet, moreFragments: true });
  assert.is(hash({ ...packet, offset: 1480, moreFragments: true }), first);
  assert.is(hash({ ...packet, offset: 2960 }), first);
  assert.is(hash({ ...packet, offset: 2960, ports: 0 }), first);
  assert.is.not(first, hash(packet));
});

test('flows with neighbouring ports are spread evenly', () => {
  const counts = new Array<number>(64).fill(0);
  for (let flow = 0; flow < 6400; flow++) counts[hash({ flow }, 12345) % 64]!++;
  const expected = counts.map(() => 100);
  assert.ok(chiSquareTest(counts, expected) > 1e-6);
});

test.run();
