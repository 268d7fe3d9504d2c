/**
 * The run's fingerprint: SHA-256 over the fates of all packets in the order in which they ended. Does not know what they mean.
 *
 * A packet is {@link FATE_WORDS} little-endian 32-bit words: its id (modulo 2^32), flow (-1: none), size in bytes, path, its word
 * `FLAGS` without what is internal (so `PacketFlag` bits, kind, origin and fate), and the instants at which it was sent and
 * ended in ns, a double of two words each. Whole words, because copying them is quicker than writing columns; and few, because
 * hashing costs 0.6 ns a byte.
 */
import { Buffer } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import type { EndedPackets, TraceSink } from '../sim/index.ts';
import * as sim from '../sim/index.ts';

// Constants of this file are folded into its code. An imported one is loaded anew for each packet.
const { ENDED_AT, FLAGS, FLOW, ID, PATH, PacketFlag, SENT_AT, SIZE } = sim;

/** 32-bit words per packet. */
export const FATE_WORDS = 9;

/** Packets that are hashed at once. That does not show in the digest. */
const BLOCK = 2048;
const FACTS = ~PacketFlag.body;
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

// Where the halves of a double lie among the int32s of a packet's row.
const LOW = LITTLE_ENDIAN ? 0 : 1;
const HIGH = 1 - LOW;
const SENT = 2 * SENT_AT;
const ENDED = 2 * ENDED_AT;
/** Makes one zero of the two: instants have no sign. */
const NO_SIGN = 0x7fffffff;

export class Digest implements TraceSink {
  readonly #hash: Hash;
  readonly #words = new Int32Array(BLOCK * FATE_WORDS);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  #used = 0;

  constructor(hash: Hash = createHash('sha256')) {
    this.#hash = hash;
  }

  ended({ length, packets, ints, doubles }: EndedPackets): void {
    const words = this.#words;
    let at = this.#used;
    for (let i = 0; i < length; i++) {
      const packet = packets[i]!;
      words[at] = doubles[(packet >> 1) + ID]!;
      words[at + 1] = ints[packet + FLOW]!;
      words[at + 2] = ints[packet + SIZE]!;
      words[at + 3] = ints[packet + PATH]!;
      words[at + 4] = ints[packet + FLAGS]! & FACTS;
      words[at + 5] = ints[packet + SENT + LOW]!;
      words[at + 6] = ints[packet + SENT + HIGH]! & NO_SIGN;
      words[at + 7] = ints[packet + ENDED + LOW]!;
      words[at + 8] = ints[packet + ENDED + HIGH]! & NO_SIGN;
      at += FATE_WORDS;
      if (at === words.length) {
        this.#hash.update(littleEndian(this.#bytes));
        at = 0;
      }
    }
    this.#used = at;
  }

  /** One that goes on from here on its own. */
  copy(): Digest {
    const copy = new Digest(this.#hash.copy());
    copy.#words.set(this.#words.subarray(0, this.#used));
    copy.#used = this.#used;
    return copy;
  }

  /** 64 hexadecimal digits over the packets told so far. */
  hex(): string {
    const rest = this.#bytes.slice(0, this.#used * 4);
    return this.#hash.copy().update(littleEndian(rest)).digest('hex');
  }
}

/** The same bytes; on a big-endian machine, each word turned round in place. */
function littleEndian(bytes: Uint8Array): Uint8Array {
  if (LITTLE_ENDIAN) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).swap32();
}
