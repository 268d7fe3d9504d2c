/**
 * Reads captures: classic pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), and finds the IP packets in
 * their frames. Knows the bytes of a file, not the file.
 */
import { readU16 } from './octets.ts';
import { isProblem, type Problem, problem } from './problem.ts';

export interface CapturedPacket {
  /** Nanoseconds since the Unix epoch, as the capture says. A pcapng Simple Packet has no time and gets the one before it. */
  readonly timeNs: bigint;
  /** What was captured of the IP packet, without frame and padding: a view of the capture. */
  readonly ip: Uint8Array;
  /** The IP packet's own length in bytes, by its header; more than `ip.length` when the capture cut it off. */
  readonly originalIpLength: number;
}

export interface Capture {
  /** In the order of the file. */
  readonly packets: readonly CapturedPacket[];
  /** Frames with something else than IP, with too little of it to tell its length, or of a pcapng interface of another kind. */
  readonly skipped: number;
}

/** Reads a whole capture. A Problem, with the offset in the file, when it breaks off or breaks the format. */
export function readCapture(bytes: Uint8Array): Capture | Problem {
  if (bytes.length < 4) return problem(0, `${bytes.length} bytes, a capture begins with 4 magic ones`);
  const magic = view(bytes).getUint32(0);
  if (magic === SECTION_HEADER) return readPcapng(bytes);
  const kind = CLASSIC_MAGIC.get(magic);
  return kind === undefined
    ? problem(0, `0x${magic.toString(16).padStart(8, '0')} begins neither a pcap nor a pcapng file`)
    : readClassic(bytes, kind.little, kind.nanosPerTick);
}

/** How the first four octets begin a classic capture, read as big-endian. */
const CLASSIC_MAGIC: ReadonlyMap<number, { readonly little: boolean; readonly nanosPerTick: bigint }> =
  new Map([
    [0xa1b2c3d4, { little: false, nanosPerTick: 1000n }],
    [0xd4c3b2a1, { little: true, nanosPerTick: 1000n }],
    [0xa1b23c4d, { little: false, nanosPerTick: 1n }],
    [0x4d3cb2a1, { little: true, nanosPerTick: 1n }],
  ]);

function readClassic(bytes: Uint8Array, little: boolean, nanosPerTick: bigint): Capture | Problem {
  const data = view(bytes);
  if (bytes.length < 24) return problem(0, `${bytes.length} bytes, a pcap file header has 24`);
  const version = data.getUint16(4, little);
  if (version !== 2) return problem(4, `pcap version ${version}.${data.getUint16(6, little)}, expected 2.x`);
  // The upper bits tell the length of a frame check sequence, which the IP length leaves out anyway.
  const linkType = data.getUint32(20, little) & 0xffff;
  if (!LINKS.has(linkType)) {
    return problem(20, `link type ${linkType}, known are ${[...LINKS.keys()].join(', ')}`);
  }
  const found = new Collector();
  for (let at = 24; at < bytes.length; ) {
    const room = bytes.length - at - 16;
    if (room < 0) return problem(at, `the file ends in a packet header: ${room + 16} of 16 bytes`);
    const captured = data.getUint32(at + 8, little);
    if (captured > room) return problem(at, `the file ends in a packet: ${room} of ${captured} bytes`);
    const time =
      BigInt(data.getUint32(at, little)) * 1_000_000_000n +
      BigInt(data.getUint32(at + 4, little)) * nanosPerTick;
    found.add(time, linkType, bytes.subarray(at + 16, at + 16 + captured), data.getUint32(at + 12, little));
    at += 16 + captured;
  }
  return found.capture();
}

interface Interface {
  readonly linkType: number;
  /** 0: no limit. */
  readonly snapLength: number;
  readonly ticksPerSecond: bigint;
  /** Added to every time stamp. */
  readonly offsetSeconds: bigint;
}

/** One block of a pcapng file. */
interface Block {
  readonly type: number;
  /** Where it begins in the file. */
  readonly at: number;
  /** Where its body begins and ends. */
  readonly start: number;
  readonly end: number;
}

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

