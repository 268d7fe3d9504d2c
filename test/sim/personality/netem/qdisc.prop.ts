import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { createQueue, Kernel, LAST_INSTANT, RandomSource, Rank } from '../../../../engine/index.ts';
import {
  FLAGS,
  newFlags,
  PacketFlag,
  type PacketId,
  PacketKind,
  PacketPool,
  SEQ,
  SIZE,
} from '../../../../sim/packet.ts';
import { type NetemOptions, NetemQdisc } from '../../../../sim/personality/netem/qdisc.ts';
import { Fate } from '../../../../sim/trace.ts';

const MS = 1_000_000;
const U32 = 2n ** 32n;

/** `struct crndstate`, in the kernel's own width. */
class Crandom {
  #rho = 0n;
  #last = 0n;

  init(rho: number, last: number): void {
    this.#rho = BigInt(rho);
    this.#last = BigInt(last);
  }

  get(value: number): number {
    if (this.#rho === 0n) return value;
    const rho = this.#rho + 1n;
    this.#last = (BigInt(value) * (U32 - rho) + this.#last * rho) >> 32n;
    return Number(this.#last);
  }
}

interface Skb {
  readonly name: string;
  readonly size: number;
  readonly ecn: boolean;
  marked: boolean;
  clamped: boolean;
  damaged: boolean;
  /** When it is to be sent. */
  time: number;
  order: number;
}

/** sch_netem.c as it is written: a sorted list, one packet after the other, and BigInt where the kernel has 64 bits. */
class Netem {
  readonly sent: string[] = [];
  readonly dropped: string[] = [];
  peak = 0;
  #now = 0;
  #q: NetemOptions | null = null;
  readonly #crnd = Object.fromEntries(
    ['delay', 'loss', 'dup', 'reorder', 'corrupt'].map((name) => [name, new Crandom()]),
  ) as Record<'delay' | 'loss' | 'dup' | 'reorder' | 'corrupt', Crandom>;
  #state = 1;
  #bad = false;
  #counter = 0;
  #ahead: Skb[] = [];
  #tree: Skb[] = [];
  #orders = 0;
  #slot: { next: number; packets: number; bytes: number } | null = null;
  /** When somebody looks again. */
  #watchdog = Infinity;
  readonly #random: () => number;
  readonly #starts: () => number;
  readonly #slots: () => number;

  constructor(random: () => number, starts: () => number, slots: () => number) {
    this.#random = random;
    this.#starts = starts;
    this.#slots = slots;
  }

  get bytes(): number {
    return [...this.#ahead, ...this.#tree].reduce((sum, { size }) => sum + size, 0);
  }

  advance(until: number): void {
    while (this.#watchdog <= until) {
      this.#now = this.#watchdog;
      this.#watchdog = Infinity;
      this.#dequeueAll();
    }
    this.#now = until;
  }

  change(now: number, options: NetemOptions): void {
    // Commands go before what departs at their instant.
    this.advance(now - 1);
    this.#now = now;
    this.#q = options;
    const { loss, slot } = options;
    this.#crnd.delay.init(options.delayCorrelation, this.#starts());
    this.#crnd.loss.init(loss.model === 'random' ? loss.correlation : 0, this.#starts());
    this.#crnd.dup.init(options.duplicateCorrelation, this.#starts());
    this.#crnd.reorder.init(options.reorderCorrelation, this.#starts());
    this.#crnd.corrupt.init(options.corruptCorrelation, this.#starts());
    if (loss.model === 'state') this.#state = 1;
    if (loss.model === 'gemodel') this.#bad = false;
    this.#counter = 0;
    this.#slot = slot.min > 0 || slot.max > 0 ? { next: now, ...this.#slotLimits() } : null;
    if (this.#slot === null) this.#dequeueAll();
  }

  enqueue(now: number, skb: Skb): void {
    this.advance(now);
    const { duplicate, limit } = this.#q!;
    const draw = this.#random();
    const isTwice = duplicate > 0 && duplicate >= this.#crnd.dup.get(draw);
    const isLost = this.#loses(skb);
    if (isLost && !isTwice) {
      this.#skip(10);
      this.dropped.push(skb.name);
    } else {
      const isDamaged = this.#damages();
      if (this.#length() >= limit) {
        this.#skip(8);
        this.dropped.push(skb.name);
      } else {
        if (isTwice && !isLost) this.#enqueueCopy({ ...skb, name: `copy of ${skb.name}` });
        else this.#skip(6);
        skb.damaged ||= isDamaged;
        this.#schedule(skb);
      }
    }
    this.#dequeueAll();
  }

  #enqueueCopy(skb: Skb): void {
    const isLost = this.#loses(skb);
    const isDamaged = this.#damages();
    if (isLost || this.#length() >= this.#q!.limit) {
      this.#skip(2);
      this.dropped.push(skb.name);
      return;
    }
    skb.damaged ||= isDamaged;
    this.#schedule(skb);
  }

  #skip(count: number): void {
    for (let n = 0; n < count; n++) this.#random();
  }

  #length(): number {
    return this.#ahead.length + this.#tree.length;
  }

