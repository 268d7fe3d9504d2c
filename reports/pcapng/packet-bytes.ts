/**
 * The bytes of ordinary packets, made straight into a buffer from a copy of their row: UDP datagrams and echoes, whole and undamaged,
 * with the data that `Octets` fills in. Every byte is the one that `Octets` makes; a property test says so. The rest is left to it.
 */
import type { World } from '../../sim/index.ts';
import * as sim from '../../sim/index.ts';

// Constants of this file are folded into its code. An imported one is loaded anew for each packet.
const { DATA_STEP, dataSeed, firstWord, FLOW, IDENT, INFO, KIND_SHIFT, PORTS, PacketFlag } = sim;
const { PacketKind, SEQ, SIZE, SOURCE } = sim;

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;
/** ICMP and ICMPv6 types of echo request and reply. */
const ECHO = { 4: [8, 0], 6: [128, 129] } as const;

const DATAGRAM = PacketKind.datagram;
const REPLY = PacketKind.echoReply;
const UNUSUAL = PacketFlag.body | PacketFlag.corrupted | PacketFlag.silent | PacketFlag.moreFragments;
const MARKED = PacketFlag.marked;
const ECN_CAPABLE = PacketFlag.ecnCapable;
const DONT_FRAGMENT = PacketFlag.dontFragment;

/** Can {@link PacketBytes} make the packet? `flags` and `offset`: its columns `FLAGS` and `OFFSET_TTL_PROTOCOL`. */
export const isOrdinary = (flags: number, offset: number): boolean =>
  (flags & UNUSUAL) === 0 && offset >>> 16 === 0 && ((flags >> KIND_SHIFT) & 15) <= REPLY;

export class PacketBytes {
  readonly #system: World['system'];
  /** By flow. What a program sends without saying what is zeros. */
  readonly #isProgram: Uint8Array;
  /** By address id: four words, the first of them for IPv4; the ones' complement sum of its octets; 4, 6 or 0: not known yet. */
  #words = new Uint32Array(1024);
  #sums = new Int32Array(256);
  #families = new Uint8Array(256);

  constructor(system: World['system']) {
    this.#system = system;
    this.#isProgram = Uint8Array.from(system.flows, ({ kind }) => (kind === 'program' ? 1 : 0));
  }

