/** Packets in order of arrival, as a list through their own rows. Decides nothing. */
import { ZERO } from '../../../engine/index.ts';
import { NEXT, NO_PACKET, type PacketId, type PacketPool, SIZE } from '../../packet.ts';

export class Fifo {
  length = 0;
  bytes = ZERO;
  /** The packet that has waited longest; NO_PACKET when there is none. */
  first: PacketId = NO_PACKET;
  #last: PacketId = NO_PACKET;
  readonly #packets: PacketPool;

  constructor(packets: PacketPool) {
    this.#packets = packets;
  }

  push(packet: PacketId): void {
    const { ints } = this.#packets;
    ints[packet + NEXT] = NO_PACKET;
    if (this.length === 0) this.first = packet;
    else ints[this.#last + NEXT] = packet;
    this.#last = packet;
    this.length++;
    this.bytes += ints[packet + SIZE]!;
  }

  /** Takes out the first; NO_PACKET when there is none. */
  shift(): PacketId {
    const packet = this.first;
    if (packet === NO_PACKET) return NO_PACKET;
    const { ints } = this.#packets;
    this.first = ints[packet + NEXT]!;
    this.length--;
    this.bytes -= ints[packet + SIZE]!;
    return packet;
  }

  /** Size of the first in bytes; -1 when there is none. */
  firstSize(): number {
    return this.first === NO_PACKET ? -1 : this.#packets.ints[this.first + SIZE]!;
  }

  /** Takes out all of them. */
  evict(into: PacketId[]): void {
    while (this.length > 0) into.push(this.shift());
  }
}