  #loses(skb: Skb): boolean {
    if (!this.#lossEvent(this.#random(), this.#random())) return false;
    if (!this.#q!.ecn || !skb.ecn) return true;
    skb.marked = true;
    return false;
  }

  #lossEvent(first: number, second: number): boolean {
    const { loss } = this.#q!;
    if (loss.model === 'random')
      return loss.probability > 0 && loss.probability >= this.#crnd.loss.get(first);
    if (loss.model === 'gemodel') {
      const was = this.#bad;
      if (first < (was ? loss.r : loss.p)) this.#bad = !was;
      return was ? second > loss.h : second < loss.k1;
    }
    // Sums in u32, as in the kernel.
    const [either14, either32] = [(loss.p13 + loss.p14) % 2 ** 32, (loss.p31 + loss.p32) % 2 ** 32];
    if (this.#state === 1) this.#state = first < loss.p14 ? 3 : first < either14 ? 4 : 1;
    else if (this.#state === 2) this.#state = first < loss.p23 ? 4 : 2;
    else if (this.#state === 4) this.#state = first < loss.p32 ? 2 : first < either32 ? 1 : 4;
    else this.#state = 1;
    return this.#state >= 3;
  }

  #damages(): boolean {
    const { corrupt } = this.#q!;
    const draw = this.#random();
    this.#random();
    return corrupt > 0 && corrupt >= this.#crnd.corrupt.get(draw);
  }

  #schedule(skb: Skb): void {
    const { gap, reorder, latency, jitter, rate } = this.#q!;
    const [reorderDraw, delayDraw] = [this.#random(), this.#random()];
    if (gap !== 0 && this.#counter >= gap - 1 && reorder >= this.#crnd.reorder.get(reorderDraw)) {
      this.#counter = 0;
      this.#ahead.unshift(skb);
      this.#count();
      return;
    }
    this.#counter++;
    let delay = latency;
    // Uniform: (rnd % 2 sigma) + mu - sigma.
    if (jitter > 0) delay += (this.#crnd.delay.get(delayDraw) % (2 * jitter)) - jitter;
    skb.clamped = delay < 0;
    skb.time = this.#now + delay;
    if (rate !== null) {
      // The last one to be sent, reordered ones among them, which are sent now.
      const last = Math.max(...this.#ahead.map(() => this.#now), ...this.#tree.map(({ time }) => time));
      let bytes = skb.size + rate.packetOverhead;
      if (rate.cellSize > 0) bytes = Math.ceil(bytes / rate.cellSize) * (rate.cellSize + rate.cellOverhead);
      skb.time = Math.max(skb.time, last) + Number((BigInt(bytes) * 1_000_000_000n) / BigInt(rate.rate));
    }
    skb.order = this.#orders++;
    this.#tree.push(skb);
    this.#tree.sort((a, b) => a.time - b.time || a.order - b.order);
    this.#count();
  }

  #count(): void {
    this.peak = Math.max(this.peak, this.bytes);
  }

  #dequeueAll(): void {
    for (;;) {
      const ahead = this.#ahead.shift();
      if (ahead !== undefined) {
        this.#send(ahead);
        continue;
      }
      const first = this.#tree[0];
      if (first === undefined) return;
      let time = first.time;
      if (this.#slot !== null) {
        // get_slot_next whenever the slot is before the packet's time.
        if (this.#slot.next < time) this.#renew();
        time = Math.max(time, this.#slot.next);
      }
      if (time > this.#now) {
        this.#watchdog = time;
        return;
      }
      this.#tree.shift();
      if (this.#slot !== null) {
        this.#slot.packets--;
        this.#slot.bytes -= first.size;
        if (this.#slot.packets <= 0 || this.#slot.bytes <= 0) this.#renew();
      }
      this.#send(first);
    }
  }

  #renew(): void {
    const { min, max } = this.#q!.slot;
    const wait = min + Number((BigInt(max - min) * BigInt(this.#slots())) >> 32n);
    this.#slot = { next: this.#now + wait, ...this.#slotLimits() };
  }

  #slotLimits(): { packets: number; bytes: number } {
    const { packets, bytes } = this.#q!.slot;
    return { packets: packets === 0 ? Infinity : packets, bytes: bytes === 0 ? Infinity : bytes };
  }

  #send({ name, marked, clamped, damaged }: Skb): void {
    this.sent.push(line(name, this.#now, marked, clamped, damaged));
  }
}

const line = (name: string, now: number, marked: boolean, clamped: boolean, damaged: boolean): string =>
  `${name} @${now}${marked ? ' marked' : ''}${clamped ? ' clamped' : ''}${damaged ? ' damaged' : ''}`;

const chance = fc.oneof(
  fc.constantFrom(0, 0, 0, 1, 2 ** 31, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);
const delay = fc.oneof(fc.constantFrom(0, 1, 2 * MS, 7 * MS), fc.integer({ min: 0, max: 9 * MS }));
const loss: fc.Arbitrary<NetemOptions['loss']> = fc.oneof(
  fc.record({ model: fc.constant('random' as const), probability: chance, correlation: chance }),
  fc.record({ model: fc.constant('gemodel' as const), p: chance, r: chance, h: chance, k1: chance }),
  fc.record({
    model: fc.constant('state' as const),
    p13: chance,
    p31: chance,
    p32: chance,
    p23: chance,
    p14: chance,
  }),
);
const options: fc.Arbitrary<NetemOptions> = fc.record({
  latency: delay,
  jitter: delay,
  delayCorrelation: chance,
  delayTable: fc.constant(null),
  limit: fc.constantFrom(0, 1, 3, 1000, 1000),
  loss,
  ecn: fc.boolean(),
  duplicate: chance,
  duplicateCorrelation: chance,
  corrupt: chance,
  corruptCorrelation: chance,
  reorder: chance,
  reorderCorrelation: chance,
  gap: fc.constantFrom(0, 0, 1, 2, 5),
  rate: fc.option(
    fc.record({
      rate: fc.constantFrom(1, 777, 125_000, 1_000_000),
      packetOverhead: fc.constantFrom(0, 14, -14),
      cellSize: fc.constantFrom(0, 48),
      cellOverhead: fc.constantFrom(0, 5),
    }),
  ),
  slot: fc.oneof(
    fc.constant({ min: 0, max: 0, packets: 0, bytes: 0 }),
    fc
      .record({
        min: delay,
        more: delay,
        packets: fc.constantFrom(0, 1, 3),
        bytes: fc.constantFrom(0, 1500, 1501),
      })
      .map(({ more, ...slot }) => ({ ...slot, max: slot.min + more })),
  ),
});

const gap = fc.oneof(fc.constantFrom(0, 0, 1, MS, 7 * MS), fc.integer({ min: 0, max: 5 * MS }));
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ gap, size: fc.constantFrom(20, 48, 500, 1500), ecn: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ gap, to: options }) },
);

test.prop([options, fc.array(step, { minLength: 1, maxLength: 60 })], { numRuns: 1000, seed: 7601 })(
  'every packet has the fate and the instant that the kernel would give it, with the same random numbers',
  (first, steps) => {
    const kernel = new Kernel(createQueue('heap'));
    const packets = new PacketPool(8);
    const streams = (): RandomSource => new RandomSource('netem');
    const draws = (name: string): (() => number) => {
      const stream = streams().stream(name);
      return () => stream.uniform() * 2 ** 32;
    };
    const model = new Netem(draws('packets'), draws('starts'), draws('slots'));
    const sent: string[] = [];
    const dropped: string[] = [];
    const names: string[] = [];
    const origins = new Map<number, string>();
    const nameOf = (packet: PacketId): string =>
      origins.get(packets.id(packet)) ?? `copy of ${names[packets.seq(packet)]}`;
    const free = (packet: PacketId): void => {
      packets.end(packet, Fate.queue, kernel.now);
      packets.free(packet);
    };
    const random = streams();
    const qdisc = new NetemQdisc({
      kernel,
      packets,
      random: random.stream('packets'),
      starts: random.stream('starts'),
      slots: random.stream('slots'),
      onward(packet) {
        const has = (flag: number): boolean => packets.has(packet, flag);
        const flags = [has(PacketFlag.marked), has(PacketFlag.clamped), has(PacketFlag.corrupted)] as const;
        sent.push(line(nameOf(packet), kernel.now, ...flags));
        free(packet);
      },
      drop(packet) {
        dropped.push(nameOf(packet));
        free(packet);
        return false;
      },
    });
    const commands: (() => void)[] = [];
    const act = { onEvent: (_kind: number, index: number) => commands[index]!() };
    const actors = { command: kernel.enroll(act, Rank.command), arrival: kernel.enroll(act, Rank.arrival) };
    const at = (time: number, rank: keyof typeof actors, command: () => void): void =>
      void kernel.at(time, actors[rank], 0, commands.push(command) - 1);
    at(0, 'command', () => qdisc.change(first));
    model.change(0, first);
    let now = 0;
    let sentAt = -1;
    for (const each of steps) {
      now += each.gap;
      if ('to' in each) {
        if (sentAt === now) now++;
        at(now, 'command', () => qdisc.change(each.to));
        model.change(now, each.to);
        continue;
      }
      sentAt = now;
      const seq = names.length;
      names.push(`${seq}`);
      at(now, 'arrival', () => {
        const packet = packets.take();
        origins.set(packets.id(packet), `${seq}`);
        packets.doubles[(packet >> 1) + SEQ] = seq;
        packets.ints[packet + SIZE] = each.size;
        packets.ints[packet + FLAGS] = newFlags(each.ecn ? PacketFlag.ecnCapable : 0, PacketKind.datagram, 0);
        qdisc.enqueue(packet);
      });
      model.enqueue(now, {
        name: `${seq}`,
        size: each.size,
        ecn: each.ecn,
        marked: false,
        clamped: false,
        damaged: false,
        time: 0,
        order: 0,
      });
    }
    kernel.advance(now, Infinity);
    expect(qdisc.bytes).toBe(model.bytes);
    expect(qdisc.takePeakBytes()).toBe(model.peak);
    expect(qdisc.takePeakBytes()).toBe(model.bytes);
    kernel.advance(LAST_INSTANT, Infinity);
    model.advance(LAST_INSTANT);
    expect(sent).toEqual(model.sent);
    expect(dropped).toEqual(model.dropped);
    expect(packets.live).toBe(0);
  },
);
