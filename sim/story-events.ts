/** What a story tells: one fact of the life of a packet after the other, as plain data. No words. */
import type { Nanos } from '../engine/index.ts';
import type { LineView } from './personality/line.ts';
import type { ParamValue } from './personality/params.ts';
import type { GateMemory } from './personality/stage.ts';
import type { Damage } from './wire/bit-errors.ts';

/** Who has set something: an entry of the timeline, by its path, or null: the scenario's beginning. */
export interface Setter {
  readonly at: Nanos;
  /** `timeline[3]`; null: it was so from the beginning. */
  readonly path: string | null;
}

/** A field of the personality in force, where the stage reads it. */
export interface FieldFact {
  /** `packetLossPercentage`, `bandwidth.queueBytes`. */
  readonly path: string;
  readonly value: ParamValue;
  /** Null: nobody has; the value is the field's default. */
  readonly setBy: Setter | null;
}

/** The personality in force in front of a VM, and why it is that one. */
export interface PersonalityFact {
  readonly id: string;
  /** 1 when it came into being, and 1 more with each change. */
  readonly version: number;
  /** Who made that version. */
  readonly versionBy: Setter;
  readonly vm: string;
  /** Whose packets the assignment is for: `vm client`, `network prod`, `host eu`; empty: everybody's. */
  readonly scope: string;
  readonly assignedBy: Setter;
  /** When the assignment ends by itself; null: never. */
  readonly expires: Nanos | null;
  /** Applies to what the VM sends: it is the egress of the personality of that id. */
  readonly egressOf: string | null;
  /** The VM's other assignments, which count for others' packets. */
  readonly others: readonly { readonly scope: string; readonly personality: string }[];
}

/** A number that was drawn, in [0, 1). */
export interface DrawFact {
  /** The stream's name: `server/loss`. */
  readonly stream: string;
  readonly value: number;
  /** What it was compared with: below it is a hit. Null: it was used in another way. */
  readonly threshold: number | null;
}

interface Common {
  readonly at: Nanos;
  /** The packet's id. */
  readonly packet: number;
}

/** The packet is seen for the first time: what it is. */
export interface MadeEvent extends Common {
  readonly what: 'made';
  readonly flow: string;
  readonly seq: number;
  readonly reverse: boolean;
  /** A name of `PacketKind`. */
  readonly kind: string;
  readonly origin: string;
  /** Ids; 0 for none. */
  readonly copyOf: number;
  readonly fragmentOf: number;
  readonly size: number;
  /** Of a fragment: where its payload begins in the whole's, in bytes. */
  readonly offset: number;
  readonly moreFragments: boolean;
  readonly vm: string;
  readonly host: string;
  readonly source: string;
  readonly target: string;
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly protocol: number;
  readonly ttl: number;
  readonly dontFragment: boolean;
  readonly ecnCapable: boolean;
}

/** One of several VMs was chosen: a pool's member, a route's next hop. */
export interface ChoiceEvent extends Common {
  readonly what: 'choice';
  readonly of: 'pool' | 'route';
  /** The pool's address, the route's prefix. */
  readonly name: string;
  readonly profile: string;
  readonly candidates: readonly { readonly vm: string; readonly isUp: boolean }[];
  readonly draws: DrawFact[];
  /** Null: nobody. */
  chosen: string | null;
}

/** On its way to a VM: what applies. */
export interface TowardsEvent extends Common {
  readonly what: 'towards';
  readonly vm: string;
  /** Null: none. */
  readonly personality: PersonalityFact | null;
  readonly isEgress: boolean;
}

/** A stage was asked. */
export interface StageEvent extends Common {
  readonly what: 'stage';
  readonly stage: string;
  readonly personality: PersonalityFact | null;
  readonly fields: readonly FieldFact[];
  readonly draws: DrawFact[];
  readonly size: number;
  /** `passed`: it goes on; `taken`: the stage keeps it, replaces it, or lets it go later; `dropped`. */
  result: 'passed' | 'taken' | 'dropped';
  /** Congestion experienced was marked. */
  marked: boolean;
  /** Bits of it flipped here. */
  damage: readonly Damage[];
  /** Its destination became another. */
  moved: { readonly from: string; readonly to: string } | null;
  /** Ids of what was made of it. */
  readonly children: number[];
  /** What the stage remembered of the packets before; null: nothing that matters. */
  readonly memory: GateMemory | null;
  /** Of a stage that queues: bytes that waited before it came, and the limits (null: none). */
  readonly queue: {
    readonly bytes: number;
    readonly rate: number;
    readonly queueBytes: number | null;
    readonly queuePackets: number | null;
  } | null;
  /** Of a stage that delays: what was drawn, before order and 0 bound it. */
  delay: Nanos | null;
}

