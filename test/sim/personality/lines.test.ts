import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createQueue, Kernel, LAST_INSTANT, RandomSource, Rank } from '../../../engine/index.ts';
import {
  FLAGS,
  newFlags,
  type PacketId,
  PacketKind,
  PacketPool,
  SEQ,
  SHAPED_AT,
  SIZE,
} from '../../../sim/packet.ts';
import { Delays } from '../../../sim/personality/delays.ts';
import {
  type BandwidthSettings,
  type Line,
  type LineExit,
  Lines,
  NO_LIMIT,
} from '../../../sim/personality/line.ts';
import { Fate } from '../../../sim/trace.ts';

const US = 1000;
const MS = 1_000_000;
/** 8 Mbit/s: a byte takes 1 us. */
const BUCKET: BandwidthSettings = { ...NO_LIMIT, rate: 8_000_000, burstBytes: 1000 };
const WIRE: BandwidthSettings = { ...BUCKET, model: 'serialize' };

/** Lines in one buffer, and what becomes of their packets: `0@5` left at 5 ns, `0!5` was dropped then. */
class Bench {
  readonly kernel = new Kernel(createQueue('heap'));
  readonly packets = new PacketPool(8);
  readonly ends: string[] = [];
  readonly accepted: number[] = [];
  readonly lines: Lines;
  readonly #actions: (() => void)[] = [];
  readonly #actor = this.kernel.enroll({ onEvent: (_kind, index) => this.#actions[index]!() }, Rank.arrival);
  readonly #random = new RandomSource('seed');
  #made = 0;
  #opened = 0;

  constructor(isMetered = true) {
    const meter = { accepted: (packet: PacketId) => void this.accepted.push(this.packets.seq(packet)) };
    this.lines = new Lines(this.kernel, this.packets, this.exit(), isMetered ? meter : null);
  }

  exit(name = ''): LineExit {
    return {
      leave: (packet) => this.#end(packet, `${name}${this.packets.seq(packet)}@${this.kernel.now}`, 0),
      drop: (packet, why) => {
        this.#end(packet, `${name}${this.packets.seq(packet)}!${this.kernel.now}`, why);
        return false;
      },
    };
  }

