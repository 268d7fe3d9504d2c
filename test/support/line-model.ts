/**
 * Bandwidth and delay told slowly: plain objects, whole numbers of any size, one event per departure. What `Line` computes ahead
 * in closed form, this does step by step; the tests compare the two. It shares no code with `sim/`.
 */

export interface LineModelSettings {
  readonly model: 'tokenBucket' | 'serialize';
  /** Whole bit/s; 0 for no limit. */
  readonly rate: number;
  readonly burstBytes: number;
  readonly queueBytes: number;
  readonly queuePackets: number;
  /** ns. */
  readonly latency: number;
  readonly jitter: number;
}

export interface Departure {
  readonly seq: number;
  readonly shapedAt: number;
  readonly at: number;
  readonly clamped: boolean;
}

interface Waiting {
  readonly seq: number;
  readonly size: number;
}

/** Tokens are counted in bits times ns, so that one ns at a rate of r bit/s earns exactly r of them; a byte is 8e9. */
const BYTE = 8_000_000_000n;

export class LineModel {
  readonly departures: Departure[] = [];
  readonly dropped: number[] = [];
  readonly #draw: (n: number) => number;
  #settings: LineModelSettings | null = null;
  #now = 0;
  #waiting: Waiting[] = [];
  /** The packet on the wire, and when its last bit is. */
  #wire: (Waiting & { readonly ends: number }) | null = null;
  #tokens = 0n;
  #lastDue = 0;
  #entered = 0;

  /** `draw(n)`: the n-th draw of the delay stage, in [0, 1). */
  constructor(draw: (n: number) => number) {
    this.#draw = draw;
  }

  /** Null: no limit, no delay. Goes before everything else of its instant. */
  configure(now: number, settings: LineModelSettings | null): void {
    this.#advance(now - 1);
    this.#pass(now);
    const before = this.#settings;
    this.#settings = settings;
    const wasWire = before !== null && before.rate > 0 && before.model === 'serialize';
    const wasBucket = before !== null && before.rate > 0 && before.model === 'tokenBucket';
    const isWire = settings !== null && settings.rate > 0 && settings.model === 'serialize';
    const isBucket = settings !== null && settings.rate > 0 && settings.model === 'tokenBucket';
    if (wasWire && !isWire && this.#wire !== null) {
      this.#waiting.unshift(this.#wire);
      this.#wire = null;
    }
    if (isBucket && !wasBucket) this.#tokens = BigInt(settings.burstBytes) * BYTE;
    if (isBucket) this.#spill();
    if (isWire) this.#startWire();
    if (!isWire && !isBucket) for (const packet of this.#waiting.splice(0)) this.#enterDelay(packet);
  }

  arrive(now: number, seq: number, size: number): void {
    this.#advance(now);
    this.#pass(now);
    const settings = this.#settings;
    const packet = { seq, size };
    if (settings === null || settings.rate === 0) {
      this.#enterDelay(packet);
      return;
    }
    if (settings.model === 'serialize') {
      if (this.#wire !== null && !this.#hasRoom(size)) {
        this.dropped.push(seq);
        return;
      }
      this.#waiting.push(packet);
      this.#startWire();
      this.#advance(now);
      return;
    }
    const goesAtOnce = this.#waiting.length === 0 && this.#tokens >= BigInt(size) * BYTE;
    if (!goesAtOnce && !this.#hasRoom(size)) {
      this.dropped.push(seq);
      return;
    }
    this.#waiting.push(packet);
    this.#advance(now);
  }

  /** Lets everything depart. */
  finish(): void {
    this.#advance(Infinity);
  }

  #hasRoom(size: number): boolean {
    const { queueBytes, queuePackets } = this.#settings!;
    const bytes = this.#waiting.reduce((sum, packet) => sum + packet.size, 0);
    return this.#waiting.length < queuePackets && bytes + size <= queueBytes;
  }

  /** Every departure up to and including `until`, one after the other. */
  #advance(until: number): void {
    for (;;) {
      const next = this.#nextDeparture();
      if (next === Infinity || next > until) return;
      this.#pass(next);
      const settings = this.#settings!;
      if (settings.model === 'serialize') {
        const packet = this.#wire!;
        this.#wire = null;
        this.#enterDelay(packet);
        this.#startWire();
      } else {
        const packet = this.#waiting.shift()!;
        this.#tokens -= BigInt(packet.size) * BYTE;
        this.#enterDelay(packet);
        this.#spill();
      }
    }
  }

  #nextDeparture(): number {
    const settings = this.#settings;
    if (settings === null || settings.rate === 0) return Infinity;
    if (settings.model === 'serialize') return this.#wire?.ends ?? Infinity;
    const head = this.#waiting[0];
    if (head === undefined) return Infinity;
    const missing = BigInt(head.size) * BYTE - this.#tokens;
    if (missing <= 0n) return this.#now;
    const rate = BigInt(settings.rate);
    return this.#now + Number((missing + rate - 1n) / rate);
  }

  /** Time goes on, and tokens come in. */
  #pass(now: number): void {
    const rate = this.#settings?.rate ?? 0;
    if (now > this.#now) {
      this.#tokens += BigInt(rate) * BigInt(now - this.#now);
      this.#now = now;
    }
    this.#spill();
  }

  /** What does not fit into the bucket is lost, except while somebody waits for it. */
  #spill(): void {
    const depth = BigInt(this.#settings?.burstBytes ?? 0) * BYTE;
    if (this.#waiting.length === 0 && this.#tokens > depth) this.#tokens = depth;
  }

  #startWire(): void {
    if (this.#wire !== null) return;
    const packet = this.#waiting.shift();
    if (packet === undefined) return;
    const rate = BigInt(this.#settings!.rate);
    // Round to nearest, halves up.
    const takes = (2n * BigInt(packet.size) * BYTE + rate) / (2n * rate);
    this.#wire = { ...packet, ends: this.#now + Number(takes) };
  }

  #enterDelay(packet: Waiting): void {
    const { latency, jitter } = this.#settings ?? { latency: 0, jitter: 0 };
    const draw = this.#draw(this.#entered++);
    const delay = latency + Math.floor((2 * draw - 1) * jitter + 0.5);
    const due = Math.max(this.#lastDue, this.#now + Math.max(0, delay));
    this.#lastDue = due;
    this.departures.push({ seq: packet.seq, shapedAt: this.#now, at: due, clamped: delay < 0 });
  }
}
