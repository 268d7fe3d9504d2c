/** Fragmentation (RFC 791) on bytes and in numbers, and reassembly (RFC 815) of what arrives. */
import { invariant } from '../../engine/index.ts';
import type { Family } from '../address.ts';
import { checkIpv4, ipv4HeaderLength, writeIpv4Checksum } from './ipv4.ts';
import { readU16, writeU16 } from './octets.ts';
import { type Problem, problem } from './problem.ts';

export interface PlannedFragment {
  /** In bytes from the start of the payload, a multiple of 8. */
  readonly offset: number;
  /** Bytes of payload, without the header that each fragment gets. */
  readonly length: number;
  /** Others follow: the MF flag. */
  readonly more: boolean;
}

/**
 * How a packet of `totalLength` bytes, `headerLength` of them its header, becomes packets of at most `mtu` bytes: a single piece
 * if it fits. A fragment must have room for 8 bytes of payload, which 68 bytes, the smallest IPv4 MTU, always are.
 */
export function fragmentPlan(
  totalLength: number,
  headerLength: number,
  mtu: number,
): readonly PlannedFragment[] {
  const count = fragmentCount(totalLength, headerLength, mtu);
  const step = fragmentStep(totalLength, headerLength, mtu);
  return Array.from({ length: count }, (_, i) => ({
    offset: i * step,
    length: fragmentLength(i, totalLength, headerLength, mtu),
    more: i < count - 1,
  }));
}

/** How many packets {@link fragmentPlan} makes. Allocates nothing. */
export function fragmentCount(totalLength: number, headerLength: number, mtu: number): number {
  if (totalLength <= mtu) return 1;
  return Math.ceil((totalLength - headerLength) / fragmentStep(totalLength, headerLength, mtu));
}

/** Bytes of payload in the i-th packet of {@link fragmentPlan}, 0 when there is no such. Allocates nothing. */
export function fragmentLength(i: number, totalLength: number, headerLength: number, mtu: number): number {
  const step = fragmentStep(totalLength, headerLength, mtu);
  return Math.max(0, Math.min(step, totalLength - headerLength - i * step));
}

/** Bytes of payload from one fragment to the next; all of it, when the packet fits. */
export function fragmentStep(totalLength: number, headerLength: number, mtu: number): number {
  if (totalLength <= mtu) return totalLength - headerLength;
  const step = (mtu - headerLength) & ~7;
  invariant(step >= 8, 'an MTU without room for a fragment');
  return step;
}

/**
 * The fragments of an IPv4 packet (or of a fragment), in order; the packet itself, alone, if it fits. Every header keeps its
 * length: in all but the first, options without the copied flag become no-operations, as Linux does it. A Problem when the
 * header is malformed or forbids fragmentation (DF).
 */
export function fragmentIpv4(packet: Uint8Array, mtu: number): readonly Uint8Array[] | Problem {
  const wrong = checkIpv4(packet);
  if (wrong !== null) return wrong;
  const total = readU16(packet, 2);
  if (total <= mtu) return [packet.subarray(0, total)];
  const header = ipv4HeaderLength(packet);
  const flags = readU16(packet, 6);
  if ((flags & DONT_FRAGMENT) !== 0) return problem(6, `${total} bytes and DF, the MTU is ${mtu}`);
  if ((flags & OFFSET) * 8 + total - header > MAX_PAYLOAD) return problem(6, 'a fragment beyond 65535 bytes');
  return fragmentPlan(total, header, mtu).map(({ offset, length, more }) => {
    const fragment = new Uint8Array(header + length);
    fragment.set(packet.subarray(0, header));
    fragment.set(packet.subarray(header + offset, header + offset + length), header);
    writeU16(fragment, 2, header + length);
    // The offset counts from the start of the original, and its last piece has whatever MF the packet itself had.
    writeU16(fragment, 6, (flags + offset / 8) | (more ? MORE_FRAGMENTS : 0));
    if (offset > 0) blankUncopiedOptions(fragment, header);
    writeIpv4Checksum(fragment);
    return fragment;
  });
}

/**
 * The IPv4 packet whose fragments these are, in whatever order they came; null when some are missing. Where two overlap, the
 * first to come wins. The header is that of the first fragment.
 */
export function reassembleIpv4(fragments: readonly Uint8Array[]): Uint8Array | Problem | null {
  const buffer = new ReassemblyBuffer(4);
  const payload = new Uint8Array(MAX_PAYLOAD);
  let first: Uint8Array | null = null;
  for (const fragment of fragments) {
    const wrong = checkIpv4(fragment);
    if (wrong !== null) return wrong;
    const header = ipv4HeaderLength(fragment);
    const data = fragment.subarray(header, readU16(fragment, 2));
    const flags = readU16(fragment, 6);
    const offset = (flags & OFFSET) * 8;
    for (const hole of buffer.missing(offset, data.length)) {
      payload.set(data.subarray(hole.start - offset, hole.end - offset), hole.start);
    }
    if (offset === 0) first ??= fragment.subarray(0, header);
    if (buffer.add(offset, data.length, (flags & MORE_FRAGMENTS) !== 0) === 'complete') break;
  }
  if (first === null || !buffer.isComplete) return null;
  if (first.length + buffer.total > 65535) return problem(2, 'fragments of more than 65535 bytes');
  const packet = new Uint8Array(first.length + buffer.total);
  packet.set(first);
  packet.set(payload.subarray(0, buffer.total), first.length);
  writeU16(packet, 2, packet.length);
  writeU16(packet, 6, readU16(first, 6) & ~(MORE_FRAGMENTS | OFFSET));
  writeIpv4Checksum(packet);
  return packet;
}

