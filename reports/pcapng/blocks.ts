/**
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian on every machine, in a buffer in front of a writer. Knows the
 * layout of blocks and options and not what is captured.
 */
import type { ByteWriter } from '../byte-writer.ts';

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;

/** https://www.tcpdump.org/linktypes.html: the packet begins with its IPv4 or IPv6 header. */
const LINKTYPE_RAW = 101;
/** Longer than any packet, a substrate header included. */
const SNAP_LENGTH = 262_144;
/** Time stamps count 10^-9 s. */
const NANOSECONDS = 9;

const Option = {
  end: 0,
  comment: 1,
  shbUserApplication: 4,
  ifName: 2,
  ifDescription: 3,
  ifIpv4Address: 4,
  ifIpv6Address: 5,
  ifTimeResolution: 9,
  epbFlags: 2,
  epbPacketId: 5,
} as const;

/** The low two bits of `epb_flags`; no flags where nobody stands at one end. */
export const Direction = { unknown: 0, inbound: 1, outbound: 2 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

/** Bytes of an Enhanced Packet Block before the packet. */
const PACKET_AT = 28;
/** What stands behind the packet beside the comment's text: padding, flags, packet id, heads of options, length. */
const AROUND_COMMENT = 3 + 8 + 12 + 4 + 3 + 4 + 4;
const TWO_32 = 2 ** 32;

const encoder = new TextEncoder();

export const padded = (length: number): number => (length + 3) & ~3;

export interface InterfaceDescription {
  readonly name: string;
  readonly description: string;
  /** IPv4: 4 octets and those of the mask. IPv6: 16 octets and the prefix length. */
  readonly address?: { readonly family: 4 | 6; readonly octets: Uint8Array };
}

/**
 * Enhanced Packet Blocks are written in three steps, without a copy: `beginPacket` makes room, the caller puts the packet to
 * `packetAt` and then its comment to `beginComment()`, `endPacket` closes the block.
 */
export class BlockBuffer {
  bytes = new Uint8Array(1 << 18);
  view = new DataView(this.bytes.buffer);
  #at = 0;
  /** Where the block being written begins, and its comment. */
  #start = 0;
  #comment = 0;
  #interfaces = 0;
  readonly #writer: ByteWriter;

  /** Begins with a section of unknown length. */
  constructor(writer: ByteWriter) {
    this.#writer = writer;
    const body = new Uint8Array(16);
    const view = new DataView(body.buffer);
    view.setUint32(0, BYTE_ORDER_MAGIC, true);
    view.setUint16(4, 1, true);
    view.setUint16(6, 0, true);
    view.setBigInt64(8, -1n, true);
    this.#block(SECTION_HEADER, [body, option(Option.shbUserApplication, encoder.encode('netpersona')), END]);
  }

  /** Answers the interface's number. */
  addInterface({ name, description, address }: InterfaceDescription): number {
    const body = new Uint8Array(8);
    const view = new DataView(body.buffer);
    view.setUint16(0, LINKTYPE_RAW, true);
    view.setUint32(4, SNAP_LENGTH, true);
    const options = [
      option(Option.ifName, encoder.encode(name)),
      option(Option.ifDescription, encoder.encode(description)),
    ];
    if (address !== undefined)
      options.push(
        option(address.family === 4 ? Option.ifIpv4Address : Option.ifIpv6Address, address.octets),
      );
    options.push(option(Option.ifTimeResolution, Uint8Array.of(NANOSECONDS)));
    this.#block(INTERFACE_DESCRIPTION, [body, ...options, END]);
    return this.#interfaces++;
  }

  /** Where the packet's bytes go: a multiple of 4. */
  get packetAt(): number {
    return this.#start + PACKET_AT;
  }

  /** Begins a packet of `length` bytes. `bytes` and `view` may change, and `packetAt`. `commentRoom`: the most bytes its comment may have. */
  beginPacket(interfaceId: number, time: number, length: number, commentRoom: number): void {
    this.#reserve(PACKET_AT + length + commentRoom + AROUND_COMMENT);
    const { view } = this;
    const start = this.#at;
    this.#start = start;
    view.setUint32(start, ENHANCED_PACKET, true);
    view.setUint32(start + 8, interfaceId, true);
    const high = Math.floor(time / TWO_32);
    view.setUint32(start + 12, high, true);
    view.setUint32(start + 16, time - high * TWO_32, true);
    view.setUint32(start + 20, length, true);
    view.setUint32(start + 24, length, true);
    const end = start + PACKET_AT + length;
    // The padding, should the packet not reach that far.
    view.setUint32((end - 1) & ~3, 0, true);
    this.#at = padded(end);
  }

  /** Where the comment's text goes. The block's packet has been written. */
  beginComment(id: number, direction: Direction): number {
    const { view } = this;
    let at = this.#at;
    if (direction !== Direction.unknown) {
      view.setUint32(at, Option.epbFlags | (4 << 16), true);
      view.setUint32(at + 4, direction, true);
      at += 8;
    }
    view.setUint32(at, Option.epbPacketId | (8 << 16), true);
    const high = Math.floor(id / TWO_32);
    view.setUint32(at + 4, id - high * TWO_32, true);
    view.setUint32(at + 8, high, true);
    at += 12;
    this.#comment = at;
    return at + 4;
  }

  /** `end`: behind the comment's text. */
  endPacket(end: number): void {
    const { bytes, view } = this;
    view.setUint32(this.#comment, Option.comment | ((end - this.#comment - 4) << 16), true);
    let at = end;
    while ((at & 3) !== 0) bytes[at++] = 0;
    view.setUint32(at, Option.end, true);
    const length = at + 8 - this.#start;
    view.setUint32(at + 4, length, true);
    view.setUint32(this.#start + 4, length, true);
    this.#at = at + 8;
  }

  /** Of the packet that was ended last: takes its block back out. */
  cutPacket(): Uint8Array {
    const block = this.bytes.slice(this.#start, this.#at);
    this.#at = this.#start;
    return block;
  }

  /** A block as `cutPacket` has given it. */
  put(block: Uint8Array): void {
    this.#reserve(block.length);
    this.bytes.set(block, this.#at);
    this.#at += block.length;
  }

  flush(): void {
    if (this.#at > 0) this.#writer.write(this.bytes.subarray(0, this.#at));
    this.#at = 0;
  }

  close(): void {
    this.flush();
    this.#writer.close();
  }

  /** Closes the file as it is. */
  abandon(): void {
    this.#writer.close();
  }

  #block(type: number, parts: readonly Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 12);
    this.#reserve(length);
    const start = this.#at;
    this.view.setUint32(start, type, true);
    this.view.setUint32(start + 4, length, true);
    let at = start + 8;
    for (const part of parts) {
      this.bytes.set(part, at);
      at += part.length;
    }
    this.view.setUint32(at, length, true);
    this.#at = at + 4;
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.bytes.length) return;
    this.flush();
    if (size <= this.bytes.length) return;
    this.bytes = new Uint8Array(padded(size) * 2);
    this.view = new DataView(this.bytes.buffer);
  }
}

const END = new Uint8Array(4);

/** Code, length, value, padding. */
function option(code: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + padded(value.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  bytes.set(value, 4);
  return bytes;
}