  open(stamps = true): Line {
    return this.lines.open(new Delays(this.#random.stream(`delay ${this.#opened++}`)), stamps);
  }

  at(time: number, action: () => void): this {
    this.kernel.at(time, this.#actor, 0, this.#actions.push(action) - 1);
    return this;
  }

  /** Packets are numbered in the order of these calls. */
  send(line: Line, time: number, size = 1000, count = 1): this {
    for (let n = 0; n < count; n++) {
      const seq = this.#made++;
      this.at(time, () => line.admit(this.makeFor(seq, size)));
    }
    return this;
  }

  run(until = LAST_INSTANT): readonly string[] {
    this.kernel.advance(until, Infinity);
    return this.ends;
  }

  makeFor(seq: number, size = 1000): PacketId {
    const packet = this.packets.take();
    this.packets.doubles[(packet >> 1) + SEQ] = seq;
    this.packets.doubles[(packet >> 1) + SHAPED_AT] = Number.NaN;
    this.packets.ints[packet + SIZE] = size;
    this.packets.ints[packet + FLAGS] = newFlags(0, PacketKind.datagram, 0);
    return packet;
  }

  #end(packet: PacketId, what: string, fate: number): void {
    this.ends.push(what);
    this.packets.end(packet, fate, this.kernel.now);
    this.packets.free(packet);
  }
}

test('lines that are opened while others are in use get rows of their own', () => {
  const bench = new Bench();
  const lines: Line[] = [];
  const expected: string[] = [];
  // Of each other kind, with a latency of its own; the buffer grows three times meanwhile.
  for (let n = 0; n < 70; n++) {
    bench.at(n, () => {
      const line = bench.open();
      line.configureDelay({ latency: n * MS, jitter: 0 });
      line.configureBandwidth(n % 2 === 0 ? WIRE : { ...BUCKET, burstBytes: 1000 + n });
      lines.push(line);
    });
  }
  for (let n = 0; n < 70; n++) {
    // Three packets at 100 ms: the wire takes 1 ms for each, the bucket has its depth at once.
    const at = 100 * MS;
    for (let k = 0; k < 3; k++) {
      const seq = 3 * n + k;
      bench.at(at, () => lines[n]!.admit(bench.makeFor(seq)));
      const shaped = n % 2 === 0 ? (k + 1) * MS : Math.max(0, (k + 1) * 1000 - 1000 - n) * US;
      expected.push(`${seq}@${at + n * MS + shaped}`);
    }
  }
  const left = [...bench.run()];
  assert.equal(left.sort(), expected.sort());
  assert.equal(
    lines.map(({ left: count }) => count),
    new Array<number>(70).fill(3),
  );
});

test('what is in a line can be dropped, in order, as if it had never been there', () => {
  const bench = new Bench();
  const [before, line, behind] = [bench.open(), bench.open(), bench.open()];
  for (const each of [before, line, behind]) {
    each.configureDelay({ latency: 2500 * US, jitter: 0 });
    each.configureBandwidth(WIRE);
  }
  bench.send(before, 0).send(behind, 0, 2000).send(line, 0, 1000, 6);
  bench.at(4000 * US, () => {
    // One has left at 3.5 ms, three are under way, the fifth is on the wire, and the sixth waits for it.
    assert.is(line.backlogBytes(), 1000);
    line.clear(Fate.linkDown);
    assert.is(line.backlogBytes(), 0);
    assert.is(line.takeBacklogPeak(), 5000);
    assert.is(line.takeBacklogPeak(), 0);
  });
  bench.send(line, 4000 * US, 500, 2);
  assert.equal(bench.run(), [
    `0@${3500 * US}`,
    `2@${3500 * US}`,
    ...[3, 4, 5, 6, 7].map((seq) => `${seq}!${4000 * US}`),
    `1@${4500 * US}`,
    `8@${7000 * US}`,
    `9@${7500 * US}`,
  ]);
  assert.equal([before.left, line.left, behind.left], [1, 3, 1]);
  assert.is(bench.packets.live, 0);
});

test('an empty line can be cleared, and a bucket that is cleared is full', () => {
  const bench = new Bench();
  const [idle, line] = [bench.open(), bench.open()];
  idle.clear(Fate.linkDown);
  line.configureBandwidth({ ...BUCKET, rate: 3000 });
  // The second would have to wait for 2,667 ms, with a fraction.
  bench.send(line, 0, 1000, 2).at(MS, () => line.clear(Fate.linkDown));
  bench.send(line, MS, 1000).send(line, MS, 1);
  // A byte takes 2,666,666 2/3 ns.
  assert.equal(bench.run(), ['0@0', `1!${MS}`, `2@${MS}`, `3@${MS + 2_666_667}`]);
  assert.is(bench.kernel.pending, 0);
});

test('packets that were cleared have met their draws', () => {
  const draws = new RandomSource('seed').stream('delay 0');
  const expected = Array.from({ length: 4 }, () => Math.floor((2 * draws.uniform() - 1) * MS + 0.5));
  const bench = new Bench();
  const line = bench.open();
  line.configureDelay({ latency: 5 * MS, jitter: MS });
  line.configureBandwidth(WIRE);
  bench.send(line, 0, 1000, 3).at(1500 * US, () => line.clear(Fate.linkDown));
  bench.send(line, 100 * MS);
  assert.equal(bench.run(), [
    ...[0, 1, 2].map((seq) => `${seq}!${1500 * US}`),
    `3@${106 * MS + expected[3]!}`,
  ]);
});

test('a line that writes no stamp knows the instants by the delay, which is constant', () => {
  const bench = new Bench(false);
  bench.open();
  const line = bench.open(false);
  line.configureDelay({ latency: 10 * MS, jitter: 0 });
  line.configureBandwidth({ ...WIRE, queuePackets: 2 });
  const seen: number[] = [];
  bench.send(line, 0, 1000, 4).send(line, 1000 * US, 300);
  for (const us of [0, 999, 1000, 1999, 2000, 3000, 3300]) {
    bench.at(us * US, () => seen.push(line.backlogBytes()));
  }
  assert.equal(bench.run(), ['3!0', `0@${11 * MS}`, `1@${12 * MS}`, `2@${13 * MS}`, `4@${13_300 * US}`]);
  assert.equal(seen, [2000, 2000, 1300, 1300, 300, 0, 0]);
});

test('packets go where the line says, and with it who is refused', () => {
  const bench = new Bench();
  const [line, other] = [bench.open(), bench.open()];
  line.configureBandwidth({ ...WIRE, queuePackets: 1 });
  line.exitTo(bench.exit('own '));
  bench.send(line, 0, 1000, 3).send(other, 0);
  bench.at(1500 * US, () => line.exitTo(null)).send(line, 3000 * US);
  bench.at(5000 * US, () => line.exitTo(bench.exit('own '))).send(line, 5000 * US);
  assert.equal(bench.run(), [
    'own 2!0',
    '3@0',
    `own 0@${1000 * US}`,
    `1@${2000 * US}`,
    `4@${4000 * US}`,
    `own 5@${6000 * US}`,
  ]);
  // Who is refused has no place in the line.
  assert.equal(bench.accepted, [0, 1, 3, 4, 5]);
});

test('the peak is the most that waited since it was asked for, not the last', () => {
  const bench = new Bench();
  bench.open();
  const line = bench.open();
  line.configureBandwidth(BUCKET);
  const peaks: number[] = [];
  const ask = (us: number): void => void bench.at(us * US, () => peaks.push(line.takeBacklogPeak()));
  // The first leaves at once, three wait, until 3 ms; then one that waits for 500 more bytes, and another.
  bench.send(line, 0, 1000, 4).send(line, 3200 * US, 700);
  ask(3300);
  bench.send(line, 3400 * US, 900);
  ask(3500);
  bench.send(line, 3800 * US, 100);
  ask(3900);
  ask(7000);
  ask(7001);
  bench.run();
  assert.equal(peaks, [3000, 1600, 1600, 1000, 0]);
});

test('a bucket of megabytes is as exact as a small one', () => {
  for (const rate of [3_000, 333_333, 999_999_937, 7_000_000_001]) {
    for (const burstBytes of [1_125_899, 1_125_901, 2_000_003, 3_999_999]) {
      const bench = new Bench();
      bench.open();
      const line = bench.open();
      line.configureBandwidth({ ...BUCKET, rate, burstBytes });
      bench.send(line, 0, 65_535, 64);
      // The n-th byte leaves at the first ns after (n - b) / r.
      const expected = Array.from({ length: 64 }, (_, n) => {
        const missing = BigInt((n + 1) * 65_535 - burstBytes) * 8_000_000_000n;
        return missing <= 0n ? 0n : (missing + BigInt(rate) - 1n) / BigInt(rate);
      });
      const inTime = expected.filter((at) => at <= BigInt(LAST_INSTANT));
      assert.equal(
        bench.run(),
        inTime.map((at, seq) => `${seq}@${at}`),
        `${rate} ${burstBytes}`,
      );
    }
  }
});

test('who is evicted leaves behind the tokens that have come in, exactly', () => {
  const rate = 333_000;
  for (const at of [1, 5_000_001, 12_012_011]) {
    const bench = new Bench();
    bench.open();
    const line = bench.open();
    line.configureBandwidth({ ...BUCKET, rate, burstBytes: 1500 });
    // 500 bytes are left by the first, and the second needs 1000.
    for (const size of [1000, 1000, 40, 1499, 7]) bench.send(line, 0, size);
    bench.at(at, () => {
      const { packets, missing, depthBytes } = line.evict();
      assert.equal([packets.length, depthBytes], [4, 1500]);
      assert.is(missing, 1000 * 8e9 - rate * at);
      assert.is(line.backlogBytes(), 0);
      for (const packet of packets) bench.exit().drop(packet, Fate.queue);
    });
    bench.run();
  }
});

test('who would have left a nanosecond later waits under the new rate', () => {
  const bench = new Bench();
  bench.open();
  const line = bench.open();
  line.configureBandwidth(BUCKET);
  bench.send(line, 0, 1000, 2);
  bench.at(MS - 1, () => line.configureBandwidth({ ...BUCKET, rate: 4_000_000 }));
  assert.equal(bench.run(), ['0@0', `1@${MS + 1}`]);
});

test('on a wire halves of a nanosecond count as one, also when a change finds packets waiting', () => {
  const bench = new Bench();
  bench.open();
  const line = bench.open();
  line.configureBandwidth(WIRE);
  bench.send(line, 0, 20, 4);
  // 20 bytes at 320 Gbit/s are 0.5 ns, 60 are 1.5.
  bench.at(5 * US, () => line.configureBandwidth({ ...WIRE, rate: 320e9 }));
  bench.send(line, 5 * US, 60);
  const ends = [20_000, 20_001, 20_002, 20_003, 20_005];
  assert.equal(
    bench.run(),
    ends.map((at, seq) => `${seq}@${at}`),
  );
});

test('packets that are being delayed can be taken out, with the instants at which they are due', () => {
  const bench = new Bench();
  bench.open();
  const line = bench.open();
  line.configureDelay({ latency: 5 * MS, jitter: 0 });
  line.configureBandwidth(WIRE);
  bench.send(line, 0, 1000, 4);
  bench.at(2500 * US, () => {
    const { packets, due } = line.evictDelayed();
    assert.equal(
      packets.map((packet) => bench.packets.seq(packet)),
      [0, 1],
    );
    assert.equal(due, [6 * MS, 7 * MS]);
    assert.is(line.left, 2);
    assert.is(line.backlogBytes(), 1000);
    for (const packet of packets) bench.exit().drop(packet, Fate.loss);
  });
  assert.equal(bench.run().slice(2), [`2@${8 * MS}`, `3@${9 * MS}`]);
  assert.is(line.left, 4);
});

test('what is due at the end of time leaves, and what is due after it stays', () => {
  const bench = new Bench();
  const [line, later, wire] = [bench.open(), bench.open(), bench.open()];
  line.configureDelay({ latency: LAST_INSTANT - 1, jitter: 0 });
  later.configureDelay({ latency: LAST_INSTANT + 1, jitter: 0 });
  wire.configureDelay({ latency: LAST_INSTANT - 2 * MS, jitter: 0 });
  wire.configureBandwidth(WIRE);
  for (const time of [0, 1, 2]) bench.send(line, time);
  bench.send(later, 0).send(wire, 0, 1000, 3);
  assert.equal(bench.run(), [
    `4@${LAST_INSTANT - MS}`,
    `0@${LAST_INSTANT - 1}`,
    `5@${LAST_INSTANT}`,
    `1@${LAST_INSTANT}`,
  ]);
  assert.is(bench.packets.live, 3);
  assert.is(bench.kernel.pending, 0);
});

test('a change may bring what waits within time, and beyond it again', () => {
  const bench = new Bench();
  const line = bench.open();
  const far = { latency: LAST_INSTANT, jitter: 0 };
  line.configureBandwidth(WIRE);
  line.configureDelay(far);
  bench.send(line, MS, 1000, 2);
  bench.at(1500 * US, () => line.configureDelay({ latency: LAST_INSTANT - 3 * MS, jitter: 0 }));
  bench.at(1600 * US, () => line.configureDelay(far));
  bench.at(1700 * US, () => line.configureDelay({ latency: LAST_INSTANT - 3 * MS, jitter: 0 }));
  assert.equal(bench.run(), [`0@${LAST_INSTANT - MS}`, `1@${LAST_INSTANT}`]);
});

test('settings that are what they were move nothing, and others count from now on', () => {
  const bench = new Bench();
  bench.open();
  const line = bench.open();
  line.configureBandwidth(WIRE);
  bench.send(line, 0, 1000, 4);
  // Only the limits are new.
  bench.at(500 * US, () => line.configureBandwidth({ ...WIRE, queuePackets: 3 }));
  bench.send(line, 600 * US, 1000, 1);
  // Half as fast from the second on.
  bench.at(1500 * US, () => line.configureBandwidth({ ...WIRE, rate: 4_000_000 }));
  assert.equal(bench.run(), [
    `4!${600 * US}`,
    `0@${1000 * US}`,
    `1@${2000 * US}`,
    `2@${4000 * US}`,
    `3@${6000 * US}`,
  ]);
  assert.equal(line.bandwidth, { ...WIRE, rate: 4_000_000 });
});

test.run();
