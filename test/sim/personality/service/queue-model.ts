/**
 * A plain queue in front of a link told slowly: plain objects, tokens as whole numbers of any size, one step at a time. The tests compare
 * the queue gate with it; it shares no code with `sim/`.
 */

export interface QueueModelSettings {
  /** Bit/s; 0 for none. */
  readonly rate: number;
  readonly isWire: boolean;
  readonly burstBytes: number;
  /** Bit/s; 0 for none; its bucket is `peakBurstBytes` deep. */
  readonly peakRate: number;
  readonly peakBurstBytes: number;
  readonly queuePackets: number;
  /** What a packet of that size takes on the link. */
  framed(size: number): number;
  /** Null: none. ns, and Infinity for no cap. */
  readonly slots: {
    readonly min: number;
    readonly max: number;
    readonly packets: number;
    readonly bytes: number;
  } | null;
}

interface Waiting {
  readonly seq: number;
  readonly size: number;
  /** In [0, 1), for the slot that it may seek. */
  draw: number;
}

interface Bucket {
  readonly rate: bigint;
  readonly depth: bigint;
  tokens: bigint;
}

interface Slot {
  readonly at: number;
  used: boolean;
  packets: number;
  bytes: number;
}

/** Tokens are counted in bits times ns, so that one ns at a rate of r bit/s earns exactly r of them; a byte is 8e9. */
const BYTE = 8_000_000_000n;

export class QueueModel {
  readonly departures: { readonly seq: number; readonly at: number }[] = [];
  readonly dropped: number[] = [];
  readonly #draw: (n: number) => number;
  #settings: QueueModelSettings | null = null;
  #now = 0;
  #waiting: Waiting[] = [];
  #onWire: { readonly seq: number; readonly ends: number } | null = null;
  /** Sustained, peak; those that there are. */
  #buckets: { sustained?: Bucket; peak?: Bucket } = {};
  #slot: Slot | null = null;
  /** Since when the first has been the first. */
  #since = 0;
  #came = 0;

  /** `draw(n)`: what the n-th packet that comes meets for its slot. */
  constructor(draw: (n: number) => number) {
    this.#draw = draw;
  }

