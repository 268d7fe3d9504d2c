/** Traffic that is read from files: lists of packets. */
import {
  addressOctets,
  formatAddress,
  isProblem,
  Protocol,
  readAddress,
  readCapture,
  type UpperLayer,
  upperLayer,
} from '../../sim/index.ts';

export interface PacketList {
  readonly sentNs: Float64Array;
  readonly sizes: Int32Array;
}

/** Why a file is no list of packets, with the line. */
export class UnreadableList extends Error {
  readonly allowed: string;

  constructor(found: string, allowed: string) {
    super(found);
    this.allowed = allowed;
  }
}

const HEADER = 'sentNs,size';
const ROW = /^(\d{1,16}),(\d{1,5})$/;

/**
 * CSV with the header `sentNs,size` and a row per packet: whole ns, ascending (equal ones are sent in the order of the file),
 * and the IP packet's length in bytes. `least` and `last` bound the two.
 */
export function readPacketCsv(bytes: Uint8Array, least: number, last: number): PacketList {
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
  while (lines.at(-1) === '') lines.pop();
  if (lines[0] !== HEADER) throw new UnreadableList(`${quote(lines[0])} in line 1`, `the header ${HEADER}`);
  const count = lines.length - 1;
  const sentNs = new Float64Array(count);
  const sizes = new Int32Array(count);
  let before = 0;
  for (let row = 0; row < count; row++) {
    const line = lines[row + 1] ?? '';
    const place = `${quote(line)} in line ${row + 2}`;
    const [, sent, size] = ROW.exec(line) ?? [];
    const at = Number(sent);
    if (sent === undefined || size === undefined)
      throw new UnreadableList(place, 'two whole numbers: ns, bytes');
    if (at < before) throw new UnreadableList(place, `instants in ascending order, here from ${before} on`);
    if (at > last) throw new UnreadableList(place, `instants up to ${last} ns`);
    if (Number(size) < least || Number(size) > 65535) {
      throw new UnreadableList(place, `sizes from ${least} to 65535 bytes`);
    }
    before = at;
    sentNs[row] = at;
    sizes[row] = Number(size);
  }
  return { sentNs, sizes };
}

const quote = (line = ''): string => JSON.stringify(line.length > 40 ? `${line.slice(0, 37)}...` : line);

export interface CaptureFilter {
  /** Canonical address texts. */
  readonly from?: string;
  readonly to?: string;
  readonly port?: number;
  readonly protocol?: 'tcp' | 'udp' | 'icmp';
}

/**
 * The IP packets of a pcap or pcapng file that pass the filter: instants relative to the earliest one, in order of time.
 * Packets shorter than `least`, which no UDP packet of the network can be, are raised to it.
 */
export function readPacketCapture(
  bytes: Uint8Array,
  filter: CaptureFilter,
  least: number,
  last: number,
): PacketList {
  const capture = readCapture(bytes);
  if (isProblem(capture)) {
    throw new UnreadableList(`${capture.problem} at byte ${capture.offset}`, 'a pcap or pcapng file');
  }
  const kept = capture.packets.filter(({ ip }) => passes(ip, filter));
  if (kept.length === 0) {
    const found = `no packet that passes the filter, of ${capture.packets.length} IP packets`;
    throw new UnreadableList(found, 'a capture with at least one');
  }
  kept.sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0));
  const first = kept[0]?.timeNs ?? 0n;
  const sentNs = Float64Array.from(kept, ({ timeNs }) => Number(timeNs - first));
  if ((sentNs.at(-1) ?? 0) > last) {
    throw new UnreadableList(`a packet ${sentNs.at(-1)} ns after the first one`, `instants up to ${last} ns`);
  }
  const sizes = Int32Array.from(kept, ({ originalIpLength }) =>
    Math.min(65535, Math.max(least, originalIpLength)),
  );
  return { sentNs, sizes };
}

function passes(ip: Uint8Array, filter: CaptureFilter): boolean {
  const family = ip[0]! >> 4 === 6 ? 6 : 4;
  const sourceAt = family === 6 ? 8 : 12;
  const { from, to, port, protocol } = filter;
  if (from !== undefined && formatAddress(readAddress(ip, sourceAt, family)) !== from) return false;
  if (to !== undefined && formatAddress(readAddress(ip, sourceAt + addressOctets(family), family)) !== to)
    return false;
  const upper = upperLayer(ip);
  if (protocol !== undefined && !PROTOCOLS[protocol].includes(upper.protocol)) return false;
  return port === undefined || portsOf(ip, upper).includes(port);
}

const PROTOCOLS: Readonly<Record<NonNullable<CaptureFilter['protocol']>, readonly number[]>> = {
  tcp: [Protocol.tcp],
  udp: [Protocol.udp],
  icmp: [Protocol.icmp, Protocol.icmpv6],
};

/** Source and destination port; none in fragments after the first. */
function portsOf(ip: Uint8Array, { protocol, offset, fragmentOffset }: UpperLayer): readonly number[] {
  if (protocol !== Protocol.tcp && protocol !== Protocol.udp) return [];
  if (fragmentOffset > 0 || offset + 4 > ip.length) return [];
  return [(ip[offset]! << 8) | ip[offset + 1]!, (ip[offset + 2]! << 8) | ip[offset + 3]!];
}