function readPcapng(bytes: Uint8Array): Capture | Problem {
  const data = view(bytes);
  const found = new Collector();
  let interfaces: Interface[] = [];
  let little = false;
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < 12)
      return problem(at, `the file ends in a block: ${bytes.length - at} bytes, at least 12`);
    if (data.getUint32(at) === SECTION_HEADER) {
      const order = data.getUint32(at + 8);
      if (order !== 0x1a2b3c4d && order !== 0x4d3c2b1a) {
        return problem(at + 8, `a byte-order magic of 0x${order.toString(16).padStart(8, '0')}`);
      }
      little = order === 0x4d3c2b1a;
      interfaces = [];
    }
    const block = readBlock(data, at, little);
    if (isProblem(block)) return block;
    const wrong = readBody(bytes, block, little, interfaces, found);
    if (wrong !== null) return wrong;
    at = block.end + 4;
  }
  return found.capture();
}

function readBlock(data: DataView, at: number, little: boolean): Block | Problem {
  const length = data.getUint32(at + 4, little);
  const room = data.byteLength - at;
  if (length < 12 || length % 4 !== 0)
    return problem(at + 4, `a block of ${length} bytes, not a multiple of 4 over 8`);
  if (length > room) return problem(at, `the file ends in a block: ${room} of ${length} bytes`);
  const end = at + length - 4;
  const repeated = data.getUint32(end, little);
  if (repeated !== length) return problem(end, `a block of ${length} bytes that ends as one of ${repeated}`);
  return { type: data.getUint32(at, little), at, start: at + 8, end };
}

/** Blocks of other types are for others (names, statistics, secrets). */
function readBody(
  bytes: Uint8Array,
  block: Block,
  little: boolean,
  interfaces: Interface[],
  found: Collector,
): Problem | null {
  const data = view(bytes);
  const { type, at, start, end } = block;
  const least = LEAST_BODY.get(type) ?? 0;
  if (end - start < least)
    return problem(at, `a block of type ${type} with ${end - start} of ${least} bytes`);
  switch (type) {
    case SECTION_HEADER: {
      const version = data.getUint16(start + 4, little);
      return version === 1 ? null : problem(start + 4, `pcapng version ${version}, expected 1`);
    }
    case INTERFACE_DESCRIPTION: {
      const added = readInterface(data, block, little);
      if (isProblem(added)) return added;
      interfaces.push(added);
      return null;
    }
    case SIMPLE_PACKET: {
      const device = interfaces[0];
      if (device === undefined) return problem(at, 'a packet before its interface');
      const original = data.getUint32(start, little);
      const captured = Math.min(original, device.snapLength || original);
      if (captured > end - start - 4)
        return problem(start, `a packet of ${captured} bytes in a block of ${end - start}`);
      found.add(found.lastTime, device.linkType, bytes.subarray(start + 4, start + 4 + captured), original);
      return null;
    }
    case PACKET:
    case ENHANCED_PACKET: {
      const id = type === PACKET ? data.getUint16(start, little) : data.getUint32(start, little);
      const device = interfaces[id];
      if (device === undefined) return problem(start, `interface ${id}, ${interfaces.length} are described`);
      const captured = data.getUint32(start + 12, little);
      if (captured > end - start - 20)
        return problem(start + 12, `a packet of ${captured} bytes in a block of ${end - start}`);
      const ticks =
        (BigInt(data.getUint32(start + 4, little)) << 32n) | BigInt(data.getUint32(start + 8, little));
      const time = device.offsetSeconds * 1_000_000_000n + (ticks * 1_000_000_000n) / device.ticksPerSecond;
      found.add(
        time,
        device.linkType,
        bytes.subarray(start + 20, start + 20 + captured),
        data.getUint32(start + 16, little),
      );
      return null;
    }
    default:
      return null;
  }
}

const LEAST_BODY: ReadonlyMap<number, number> = new Map([
  [SECTION_HEADER, 16],
  [INTERFACE_DESCRIPTION, 8],
  [PACKET, 20],
  [SIMPLE_PACKET, 4],
  [ENHANCED_PACKET, 20],
]);

function readInterface(data: DataView, { start, end }: Block, little: boolean): Interface | Problem {
  const linkType = data.getUint16(start, little);
  const snapLength = data.getUint32(start + 4, little);
  let ticksPerSecond = 1_000_000n;
  let offsetSeconds = 0n;
  for (let at = start + 8; at < end; ) {
    if (end - at < 4) return problem(at, 'an interface option that leaves its block');
    const code = data.getUint16(at, little);
    const length = data.getUint16(at + 2, little);
    if (code === END_OF_OPTIONS) break;
    if (at + 4 + length > end) return problem(at, 'an interface option that leaves its block');
    if (code === TIME_RESOLUTION) {
      if (length !== 1) return problem(at, `a time resolution of ${length} bytes, expected 1`);
      const exponent = data.getUint8(at + 4);
      ticksPerSecond = (exponent & 0x80) === 0 ? 10n ** BigInt(exponent) : 2n ** BigInt(exponent & 0x7f);
    }
    if (code === TIME_OFFSET) {
      if (length !== 8) return problem(at, `a time offset of ${length} bytes, expected 8`);
      offsetSeconds = data.getBigInt64(at + 4, little);
    }
    at += 4 + ((length + 3) & ~3);
  }
  return { linkType, snapLength, ticksPerSecond, offsetSeconds };
}