  /** Goes before everything else of its instant. There is a rate, or there are slots, or both. */
  configure(now: number, settings: QueueModelSettings): void {
    this.#advance(now - 1);
    this.#pass(now);
    const hadDraws = this.#hasDraws();
    const head = this.#waiting[0];
    for (const bucket of this.#all()) {
      if (head === undefined) spill(bucket, bucket.depth);
      else if (this.#ready(bucket, head) < now) spill(bucket, this.#mostFor(bucket, head));
    }
    const wasWire = this.#settings?.isWire ?? false;
    this.#settings = settings;
    const { rate, burstBytes, peakRate, peakBurstBytes, isWire } = settings;
    const changed = (before: Bucket | undefined, bits: number, bytes: number): Bucket => {
      const depth = BigInt(bytes) * BYTE;
      const tokens = before === undefined ? depth : before.tokens;
      const bucket = { rate: BigInt(bits), depth, tokens };
      if (head === undefined) spill(bucket, depth);
      return bucket;
    };
    this.#buckets = isWire
      ? {}
      : {
          ...(rate > 0 ? { sustained: changed(this.#buckets.sustained, rate, burstBytes) } : {}),
          ...(peakRate > 0 ? { peak: changed(this.#buckets.peak, peakRate, peakBurstBytes) } : {}),
        };
    if (settings.slots === null) this.#slot = null;
    if (wasWire && !isWire && this.#onWire !== null) throw new Error('not told by this model');
    if (this.#hasDraws() && !hadDraws) for (const packet of this.#waiting) packet.draw = 0.5;
    this.#since = now;
  }

  arrive(now: number, seq: number, size: number): void {
    this.#advance(now);
    this.#pass(now);
    const packet = { seq, size, draw: this.#draw(this.#came++) };
    const isFree = this.#waiting.length === 0 && this.#onWire === null;
    if (isFree) {
      this.#since = now;
      for (const bucket of this.#all()) spill(bucket, bucket.depth);
    }
    const isFull = this.#waiting.length >= this.#settings!.queuePackets;
    if (isFull && !(isFree && this.#goesAtOnce(packet))) {
      this.dropped.push(seq);
      return;
    }
    this.#waiting.push(packet);
    this.#advance(now);
  }

  finish(): void {
    this.#advance(Infinity);
  }

  #goesAtOnce(packet: Waiting): boolean {
    const { slots } = this.#settings!;
    const delay = slots === null ? 0 : slots.min + Math.floor(packet.draw * (slots.max - slots.min) + 0.5);
    return delay === 0 && this.#all().every((bucket) => this.#ready(bucket, packet) <= this.#now);
  }

  /** Everything up to and including `until`. */
  #advance(until: number): void {
    for (;;) {
      const at = this.#step();
      if (at <= this.#now) continue;
      if (at === Infinity || at > until) return;
      this.#pass(at);
    }
  }

  /** Does one thing that happens now, or says when the next one does. */
  #step(): number {
    const settings = this.#settings!;
    const wire = this.#onWire;
    if (wire !== null) {
      if (wire.ends > this.#now) return wire.ends;
      this.#onWire = null;
      this.departures.push({ seq: wire.seq, at: wire.ends });
      this.#since = this.#now;
      return this.#now;
    }
    const head = this.#waiting[0];
    if (head === undefined) {
      this.#slot = null;
      return Infinity;
    }
    let at = Math.max(this.#now, ...this.#all().map((bucket) => this.#ready(bucket, head)));
    if (settings.slots !== null) {
      const { min, max, packets, bytes } = settings.slots;
      if (at > this.#now && this.#slot?.used) this.#slot = null;
      this.#slot ??= {
        at: this.#now + min + Math.floor(head.draw * (max - min) + 0.5),
        used: false,
        packets,
        bytes,
      };
      at = Math.max(at, this.#slot.at);
    }
    if (at > this.#now) return at;
    this.#waiting.shift();
    const bytes = settings.framed(head.size);
    if (this.#slot !== null && settings.slots !== null) {
      if (!this.#slot.used) Object.assign(this.#slot, { used: true, ...caps(settings.slots) });
      this.#slot.packets--;
      this.#slot.bytes -= bytes;
      if (this.#slot.packets <= 0 || this.#slot.bytes <= 0) this.#slot = null;
    }
    for (const bucket of this.#all()) {
      if (this.#ready(bucket, head) < this.#now) spill(bucket, this.#mostFor(bucket, head));
      bucket.tokens -= BigInt(bytes) * BYTE;
    }
    this.#since = this.#now;
    if (!settings.isWire) {
      this.departures.push({ seq: head.seq, at: this.#now });
      return this.#now;
    }
    const rate = BigInt(settings.rate);
    const takes = Number((2n * BigInt(bytes) * BYTE + rate) / (2n * rate));
    this.#onWire = { seq: head.seq, ends: this.#now + takes };
    return this.#now;
  }

  /** The first whole ns, while it has been the first, at which the bucket has tokens for it. */
  #ready(bucket: Bucket, head: Waiting): number {
    const missing = BigInt(this.#settings!.framed(head.size)) * BYTE - bucket.tokens;
    // Tokens that were there earlier put the instant before now.
    const wait = missing > 0n ? (missing + bucket.rate - 1n) / bucket.rate : -(-missing / bucket.rate);
    return Math.max(this.#since, this.#now + Number(wait));
  }

  #mostFor(bucket: Bucket, head: Waiting): bigint {
    const needed = BigInt(this.#settings!.framed(head.size)) * BYTE;
    return needed > bucket.depth ? needed : bucket.depth;
  }

  #hasDraws(): boolean {
    const slots = this.#settings?.slots ?? null;
    return slots !== null && slots.max > slots.min;
  }

  #all(): Bucket[] {
    return Object.values(this.#buckets) as Bucket[];
  }

  #pass(now: number): void {
    if (now <= this.#now) return;
    for (const bucket of this.#all()) bucket.tokens += bucket.rate * BigInt(now - this.#now);
    this.#now = now;
  }
}

const caps = ({ packets, bytes }: { readonly packets: number; readonly bytes: number }) => ({
  packets,
  bytes,
});

function spill(bucket: Bucket, most: bigint): void {
  if (bucket.tokens > most) bucket.tokens = most;
}
