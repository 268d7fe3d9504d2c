/** Messages in UDP datagrams: how they are split, and how it is known that all parts have come. */
import type { AddressId, SystemManager } from '../system-manager.ts';

/** Bytes of IP and UDP headers in front of the payload of a datagram to that address. */
export const headersOf = (system: SystemManager, target: AddressId): number =>
  system.isIpv6[target] === 1 ? 48 : 28;

/** A message has fewer parts than this: what a part's number and its message's number share one exact double with. */
const MOST_PARTS = 2 ** 21;

/** A message of `size` bytes in datagrams of at most `packetSize` bytes (IP length); every part but the last is full. */
export class MessagePlan {
  readonly parts: number;
  readonly #size: number;
  readonly #payload: number;
  readonly #headers: number;

  /** @throws {RangeError} when it would take two million parts, or a packet has no room for payload. */
  constructor(size: number, packetSize: number, headers: number) {
    this.#size = size;
    this.#payload = packetSize - headers;
    this.#headers = headers;
    if (this.#payload < 1) throw new RangeError(`packets of ${packetSize} bytes have no room for payload`);
    this.parts = Math.max(1, Math.ceil(size / this.#payload));
    if (this.parts >= MOST_PARTS) throw new RangeError(`a message of ${size} bytes has too many parts`);
  }

  /** IP length of the datagram with that part. */
  packetSize(part: number): number {
    return this.#headers + Math.min(this.#payload, this.#size - part * this.#payload);
  }
}

/** The `info` of a packet that carries a part. */
export const partInfo = (message: number, part: number): number => message * MOST_PARTS + part;
export const partOf = (info: number): number => info % MOST_PARTS;
export const messageOf = (info: number): number => Math.floor(info / MOST_PARTS);

/** Which parts of a message have come. */
export class PartsSeen {
  missing: number;
  /** A bit for each part; a message of one needs none. */
  readonly #seen: Uint8Array | null;

  constructor(parts: number) {
    this.missing = parts;
    this.#seen = parts > 1 ? new Uint8Array((parts + 7) >>> 3) : null;
  }

  /** True when this part was the last one missing. */
  add(part: number): boolean {
    if (this.missing === 0) return false;
    if (this.#seen !== null) {
      const bit = 1 << (part & 7);
      if ((this.#seen[part >>> 3]! & bit) !== 0) return false;
      this.#seen[part >>> 3]! |= bit;
    }
    this.missing--;
    return this.missing === 0;
  }
}
