import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, RandomSource, seconds } from '../../../../engine/index.ts';
import { PacketFlag } from '../../../../sim/packet.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import type { WorldSpec } from '../../../../sim/specs.ts';
import type { Damage } from '../../../../sim/wire/index.ts';
import { World } from '../../../../sim/world.ts';
import { TestPipeline } from '../../../support/pipeline.ts';
import { binomialInterval } from '../../../support/statistics.ts';
import {
  fates,
  flow,
  network,
  once,
  personal,
  route,
  run,
  vm,
  where,
  worldSpec,
} from '../../../support/world.ts';

const COUNT = 100_000;
const isDamaged = ({ flags }: { readonly flags: number }): boolean => (flags & PacketFlag.corrupted) !== 0;

function through(profile: Profile, count = COUNT, seed = 'corrupt'): TestPipeline {
  const pipeline = new TestPipeline({ seed });
  pipeline.pipeline.configure(profile);
  for (let seq = 0; seq < count; seq++) pipeline.send(seq);
  return pipeline.run();
}

function assertShare(hits: number, trials: number, share: number): void {
  const { low, high } = binomialInterval(hits, trials);
  assert.ok(low <= share && share <= high, `${hits} of ${trials}, expected ${share}`);
}

/** Every 40th: at a correlation of 0.5, what they have in common is 0.5^40. */
const apart = (hits: readonly boolean[], first = 0): boolean[] => hits.filter((_, n) => n % 40 === first);

test('the share of damaged packets is the probability, and all arrive', () => {
  for (const probability of [0.01, 0.4]) {
    const { ends } = through({ 'corrupt.percentage': probability });
    assertShare(ends.filter(isDamaged).length, COUNT, probability);
    assert.ok(ends.every(({ fate }) => fate === 'delivered'));
  }
});

test('correlation keeps the share and makes runs', () => {
  for (const probability of [0.1, 0.5]) {
    const hits = through({ 'corrupt.percentage': probability, 'corrupt.correlation': 0.5 }).ends.map(
      isDamaged,
    );
    const some = apart(hits);
    assertShare(some.filter(Boolean).length, some.length, probability);
    if (probability !== 0.5) continue;
    // Two normal variables with correlation r are both above the median with a chance of 1/4 + asin(r)/2 pi (Sheppard, 1899).
    const next = apart(hits, 1);
    assertShare(some.filter((hit, n) => hit && next[n]).length, next.length, 1 / 3);
  }
});

test('with loss p and duplication d, (1 - p)(1 + d) arrive for each packet, and each is damaged or not on its own', () => {
  const [p, d, c] = [0.05, 0.2, 0.3];
  const { ends } = through({
    packetLossPercentage: p,
    duplicatePacketPercentage: d,
    'corrupt.percentage': c,
  });
  const copies = ends.filter((end) => end.origin === 'copy');
  const kept = ends.filter((end) => end.fate === 'delivered' && end.origin === 'sent');
  assertShare(kept.length, COUNT, 1 - p);
  assertShare(copies.length, kept.length, d);
  assertShare([...kept, ...copies].filter(isDamaged).length, kept.length + copies.length, c);
  const damaged = new Set(kept.filter(isDamaged).map((end) => end.id));
  const both = copies.filter((copy) => isDamaged(copy) && damaged.has(copy.copyOf));
  assertShare(both.length, copies.length, c * c);
});

// ---- which bits

/** What was damaged, by sequence number. */
function damages(
  configure: (pipeline: TestPipeline) => TestPipeline,
  count = 300,
): Map<number, readonly Damage[]> {
  const found = new Map<number, readonly Damage[]>();
  const pipeline = configure(new TestPipeline({ seed: 'where' }));
  for (let seq = 0; seq < count; seq++) pipeline.send(seconds(seq), 1000);
  // 1 us after it was sent, a packet is still being delayed.
  for (let seq = 0; seq < count; seq++) {
    pipeline.at(seconds(seq) + 1000, () => {
      const [packet] = pipeline.packets.alive();
      if (packet === undefined) return;
      const list = pipeline.packets.damages(packet);
      if (list.length > 0) found.set(pipeline.packets.seq(packet), list);
    });
  }
  pipeline.run();
  return found;
}

const line = { latencyMs: 1 };