  /** Writes the packet's `SIZE` bytes to `at`, a multiple of 4. `target`: an address id. `flags`: `PacketFlag` bits and the kind. */
  write(
    ints: Int32Array,
    doubles: Float64Array,
    row: number,
    target: number,
    ttl: number,
    flags: number,
    view: DataView,
    at: number,
  ): void {
    const source = ints[row + SOURCE]!;
    if (source >= this.#families.length || this.#families[source] === 0) this.#learn(source);
    if (target >= this.#families.length || this.#families[target] === 0) this.#learn(target);
    const size = ints[row + SIZE]!;
    const kind = ((flags >> KIND_SHIFT) & 15) as sim.PacketKind;
    const isDatagram = kind === DATAGRAM;
    const isIpv4 = this.#families[target] === 4;
    const words = this.#words;
    const addressSum = this.#sums[source]! + this.#sums[target]!;
    // RFC 3168 section 5: not-ECT, ECT(0), CE.
    const ecn = (flags & MARKED) !== 0 ? 3 : (flags & ECN_CAPABLE) !== 0 ? 2 : 0;
    const protocol = isDatagram ? UDP : isIpv4 ? ICMP : ICMPV6;
    if (isIpv4) {
      const ident = ints[row + IDENT]! & 0xffff;
      const df = (flags & DONT_FRAGMENT) !== 0 ? 0x4000 : 0;
      const sum = 0x4500 + ecn + size + ident + df + ((ttl << 8) | protocol) + addressSum;
      view.setUint32(at, 0x4500_0000 | (ecn << 16) | size);
      view.setUint32(at + 4, (ident << 16) | df);
      view.setUint32(at + 8, (ttl << 24) | (protocol << 16) | complement(sum));
      view.setUint32(at + 12, words[source * 4]!);
      view.setUint32(at + 16, words[target * 4]!);
    } else {
      view.setUint32(at, 0x6000_0000 | (ecn << 20));
      view.setUint32(at + 4, ((size - IPV6_HEADER) << 16) | (protocol << 8) | ttl);
      for (let i = 0; i < 4; i++) {
        view.setUint32(at + 8 + i * 4, words[source * 4 + i]!);
        view.setUint32(at + 24 + i * 4, words[target * 4 + i]!);
      }
    }
    const header = isIpv4 ? IPV4_HEADER : IPV6_HEADER;
    const start = at + header;
    const room = size - header;
    const flow = ints[row + FLOW]!;
    const isZero = isDatagram && this.#isProgram[flow] === 1;
    const data = isZero
      ? clear(view, start + 8, room - 8)
      : fill(view, start + 8, room - 8, dataSeed(flow, flags, kind, doubles[(row >> 1) + SEQ]!));
    const ports = ints[row + PORTS]!;
    // Its pseudo-header is that of RFC 768 and RFC 8200 section 8.1; ICMP for IPv4 has none.
    const pseudo = isDatagram || !isIpv4 ? addressSum + protocol + room : 0;
    if (isDatagram) {
      const sum = complement(pseudo + (ports >>> 16) + (ports & 0xffff) + room + data);
      view.setUint32(start, ports);
      // 0 says "no checksum", so it is sent as its other zero.
      view.setUint32(start + 4, (room << 16) | (sum === 0 ? 0xffff : sum));
      return;
    }
    const type = ECHO[isIpv4 ? 4 : 6][kind === REPLY ? 1 : 0];
    const identifier = kind === REPLY ? ports & 0xffff : ports >>> 16;
    const sequence = doubles[(row >> 1) + INFO]! % 65536;
    view.setUint32(start, (type << 24) | complement(pseudo + (type << 8) + identifier + sequence + data));
    view.setUint32(start + 4, (identifier << 16) | sequence);
  }

  #learn(address: number): void {
    while (address >= this.#families.length) {
      this.#words = widened(this.#words, new Uint32Array(this.#words.length * 2));
      this.#sums = widened(this.#sums, new Int32Array(this.#sums.length * 2));
      this.#families = widened(this.#families, new Uint8Array(this.#families.length * 2));
    }
    const { family, value } = this.#system.valueOf(address);
    const count = family === 4 ? 1 : 4;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const word = Number((value >> BigInt((count - 1 - i) * 32)) & 0xffff_ffffn);
      this.#words[address * 4 + i] = word;
      sum += (word >>> 16) + (word & 0xffff);
    }
    this.#sums[address] = sum;
    this.#families[address] = family;
  }
}

/** The ones' complement (RFC 1071) of a sum of 16-bit words. */
function complement(sum: number): number {
  // 65,535 bytes and their headers are less than 2^32 - 2^16.
  let folded = (sum & 0xffff) + (sum >>> 16);
  folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}

/** Answers the sum of what it has written, as 16-bit words. */
function fill(view: DataView, at: number, length: number, seed: number): number {
  const whole = length & ~3;
  let sum = 0;
  let next = seed | 0;
  let word = firstWord(next);
  for (let n = 0; n < whole; n += 4) {
    view.setUint32(at + n, word);
    sum += (word >>> 16) + (word & 0xffff);
    next = (next + DATA_STEP) | 0;
    word = next;
  }
  const rest = length - whole;
  if (rest === 0) return sum;
  word &= -1 << (32 - rest * 8);
  for (let n = 0; n < rest; n++) view.setUint8(at + whole + n, word >>> (24 - n * 8));
  return sum + (word >>> 16) + (word & 0xffff);
}

function clear(view: DataView, at: number, length: number): 0 {
  new Uint8Array(view.buffer, view.byteOffset + at, length).fill(0);
  return 0;
}

function widened<T extends Uint32Array | Int32Array | Uint8Array>(old: T, wider: T): T {
  wider.set(old);
  return wider;
}
