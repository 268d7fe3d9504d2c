/** What a queue discipline is: who waits for bandwidth, in which order they leave, and who is dropped. Knows no rate but to plan by. */
import type { Kernel, Nanos, RandomStream } from '../../../engine/index.ts';
import type { PacketId, PacketPool } from '../../packet.ts';
import type { Surroundings } from '../stage.ts';

export interface DisciplineTools {
  readonly kernel: Kernel;
  readonly packets: PacketPool;
  /** Each packet that is enqueued meets `drawsPerPacket` of its draws, needed or not; an adopted one meets none. */
  readonly random: RandomStream;
  readonly surroundings: Surroundings;
  /** Ends the life of a packet that the queue refuses or throws out. */
  drop(packet: PacketId): void;
}

/** The limits in force and the discipline's own parameters, all resolved. Each discipline reads those it knows. */
export interface DisciplineSettings {
  /** Bit/s at which the queue is served (of a varying link: its mean); 0: unlimited. For averages and thresholds in time. */
  readonly rate: number;
  /** So many bytes and so many packets may wait; Infinity for no limit. */
  readonly limitBytes: number;
  readonly limitPackets: number;
  /** Largest packet of the link in bytes: CoDel never drops while no more than this waits. */
  readonly mtu: number;
  /** ECN-capable packets are marked where others are dropped, as far as the discipline's RFC has it. */
  readonly ecn: boolean;
  /** The delay that `codel`, `fqCodel` and `pie` aim at, and that `ared` takes its automatic thresholds from. */
  readonly target: Nanos;
  /** CoDel: how long the delay has to stay above the target; about the longest usual round-trip time. */
  readonly interval: Nanos;
  /** Queues that flows are spread over (`fqCodel`, `drr`). */
  readonly flows: number;
  /** What a flow may send in a round (`fqCodel`, `drr`). */
  readonly quantumBytes: number;
  /** Thresholds of the average queue, packets. 0: by `target` and `rate` (Floyd, Gummadi and Shenker 2001, section 5). */
  readonly redMin: number;
  readonly redMax: number;
  /** Share of the present length in the average. 0: 1 - exp(-1/packets per second), as in the same paper. */
  readonly redWeight: number;
  /** Chance of a drop where the average reaches `redMax`; what `ared` begins with. */
  readonly redMaxProbability: number;
  /** The chance grows on to 1 between `redMax` and twice that, instead of jumping there. */
  readonly redGentle: boolean;
  /** PIE: time between two computations of its drop probability. */
  readonly update: Nanos;
  /** PIE: bursts of this length pass untouched. */
  readonly burstAllowance: Nanos;
  /** Classes of `prio`. */
  readonly bands: number;
}

/** What no link decides. */
export type DisciplineDefaults = Omit<DisciplineSettings, 'rate' | 'limitBytes' | 'limitPackets' | 'mtu'>;

/** The standards' values; a definition's own `defaults` go before them, what the user says before both. */
export const STANDARD: DisciplineDefaults = {
  ecn: false,
  // RFC 8289, sections 4.2 and 4.3.
  target: 5_000_000,
  interval: 100_000_000,
  // RFC 8290, section 5.2.
  flows: 1024,
  quantumBytes: 1514,
  // ns-3's RedQueueDisc.
  redMin: 5,
  redMax: 15,
  redWeight: 0.002,
  redMaxProbability: 0.02,
  redGentle: true,
  // RFC 8033, sections 4.2 and 4.4.
  update: 15_000_000,
  burstAllowance: 150_000_000,
  bands: 3,
};

/** Until `configure` says more. */
export const UNLIMITED: DisciplineSettings = {
  ...STANDARD,
  rate: 0,
  limitBytes: Infinity,
  limitPackets: Infinity,
  mtu: 1500,
};

export interface QueueDiscipline {
  /** What waits, and nothing else. */
  readonly backlogBytes: number;
  readonly backlogPackets: number;
  /** New settings from this instant on; to be called once before anything else. What waits stays, even above a new limit. */
  configure(settings: DisciplineSettings): void;
  /** Takes it over: keeps it, marks it, or drops it or others. Uses the packet's `NEXT` and `DUE` as long as it waits. */
  enqueue(packet: PacketId): void;
  /** Takes over a packet that waited elsewhere: as if it came now, but never refused, and without a draw. */
  adopt(packet: PacketId): void;
  /** Bytes of the packet that would leave next, if none were dropped on the way; -1 when empty. Changes nothing. */
  nextSize(): number;
  /** NO_PACKET when empty; may drop on the way (CoDel), so that another size or nothing comes out than `nextSize` said. */
  dequeue(): PacketId;
  /** Lets go of everything, in order of service. */
  evict(into: PacketId[]): void;
}

export interface DisciplineDefinition {
  readonly name: string;
  /** One sentence for humans. */
  readonly summary: string;
  /** Draws that each enqueued packet meets, needed or not. */
  readonly drawsPerPacket: number;
  /** A packet that comes when nobody waits, and leaves at once, changes nothing: it need not be enqueued. */
  readonly forgetsPassers?: boolean;
  /** Where its standard differs from {@link STANDARD}. */
  readonly defaults?: Partial<DisciplineDefaults>;
  create(tools: DisciplineTools): QueueDiscipline;
}