test('the n-th packet meets draws 2n and 2n + 1: whether, and where', () => {
  const random = new RandomSource('where').stream('vm/corrupt');
  const expected = new Map<number, readonly Damage[]>();
  for (let seq = 0; seq < 300; seq++) {
    const isHit = random.uniform() < 0.3;
    const draw = random.uniform() * 2 ** 32;
    if (isHit) expected.set(seq, [{ draw, bits: 3, where: 'payload', isSilent: true }]);
  }
  const settings = {
    ...line,
    'corrupt.percentage': 0.3,
    'corrupt.bits': 3,
    'corrupt.where': 'payload',
    'corrupt.silent': true,
  };
  assert.equal(
    damages((pipeline) => pipeline.configureAt(0, settings)),
    expected,
  );
  // However late they come, and whatever they were before.
  const late = damages((pipeline) =>
    pipeline
      .configureAt(0, { ...line, 'corrupt.percentage': 1 })
      .configureAt(seconds(50), line)
      .configureAt(seconds(100), settings),
  );
  for (let seq = 100; seq < 300; seq++) assert.equal(late.get(seq), expected.get(seq));
});

test('a higher percentage damages the same bits of the same packets, and more packets', () => {
  const less = damages((pipeline) => pipeline.configureAt(0, { ...line, 'corrupt.percentage': 0.2 }));
  const more = damages((pipeline) => pipeline.configureAt(0, { ...line, 'corrupt.percentage': 0.4 }));
  assert.ok(less.size > 30 && more.size > less.size);
  for (const [seq, list] of less) assert.equal(more.get(seq), list);
});

test('which bits flip has nothing to do with other stages', () => {
  const own = { latencyMs: 1, 'corrupt.percentage': 0.3 };
  const others = {
    jitterMs: 0.5,
    mtu: 1200,
    'outage.dropEvery': 500,
    'outage.dropFor': 499,
    bandwidthKbps: 9000,
  };
  const alone = damages((pipeline) => pipeline.configureAt(0, own));
  assert.equal(
    damages((pipeline) => pipeline.configureAt(0, { ...others, ...own })),
    alone,
  );
});

// ---- what becomes of it

test('the receiver drops a damaged packet; a silently damaged one it takes', async () => {
  const traffic = [flow('cbr', { interval: ms(1), packetSize: 100, count: 50 })];
  const broken = await run({ ...personal({ b: { 'corrupt.percentage': 1, latencyMs: 2 } }), traffic });
  assert.equal(fates(broken.rows), { checksum: 50 });
  assert.ok(broken.rows.every((row) => row.at === 'b' && row.endNs === row.sentNs + ms(2)));
  const silent = { 'corrupt.percentage': 1, 'corrupt.silent': true, latencyMs: 2 };
  const unnoticed = await run({ ...personal({ b: silent }), traffic });
  assert.equal(fates(unnoticed.rows), { delivered: 50 });
});

test('a silently damaged packet can be told from others by its flag', () => {
  const { ends } = through({ 'corrupt.percentage': 1, 'corrupt.silent': true }, 10);
  assert.ok(
    ends.every(({ flags }) => (flags & (PacketFlag.corrupted | PacketFlag.silent)) === PacketFlag.silent),
  );
});

/** From a by the router g to b. */
const routed: Partial<WorldSpec> = {
  networks: [network('n', '10.0.0.0/24', [route('10.1.0.0/24', 'g')]), network('m', '10.1.0.0/24')],
  vms: [
    vm('a', '10.0.0.1'),
    vm('g', { n: '10.0.0.254', m: '10.1.0.254' }, { forwards: true }),
    vm('b', { m: '10.1.0.2' }, { host: 'h2' }),
  ],
};

test('a header that is damaged is routed as if it were not, and the next IP host drops it, be it a router', async () => {
  const damaged = { 'corrupt.percentage': 1, 'corrupt.where': 'header', 'corrupt.bits': 20 };
  const towardsB = await run({ ...routed, ...personal({ b: damaged }), traffic: [once(500)] });
  assert.equal(
    towardsB.rows.map((row) => [row.at, row.path, row.fate]),
    [['b', 'g>b', 'checksum']],
  );
  const towardsG = await run({ ...routed, ...personal({ g: damaged }), traffic: [once(500)] });
  assert.equal(
    towardsG.rows.map((row) => [row.at, row.path, row.fate]),
    [['g', 'g', 'checksum']],
  );
});

test('a damaged fragment spoils its whole, damaged silently or not', async () => {
  for (const silent of [false, true]) {
    const profile = { mtu: 1500, 'corrupt.percentage': 0.3, 'corrupt.silent': silent };
    const { rows } = await run(
      {
        ...personal({ b: profile }),
        traffic: [flow('cbr', { interval: ms(1), packetSize: 4000, count: 200 })],
      },
      { until: seconds(60) },
    );
    const wholes = where(rows, { fate: 'fragmented' });
    const pieces = where(rows, { origin: 'fragment' });
    assertShare(where(pieces, { fate: 'checksum' }).length, 600, 0.3);
    let spoiled = 0;
    for (const { id } of wholes) {
      const ends = fates(where(pieces, { fragmentOf: id }));
      if (ends.checksum === undefined) assert.equal(ends, { reassembled: 3 });
      else spoiled++;
      assert.ok(ends.checksum === undefined || (ends.reassembled ?? 0) === 0);
    }
    assert.is(where(rows, { origin: 'whole', fate: 'delivered' }).length, 200 - spoiled);
  }
});

