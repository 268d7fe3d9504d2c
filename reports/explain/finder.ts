/** Finds a packet among all of a run, and those that have to do with it. */
import type { Nanos } from '../../engine/index.ts';
import {
  ADDRESSED,
  COPY_OF,
  ENDED_AT,
  type EndedPackets,
  FATE_SHIFT,
  FATES,
  FLAGS,
  FLOW,
  FRAGMENT_OF,
  FROM,
  ID,
  INFO,
  KIND_SHIFT,
  messageOf,
  type Names,
  ORIGIN_SHIFT,
  ORIGINS,
  Origin,
  PacketFlag,
  PacketKind,
  SENT_AT,
  SEQ,
  SIZE,
  SOURCE,
  type TraceSink,
} from '../../sim/index.ts';

export type Wanted =
  | { readonly id: number }
  | { readonly flow: number; readonly seq: number; readonly reverse: boolean };

/** A packet that has ended. */
export interface FoundPacket {
  readonly id: number;
  readonly flow: string;
  readonly seq: number;
  /** Travels from the flow's `to` back to its `from`. */
  readonly reverse: boolean;
  /** A name of `PacketKind`. */
  readonly kind: string;
  readonly origin: (typeof ORIGINS)[number];
  /** Ids; 0 for none. */
  readonly copyOf: number;
  readonly fragmentOf: number;
  readonly from: string;
  readonly size: number;
  readonly sentNs: Nanos;
  readonly endedNs: Nanos;
  readonly fate: (typeof FATES)[number];
}

export interface RelatedPacket extends FoundPacket {
  /**
   * What it is to the packet: a copy or fragment of it, what it is itself a copy or fragment of, its answer (or an ICMP error
   * about it), what it answers, or another of the same number: another try, another sender's.
   */
  readonly relation: 'copy' | 'copyOf' | 'fragment' | 'fragmentOf' | 'answer' | 'question' | 'fellow';
}

/** More would say no more. */
const MOST_RELATED = 64;
const KINDS = Object.keys(PacketKind);

/** What of a packet decides which others belong to it. */
export interface Traits {
  readonly packet: FoundPacket;
  readonly flow: number;
  readonly message: number;
  /** Addresses, as numbers. */
  readonly source: number;
  readonly addressed: number;
  readonly isError: boolean;
}

/** Of all packets of a run: the one that is wanted. */
export class PacketFinder implements TraceSink {
  /** The highest number of a packet of the wanted flow and direction; -1: there is none. */
  highestSeq = -1;
  found: Traits | null = null;
  readonly #wanted: Wanted;
  readonly #names: Names;

  constructor(wanted: Wanted, names: Names) {
    this.#wanted = wanted;
    this.#names = names;
  }

  ended({ length, packets, ints, doubles }: EndedPackets): void {
    const wanted = this.#wanted;
    for (let i = 0; i < length; i++) {
      const packet = packets[i]!;
      if ('id' in wanted) {
        if (doubles[packet >> 1] === wanted.id) this.found = this.#traits(packet, ints, doubles);
        continue;
      }
      const isReverse = (ints[packet + FLAGS]! & PacketFlag.reverse) !== 0;
      if (ints[packet + FLOW] !== wanted.flow || isReverse !== wanted.reverse) continue;
      const seq = doubles[(packet >> 1) + SEQ]!;
      if (seq > this.highestSeq) this.highestSeq = seq;
      if (seq === wanted.seq) this.#prefer(this.#traits(packet, ints, doubles));
    }
  }

  /** Of several with that number the first that was sent; copies, fragments and errors about them come after. */
  #prefer(other: Traits): void {
    const { found } = this;
    if (found === null || rank(other) < rank(found)) this.found = other;
    else if (rank(other) === rank(found) && other.packet.id < found.packet.id) this.found = other;
  }

  #traits(packet: number, ints: Int32Array, doubles: Float64Array): Traits {
    return traitsOf(packet, ints, doubles, this.#names);
  }
}

const rank = ({ packet, isError }: Traits): number =>
  (isError ? 2 : 0) + (packet.origin === 'sent' || packet.origin === 'answer' ? 0 : 1);