const END_OF_OPTIONS = 0;
const TIME_RESOLUTION = 9;
const TIME_OFFSET = 14;

/** What has been found so far. */
class Collector {
  readonly packets: CapturedPacket[] = [];
  skipped = 0;
  lastTime = 0n;

  capture(): Capture {
    return { packets: this.packets, skipped: this.skipped };
  }

  /** `original` is the frame's length on the wire, the part that was not captured included. */
  add(timeNs: bigint, linkType: number, frame: Uint8Array, original: number): void {
    this.lastTime = timeNs;
    const start = LINKS.get(linkType)?.(frame) ?? -1;
    const length = start < 0 ? -1 : ipLength(frame.subarray(start), original - start);
    if (length < 0) this.skipped += 1;
    else this.packets.push({ timeNs, ip: frame.subarray(start, start + length), originalIpLength: length });
  }
}

/**
 * The length that an IP packet's header shows; -1 when there is no such header. A length of 0 is left by network cards that cut
 * the packet into segments later, and by jumbograms: then the frame's length counts.
 */
function ipLength(packet: Uint8Array, onWire: number): number {
  const version = packet.length === 0 ? 0 : packet[0]! >> 4;
  if (version === 4 && packet.length >= 20) {
    const total = readU16(packet, 2);
    const header = (packet[0]! & 15) * 4;
    if (header < 20) return -1;
    if (total === 0) return Math.max(onWire, packet.length);
    return total >= header ? total : -1;
  }
  if (version === 6 && packet.length >= 40) {
    const payload = readU16(packet, 4);
    return payload === 0 && packet[6] !== NO_NEXT_HEADER ? Math.max(onWire, packet.length) : 40 + payload;
  }
  return -1;
}

const NO_NEXT_HEADER = 59;

/** Where in a frame the IP packet begins; -1 when there is none. By link type, as https://www.tcpdump.org/linktypes.html has them. */
const LINKS: ReadonlyMap<number, (frame: Uint8Array) => number> = new Map([
  [0, loopback], // NULL: the address family in the byte order of whoever captured it
  [108, loopback], // LOOP: the same in network order
  [1, (frame: Uint8Array) => afterEtherType(frame, 12)], // ETHERNET
  [113, (frame: Uint8Array) => afterEtherType(frame, 14)], // LINUX_SLL
  [276, linuxSll2],
  [12, raw], // RAW, as some systems write it
  [14, raw],
  [101, raw], // RAW
  [228, raw], // IPV4
  [229, raw], // IPV6
]);

function raw(): number {
  return 0;
}

function loopback(frame: Uint8Array): number {
  if (frame.length < 4) return -1;
  const data = view(frame);
  return ADDRESS_FAMILIES.has(data.getUint32(0)) || ADDRESS_FAMILIES.has(data.getUint32(0, true)) ? 4 : -1;
}

/** AF_INET, and AF_INET6 on Linux, NetBSD and OpenBSD, FreeBSD, macOS. */
const ADDRESS_FAMILIES: ReadonlySet<number> = new Set([2, 10, 24, 28, 30]);

/** The protocol stands at the start, 16 octets of other facts follow. */
function linuxSll2(frame: Uint8Array): number {
  if (frame.length < 20) return -1;
  return IP_ETHER_TYPES.has(readU16(frame, 0)) ? 20 : -1;
}

/** Behind the EtherType at `at`, and behind any number of VLAN tags (802.1Q, 802.1ad, and the older 0x9100). */
function afterEtherType(frame: Uint8Array, at: number): number {
  for (let type = at; type + 2 <= frame.length; type += 4) {
    const value = readU16(frame, type);
    if (IP_ETHER_TYPES.has(value)) return type + 2;
    if (!VLAN_ETHER_TYPES.has(value)) return -1;
  }
  return -1;
}

const IP_ETHER_TYPES: ReadonlySet<number> = new Set([0x0800, 0x86dd]);
const VLAN_ETHER_TYPES: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