test('an undamaged copy of a damaged fragment makes the whole', async () => {
  const profile = { mtu: 1500, duplicatePacketPercentage: 1, 'corrupt.percentage': 0.2 };
  const { rows } = await run(
    {
      ...personal({ b: profile }),
      traffic: [flow('cbr', { interval: ms(1), packetSize: 2000, count: 300 })],
    },
    { until: seconds(60) },
  );
  // One of both copies of both fragments: (1 - 0.2^2)^2.
  const seen = new Set(where(rows, { origin: 'whole', fate: 'delivered' }).map((row) => row.seq));
  assertShare(seen.size, 300, 0.96 ** 2);
});

// ---- in octets

/** One's complement sum of 16-bit words, another way: 2^16 is 1 modulo 65535, so it is the number that the bytes are. */
function remainder(bytes: Uint8Array): number {
  const even = bytes.length % 2 === 0 ? bytes : Uint8Array.of(...bytes, 0);
  let number = 0n;
  for (const octet of even) number = number * 256n + BigInt(octet);
  return Number(number % 65535n);
}

/** RFC 791 and RFC 768: of the header, and of the pseudo-header and what follows. */
function checksumsOf(packet: Uint8Array): { header: boolean; udp: boolean } {
  const length = packet.length - 20;
  const pseudo = Uint8Array.of(...packet.subarray(12, 20), 0, 17, length >> 8, length & 255);
  return {
    header: remainder(packet.subarray(0, 20)) === 0,
    udp: remainder(Uint8Array.of(...pseudo, ...packet.subarray(20))) === 0,
  };
}

/** The packets on the physical network's edge, by sequence number. */
async function bytesOf(profile: Profile, packetSize: number): Promise<Uint8Array[]> {
  const traffic = [flow('cbr', { interval: ms(1), packetSize, count: 100 })];
  const world = new World(worldSpec({ ...personal({ b: profile }), traffic }), {
    until: seconds(1),
    interval: seconds(1),
    programs: new Map(),
  });
  const all: Uint8Array[] = [];
  world.observe({ leaves: (packet) => all.push(world.octets.virtual(packet)) });
  await world.run();
  assert.is(all.length, 100);
  return all;
}

const bitsBetween = (a: Uint8Array, b: Uint8Array, from = 0, to = a.length): number => {
  let count = 0;
  for (let at = from; at < to; at++) {
    for (let octet = a[at]! ^ b[at]!; octet > 0; octet >>= 1) count += octet & 1;
  }
  return count;
};

for (const size of [28, 29, 1500]) {
  test(`the octets of damaged packets of ${size} bytes: so many bits flipped, where they should, and a checksum tells`, async () => {
    const right = await bytesOf({}, size);
    for (const bits of [1, 2, 7]) {
      for (const place of ['any', 'header', 'payload']) {
        const settings = { 'corrupt.percentage': 1, 'corrupt.bits': bits, 'corrupt.where': place };
        const loud = await bytesOf(settings, size);
        const silent = await bytesOf({ ...settings, 'corrupt.silent': true }, size);
        for (const [n, intact] of right.entries()) {
          assert.equal(checksumsOf(intact), { header: true, udp: true });
          const wrong = loud[n]!;
          const { header, udp } = checksumsOf(wrong);
          assert.not(header && udp);
          const inHeader = bitsBetween(intact, wrong, 0, 20);
          const inPayload = bitsBetween(intact, wrong, 20);
          assert.is(inHeader + inPayload, bits);
          if (place === 'header') assert.is(inHeader, bits);
          if (place === 'payload') assert.ok(inPayload === bits && header && !udp);
          const unnoticed = silent[n]!;
          assert.equal(checksumsOf(unnoticed), { header: true, udp: true });
          // Without the checksums, as many; the bits are those of the draws, which have not changed.
          const apartFromChecksums = (a: Uint8Array, b: Uint8Array): number =>
            bitsBetween(a, b, 0, 10) + bitsBetween(a, b, 12, 26) + bitsBetween(a, b, 28);
          assert.is(apartFromChecksums(intact, unnoticed), bits);
          if (bits === 1) assert.is(apartFromChecksums(wrong, unnoticed), 0);
        }
      }
    }
  });
}

test.run();