/** In the run of that packet: those that have to do with it, by id. */
export class RelatedPackets implements TraceSink {
  readonly #main: Traits;
  readonly #names: Names;
  readonly #isRequest: boolean;
  readonly #isSame: (a: number, b: number) => boolean;
  readonly #found: RelatedPacket[] = [];

  /** `text`: an address's, by its number; the same address has others in other networks. */
  constructor(main: Traits, names: Names, text: (address: number) => string) {
    this.#main = main;
    this.#names = names;
    this.#isSame = (a, b) => a === b || text(a) === text(b);
    this.#isRequest = names.flows[main.flow]?.kind === 'request';
  }

  get all(): readonly RelatedPacket[] {
    return this.#found.toSorted((a, b) => a.id - b.id);
  }

  ended({ length, packets, ints, doubles }: EndedPackets): void {
    for (let i = 0; i < length && this.#found.length < MOST_RELATED; i++) {
      const packet = packets[i]!;
      if (ints[packet + FLOW] !== this.#main.flow) continue;
      const relation = this.#relation(packet, ints, doubles);
      if (relation !== null)
        this.#found.push({ relation, ...traitsOf(packet, ints, doubles, this.#names).packet });
    }
  }

  #relation(packet: number, ints: Int32Array, doubles: Float64Array): RelatedPacket['relation'] | null {
    const { packet: main, source, addressed } = this.#main;
    const half = packet >> 1;
    const id = doubles[half + ID]!;
    if (id === main.id) return null;
    if (doubles[half + COPY_OF] === main.id) return 'copy';
    if (doubles[half + FRAGMENT_OF] === main.id) return 'fragment';
    if (id === main.copyOf) return 'copyOf';
    if (id === main.fragmentOf) return 'fragmentOf';
    const flags = ints[packet + FLAGS]!;
    // Parts and copies of others are found through them.
    const origin = (flags >> ORIGIN_SHIFT) & 15;
    if (origin !== Origin.sent && origin !== Origin.answer) return null;
    if (!this.#isSameNumber(packet, ints, doubles)) return null;
    const isReverse = (flags & PacketFlag.reverse) !== 0;
    if (isReverse === main.reverse) return 'fellow';
    if (main.reverse) return this.#isSame(ints[packet + SOURCE]!, addressed) ? 'question' : null;
    return this.#isSame(ints[packet + ADDRESSED]!, source) ? 'answer' : null;
  }

  #isSameNumber(packet: number, ints: Int32Array, doubles: Float64Array): boolean {
    const { packet: main, message, isError } = this.#main;
    const isAnswersError = isErrorKind((ints[packet + FLAGS]! >> KIND_SHIFT) & 15);
    if (this.#isRequest && !isError && !isAnswersError)
      return messageOf(doubles[(packet >> 1) + INFO]!) === message;
    return doubles[(packet >> 1) + SEQ] === main.seq;
  }
}

const isErrorKind = (kind: number): boolean => kind >= PacketKind.portUnreachable;

function traitsOf(packet: number, ints: Int32Array, doubles: Float64Array, names: Names): Traits {
  const int = (column: number): number => ints[packet + column]!;
  const double = (column: number): number => doubles[(packet >> 1) + column]!;
  const flags = int(FLAGS);
  const kind = (flags >> KIND_SHIFT) & 15;
  return {
    packet: {
      id: double(ID),
      flow: names.flows[int(FLOW)]?.id ?? '',
      seq: double(SEQ),
      reverse: (flags & PacketFlag.reverse) !== 0,
      kind: KINDS[kind]!,
      origin: ORIGINS[(flags >> ORIGIN_SHIFT) & 15]!,
      copyOf: double(COPY_OF),
      fragmentOf: double(FRAGMENT_OF),
      from: names.vms[int(FROM)]!,
      size: int(SIZE),
      sentNs: double(SENT_AT),
      endedNs: double(ENDED_AT),
      fate: FATES[flags >>> FATE_SHIFT]!,
    },
    flow: int(FLOW),
    message: messageOf(double(INFO)),
    source: int(SOURCE),
    addressed: int(ADDRESSED),
    isError: isErrorKind(kind),
  };
}