/** Bandwidth and delay, which end every pipeline. */
export interface LineEvent extends Common {
  readonly what: 'line';
  readonly personality: PersonalityFact | null;
  readonly fields: readonly FieldFact[];
  readonly draws: DrawFact[];
  readonly size: number;
  readonly before: Omit<LineView, 'queueBytes' | 'queuePackets'> & {
    readonly queueBytes: number | null;
    readonly queuePackets: number | null;
  };
  dropped: boolean;
  /** What was drawn, before order and 0 bound it; null: no draw was needed. */
  delay: Nanos | null;
  /** When it leaves the bandwidth stage, and the line, as was computed when it came; null where it was dropped. */
  shaped: Nanos | null;
  due: Nanos | null;
}

/** The settings of the pipeline that it is in have changed. */
export interface ChangedEvent extends Common {
  readonly what: 'changed';
  readonly personality: PersonalityFact | null;
  /** Null: the time of the assignment was over. */
  readonly by: Setter | null;
  /** Of a packet in the line: as they were, and as they are; null elsewhere, or when it left at once. */
  readonly before: { readonly shaped: Nanos; readonly due: Nanos } | null;
  after: { readonly shaped: Nanos; readonly due: Nanos } | null;
}

/** It has left the pipeline. */
export interface LeftEvent extends Common {
  readonly what: 'left';
  readonly vm: string;
}

/** A partition keeps it until it is healed. */
export interface HeldEvent extends Common {
  readonly what: 'held';
  readonly partitions: readonly { readonly id: string; readonly by: Setter }[];
}

/** Its header is the substrate's from here on. */
export interface RewrittenEvent extends Common {
  readonly what: 'rewritten';
  readonly from: string;
  readonly to: string;
}

/** It goes onto a link between hosts. */
export interface LinkEvent extends Common {
  readonly what: 'link';
  readonly link: string;
  readonly size: number;
  readonly before: LineEvent['before'];
  dropped: boolean;
  /** When its last bit is sent, and when it arrives; null where it was dropped. */
  leaves: Nanos | null;
  arrives: Nanos | null;
}

export interface ArrivedEvent extends Common {
  readonly what: 'arrived';
  readonly host: string;
}

/** A VM has it. */
export interface ReceivedEvent extends Common {
  readonly what: 'received';
  readonly vm: string;
  readonly ttl: number;
  /** Ids of the answers to it that are made there and then. */
  readonly children: number[];
  /** The id of the whole that it completes, and others before it; null: it does not. */
  completes: number | null;
}

/** An ICMP error about it was sent. */
export interface ComplainedEvent extends Common {
  readonly what: 'complained';
  readonly vm: string;
  /** A name of `PacketKind`. */
  readonly error: string;
  readonly mtu: number;
}

export interface EndedEvent extends Common {
  readonly what: 'ended';
  readonly fate: string;
  /** Whom it was being handed towards; empty: nobody. */
  readonly vm: string;
  /** The stage that ended it; null: none did. */
  readonly stage: string | null;
  /** Who switched the VM off, took the link down, or began the partition, where that is why. */
  readonly by: Setter | null;
  /** Those in force that may have stopped it. */
  readonly partitions: readonly { readonly id: string; readonly by: Setter }[];
  /** The hosts that it was on its way between, on a link that was down. */
  readonly between: readonly [string, string] | null;
}

export type StoryEvent =
  | MadeEvent
  | ChoiceEvent
  | TowardsEvent
  | StageEvent
  | LineEvent
  | ChangedEvent
  | LeftEvent
  | HeldEvent
  | RewrittenEvent
  | LinkEvent
  | ArrivedEvent
  | ReceivedEvent
  | ComplainedEvent
  | EndedEvent;
