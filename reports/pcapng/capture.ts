/**
 * `capture.pcapng`: what a sniffer at every VM's attachment would have written, with nanoseconds and a comment on every packet.
 *
 * | where | which packets | when |
 * | --- | --- | --- |
 * | its sender's attachment | what a VM has sent and was delivered or cut into fragments, with `dropped` everything it has sent; as it was sent | `sentNs` |
 * | its receiver's | what was delivered, or was a fragment of a whole, as it arrived; with `dropped` also what its IP host threw away, so corrupted packets with the flipped bits | when it arrived |
 * | `HOST>HOST`, with `substrate` | what one host has sent to another, in the substrate's header | when it left |
 *
 * A copy has no sender, since the network made it; and a whole made of fragments does not arrive, since they did. Both records of a
 * packet have its id as `epb_packetid`.
 *
 * Records are in order of time. They become known when a packet ends, so they wait until every packet that was sent before has
 * ended: memory for the span in flight, some 150 bytes a packet (bytes are made when it is a record's turn), with `substrate` also the
 * bytes themselves.
 */
import type { CommandRecord, EndedPackets, PacketId, WireObserver, World } from '../../sim/index.ts';
import * as sim from '../../sim/index.ts';
import type { Artefact } from '../artefact.ts';
import type { OpenFile } from '../byte-writer.ts';
import type { Summary } from '../summary.ts';
import { Attachments } from './attachments.ts';
import { BlockBuffer, Direction } from './blocks.ts';
import { Comments, textOf } from './comment.ts';
import { isOrdinary, PacketBytes } from './packet-bytes.ts';
import { ABSENT, Fifo, HeldBlocks, IdRing, NOTHING, Rows } from './waiting.ts';

// Constants of this file are folded into its code. An imported one is loaded anew for each packet.
const { ADDRESSED, ENDED_AT, FATE_SHIFT, FLAGS, FROM, Fate, HOP, ID, isProblem, NO_PACKET, ORIGIN_SHIFT } =
  sim;
const { OFFSET_TTL_PROTOCOL, OUTER, Origin, PATH, PacketFlag, ROW, SENDER, SENT_AT, SIZE, SOURCE, TARGET } =
  sim;

const MORE_FRAGMENTS = PacketFlag.moreFragments;
/** What the network may have done to a packet on its way. */
const DONE = PacketFlag.marked | PacketFlag.corrupted | PacketFlag.silent;

export interface CaptureOptions {
  /** Also packets that never arrived. */
  readonly dropped?: boolean | undefined;
  /** Also what hosts send to each other. */
  readonly substrate?: boolean | undefined;
}

export class CaptureSink implements Artefact, WireObserver {
  readonly leaves?: (packet: PacketId, host: number) => void;
  readonly #world: World;
  readonly #dropped: boolean;
  readonly #out: BlockBuffer;
  readonly #attachments: Attachments;
  readonly #bytes: PacketBytes;
  readonly #comments: Comments;
  /** What VMs have sent, by id and so by time. */
  readonly #sent = new IdRing();
  readonly #rows = new Rows();
  /** Slots of what has arrived whole, in order of time. */
  readonly #arrived = new Fifo();
  readonly #held = new HeldBlocks();
  /** By row of the pool: when the packet came to the host it was last sent to. Of fragments. */
  #arrivedAt = new Float64Array(1024);
  /** By path: how many VMs are on it; 0: not known yet. */
  #depths = new Uint8Array(1024);

  /** Before the run: it looks at the world's physical network, for which nobody else may. */
  constructor(world: World, open: OpenFile, { dropped = false, substrate = false }: CaptureOptions = {}) {
    this.#world = world;
    this.#dropped = dropped;
    this.#out = new BlockBuffer(open('capture.pcapng'));
    this.#attachments = new Attachments(world.system, this.#out);
    this.#bytes = new PacketBytes(world.system);
    this.#comments = new Comments(world.system);
    if (substrate) this.leaves = (packet, host) => this.#leaves(packet, host);
    world.observe(this);
  }