/** A run of payload bytes, `end` not included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Which bytes of one datagram's payload have come, as the list of holes of RFC 815. Does not hold the bytes and does not know
 * the time: whoever keeps it gives it up when it answers `complete` or `overlap`, or after its timeout.
 *
 * Overlapping fragments: IPv4 keeps the bytes that came first; IPv6 gives up the datagram (RFC 5722), and an exact duplicate is
 * no overlap (RFC 8200 section 4.5). A fragment that cannot be true (not the last and not a multiple of 8 bytes long, beyond
 * 65535 bytes, beyond the end that the last fragment showed) changes nothing; in IPv6, contradicting the end is an overlap.
 */
export class ReassemblyBuffer {
  #family: Family;
  /** Holes in ascending order; pairs of start and end. The last one ends in Infinity until the last fragment has come. */
  #holes: number[] = [0, Infinity];
  /** What IPv6 has accepted, pairs of start and end, for recognising duplicates. */
  #seen: number[] = [];
  #total = -1;
  #highest = 0;
  #spoilt = false;

  constructor(family: Family) {
    this.#family = family;
  }

  /** Forgets everything, for the next datagram. */
  reset(family: Family): void {
    this.#family = family;
    this.#holes.length = 0;
    this.#holes.push(0, Infinity);
    this.#seen.length = 0;
    this.#total = -1;
    this.#highest = 0;
    this.#spoilt = false;
  }

  /** Bytes of the whole payload; -1 until the last fragment has come. */
  get total(): number {
    return this.#total;
  }

  get isComplete(): boolean {
    return this.#holes.length === 0 && !this.#spoilt;
  }

  /** The parts of `length` bytes from `offset` that have not come yet: which bytes of a fragment to keep. Ask before `add`. */
  missing(offset: number, length: number): readonly ByteRange[] {
    const ranges: ByteRange[] = [];
    for (let i = 0; i < this.#holes.length; i += 2) {
      const start = Math.max(offset, this.#holes[i]!);
      const end = Math.min(offset + length, this.#holes[i + 1]!, MAX_PAYLOAD);
      if (start < end) ranges.push({ start, end });
    }
    return ranges;
  }

  /** A fragment with `length` bytes of payload at `offset` (bytes) has come; `more` is its MF flag. */
  add(offset: number, length: number, more: boolean): 'incomplete' | 'complete' | 'overlap' {
    const end = offset + length;
    if (this.#spoilt) return 'overlap';
    if (length === 0 && more) return this.#state();
    if (end > MAX_PAYLOAD || (more && length % 8 !== 0)) return this.#state();
    if (this.#contradictsEnd(end, more)) return this.#family === 6 ? this.#spoil() : this.#state();
    if (this.#family === 6 && length > 0) {
      if (this.#isDuplicate(offset, end)) return this.#state();
      if (!this.#isHole(offset, end)) return this.#spoil();
      this.#seen.push(offset, end);
    }
    this.#highest = Math.max(this.#highest, end);
    if (!more) this.#total = end;
    this.#fill(offset, end, more);
    return this.#state();
  }

  #state(): 'incomplete' | 'complete' {
    return this.#holes.length === 0 ? 'complete' : 'incomplete';
  }

  #spoil(): 'overlap' {
    this.#spoilt = true;
    return 'overlap';
  }

  #contradictsEnd(end: number, more: boolean): boolean {
    if (this.#total >= 0) return more ? end > this.#total : end !== this.#total;
    return !more && end < this.#highest;
  }

  #isDuplicate(start: number, end: number): boolean {
    for (let i = 0; i < this.#seen.length; i += 2) {
      if (this.#seen[i] === start && this.#seen[i + 1] === end) return true;
    }
    return false;
  }

  #isHole(start: number, end: number): boolean {
    for (let i = 0; i < this.#holes.length; i += 2) {
      if (this.#holes[i]! <= start && end <= this.#holes[i + 1]!) return true;
    }
    return false;
  }

  /** RFC 815 section 3: every hole that the fragment touches gives way to what is left of it on either side. */
  #fill(start: number, end: number, more: boolean): void {
    const holes = this.#holes;
    for (let i = 0; i < holes.length; ) {
      const from = holes[i]!;
      const to = !more && holes[i + 1] === Infinity ? this.#total : holes[i + 1]!;
      holes[i + 1] = to;
      const left = Math.min(to, start);
      const right = Math.max(from, end);
      if (from < left && right < to) {
        holes.splice(i, 2, from, left, right, to);
        i += 4;
      } else if (from < left) {
        holes[i + 1] = left;
        i += 2;
      } else if (right < to) {
        holes[i] = right;
        i += 2;
      } else {
        holes.splice(i, 2);
      }
    }
  }
}

const MAX_PAYLOAD = 65535;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const OFFSET = 0x1fff;

/** RFC 791: only options with the copied flag (the highest bit) go into later fragments. */
function blankUncopiedOptions(bytes: Uint8Array, header: number): void {
  const noOperation = 1;
  for (let at = 20; at < header; ) {
    const type = bytes[at]!;
    if (type === 0) return;
    // An option that leaves the header is blanked as far as it goes: nobody could read on behind it.
    const length = type === noOperation ? 1 : Math.max(1, Math.min(bytes[at + 1] ?? 1, header - at));
    if (type < 0x80) bytes.fill(noOperation, at, at + length);
    at += length;
  }
}