  /** Fragments end when they have become a whole, or have not; that is when they came. */
  arrives(packet: PacketId): void {
    const { ints } = this.#world.packets;
    if ((ints[packet + FLAGS]! & MORE_FRAGMENTS) === 0 && ints[packet + OFFSET_TTL_PROTOCOL]! >>> 16 === 0)
      return;
    const row = packet / ROW;
    if (row >= this.#arrivedAt.length) {
      const wider = new Float64Array(Math.max(row + 1, this.#arrivedAt.length * 2));
      wider.set(this.#arrivedAt);
      this.#arrivedAt = wider;
    }
    this.#arrivedAt[row] = this.#world.kernel.now;
  }

  ended({ length, packets, ints, doubles }: EndedPackets): void {
    for (let i = 0; i < length; i++) {
      const packet = packets[i]!;
      const flags = ints[packet + FLAGS]!;
      const fate = flags >>> FATE_SHIFT;
      const origin = (flags >> ORIGIN_SHIFT) & 15;
      const isSent =
        origin <= Origin.answer && (this.#dropped || fate === Fate.delivered || fate === Fate.fragmented);
      const isFragment = (flags & MORE_FRAGMENTS) !== 0 || ints[packet + OFFSET_TTL_PROTOCOL]! >>> 16 !== 0;
      let hasArrived = origin !== Origin.whole && this.#hasArrived(fate);
      if (hasArrived && isFragment) {
        this.#holdFragment(ints, doubles, packet);
        hasArrived = false;
      }
      let slot = NOTHING;
      if (isSent || hasArrived) {
        slot = this.#rows.keep(ints, doubles, packet, isSent && hasArrived ? 2 : 1);
        const offset = ints[packet + OFFSET_TTL_PROTOCOL]!;
        const { octets } = this.#world;
        if (isSent && !isOrdinary(flags & ~DONE, offset))
          this.#rows.sent.set(slot, octets.original(packet, this.#sentTtl(ints, packet)));
        if (hasArrived && !isOrdinary(flags, offset)) this.#rows.arrived.set(slot, octets.virtual(packet));
        if (hasArrived) this.#arrived.push(slot);
      }
      const half = packet >> 1;
      const sentAt = origin <= Origin.answer ? doubles[half + SENT_AT]! : -1;
      this.#sent.put(doubles[half + ID]!, isSent ? slot : NOTHING, sentAt);
    }
    this.#writeWhatIsDue();
  }

  finish(_summary: Summary, _commands: readonly CommandRecord[]): void {
    const sent = this.#sent;
    // All packets have been told. Should one be missing, the rest is written all the same.
    while (sent.first < sent.end) {
      this.#writeWhatIsDue();
      if (sent.first < sent.end) sent.drop();
    }
    this.#writeArrivals(Infinity, Infinity);
    this.#out.close();
  }

  abandon(): void {
    this.#out.abandon();
  }

  /** It came to the IP host of a VM. */
  #hasArrived(fate: number): boolean {
    if (fate === Fate.delivered || fate === Fate.reassembled) return true;
    if (!this.#dropped) return false;
    return (
      fate === Fate.checksum ||
      fate === Fate.noListener ||
      fate === Fate.ttl ||
      fate === Fate.reassemblyTimeout
    );
  }

  #writeWhatIsDue(): void {
    const sent = this.#sent;
    for (let slot = sent.head(); slot !== ABSENT; slot = sent.head()) {
      // What was sent and is not wanted says how far the others may go, too.
      const time = sent.headTime;
      if (time >= 0) this.#writeArrivals(time, sent.first);
      if (slot !== NOTHING) this.#write(slot, false);
      sent.drop();
    }
  }

  /**
   * Everything that is earlier than what is sent next; at the same instant, what belongs to packets from before. No packet that has not
   * ended was sent earlier, and none arrives before it was sent.
   */
  #writeArrivals(time: number, id: number): void {
    const arrived = this.#arrived;
    for (;;) {
      const half = arrived.length === 0 ? NOTHING : (arrived.head * ROW) >> 1;
      const { doubles } = this.#rows;
      const at = half === NOTHING ? Infinity : doubles[half + ENDED_AT]!;
      const held = this.#held.head;
      if (held !== undefined && held.time <= at) {
        if (held.time > time || (held.time === time && held.id >= id)) return;
        this.#out.put(held.block);
        this.#held.shift();
        continue;
      }
      if (half === NOTHING || at > time || (at === time && doubles[half + ID]! >= id)) return;
      this.#write(arrived.shift(), true);
    }
  }

  #write(slot: number, isArrival: boolean): void {
    const rows = this.#rows;
    const { ints, doubles } = rows;
    const row = slot * ROW;
    const half = row >> 1;
    const out = this.#out;
    const attachment = isArrival
      ? this.#attachments.of(ints[row + HOP]!, ints[row + TARGET]!)
      : this.#attachments.of(ints[row + FROM]!, ints[row + SOURCE]!);
    const time = doubles[half + (isArrival ? ENDED_AT : SENT_AT)]!;
    out.beginPacket(attachment, time, ints[row + SIZE]!, this.#comments.room(ints, row));
    const made = isArrival ? rows.arrived : rows.sent;
    const ready = made.size === 0 ? undefined : made.get(slot);
    const flags = ints[row + FLAGS]!;
    const at = out.packetAt;
    if (ready !== undefined) out.bytes.set(ready, at);
    else if (isArrival)
      this.#bytes.write(ints, doubles, row, ints[row + TARGET]!, ttlOf(ints, row), flags, out.view, at);
    else
      this.#bytes.write(
        ints,
        doubles,
        row,
        ints[row + ADDRESSED]!,
        this.#sentTtl(ints, row),
        flags & ~DONE,
        out.view,
        at,
      );
    const start = out.beginComment(doubles[half + ID]!, isArrival ? Direction.inbound : Direction.outbound);
    out.endPacket(this.#comments.write(ints, doubles, row, out, start));
    rows.done(slot);
  }

  #holdFragment(ints: Int32Array, doubles: Float64Array, packet: PacketId): void {
    const time = this.#arrivedAt[packet / ROW]!;
    const bytes = this.#world.octets.virtual(packet);
    const out = this.#out;
    const id = doubles[(packet >> 1) + ID]!;
    const attachment = this.#attachments.of(ints[packet + HOP]!, ints[packet + TARGET]!);
    out.beginPacket(attachment, time, bytes.length, this.#comments.room(ints, packet));
    out.bytes.set(bytes, out.packetAt);
    out.endPacket(this.#comments.write(ints, doubles, packet, out, out.beginComment(id, Direction.inbound)));
    this.#held.push({ time, id, block: out.cutPacket() });
  }

  /** On its way from one host to another. Inside of a host there is no physical network. */
  #leaves(packet: PacketId, host: number): void {
    const { packets, octets, kernel, system } = this.#world;
    const { ints, doubles } = packets;
    const to = ints[packet + OUTER]! & 0xffff;
    if (to === host) return;
    const bytes = octets.substrate(packet);
    // Too long for IPv6: it goes on only because the simulated substrate does not look.
    if (isProblem(bytes)) return;
    const out = this.#out;
    const pair = this.#attachments.between(host, to);
    const event = textOf(` leaves ${system.hosts[host]} for ${system.hosts[to]}`);
    const id = doubles[(packet >> 1) + ID]!;
    out.beginPacket(pair, kernel.now, bytes.length, this.#comments.room(ints, packet) + event.length);
    out.bytes.set(bytes, out.packetAt);
    const start = out.beginComment(id, Direction.unknown);
    out.endPacket(this.#comments.writeAlive(ints, doubles, packet, event, out, start));
    this.#held.push({ time: kernel.now, id, block: out.cutPacket() });
  }

  /** Routers have each taken one off; those on the path that have handed it on. */
  #sentTtl(ints: Int32Array, row: number): number {
    const path = ints[row + PATH]!;
    const hop = ints[row + HOP]!;
    const depth = this.#depthOf(path);
    const isUnrouted =
      hop === NO_PACKET || (ints[row + SENDER] !== ints[row + FROM] && hop === ints[row + SENDER]);
    return ttlOf(ints, row) + (isUnrouted ? depth : depth - 1);
  }

  #depthOf(path: number): number {
    if (path === 0) return 0;
    if (path >= this.#depths.length) {
      const wider = new Uint8Array(Math.max(path + 1, this.#depths.length * 2));
      wider.set(this.#depths);
      this.#depths = wider;
    }
    if (this.#depths[path] === 0) this.#depths[path] = this.#world.names.path(path).split('>').length;
    return this.#depths[path]!;
  }
}

const ttlOf = (ints: Int32Array, row: number): number => (ints[row + OFFSET_TTL_PROTOCOL]! >> 8) & 0xff;
