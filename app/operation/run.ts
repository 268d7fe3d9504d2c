/**
 * A run in operation, as those who watch and steer it see it: the HTTP server, the page behind it, tests. The same from within
 * the thread of the simulation ({@link Runner}) and from another ({@link runInThread}).
 */
import type { Nanos } from '../../engine/index.ts';
import type {
  Command,
  CommandRecord,
  DropReason,
  FlowInfo,
  Problem,
  Profile,
  Scope,
  WorldAction,
} from '../../sim/index.ts';

/** What never changes while it runs. */
export interface Blueprint {
  readonly name: string;
  readonly description?: string;
  readonly seed: string;
  /** Of netpersona. */
  readonly version: string;
  /** null: open-ended. */
  readonly duration: Nanos | null;
  readonly networks: readonly { readonly id: string; readonly subnet: string }[];
  readonly hosts: readonly string[];
  /** True: hosts without a link are joined by an ideal one. */
  readonly mesh: boolean;
  readonly links: readonly {
    readonly between: readonly [string, string];
    readonly latencyNs: Nanos;
    /** null: no limit. */
    readonly bandwidthBps: number | null;
    readonly queuePackets: number | null;
  }[];
  readonly vms: readonly {
    readonly id: string;
    /** Where it starts. */
    readonly host: string;
    readonly interfaces: readonly { readonly network: string; readonly ip: string }[];
    readonly forwards: boolean;
  }[];
  readonly pools: readonly {
    readonly address: string;
    readonly network: string;
    readonly members: readonly string[];
  }[];
  readonly flows: readonly FlowInfo[];
}

/** Virtual seconds in a real one; `max`: as fast as it goes. */
export type Speed = number | 'max';

export interface Clock {
  /** Virtual time. */
  readonly now: Nanos;
  /** `ended`: the duration is over; `failed`: see `failure`. Neither takes commands any more; both still answer questions. */
  readonly state: 'running' | 'paused' | 'ended' | 'failed';
  readonly speed: Speed;
  /** How far virtual time is behind the wall clock, in ns of virtual time; 0 when paused or at `max`. */
  readonly lag: Nanos;
  readonly failure?: string;
}

/** What commands have made of the world so far. */
export interface ControlState {
  readonly at: Nanos;
  /** Counts what has changed; equal numbers, equal states. */
  readonly revision: number;
  readonly personalities: readonly { readonly id: string; readonly profile: Profile }[];
  readonly assignments: readonly {
    readonly vm: string;
    readonly personality: string;
    readonly from?: Scope;
    /** When it removes itself; null: never. */
    readonly expires: Nanos | null;
  }[];
  readonly vms: readonly { readonly id: string; readonly host: string; readonly up: boolean }[];
  /** Of declared links, those that are down. */
  readonly linksDown: readonly (readonly [string, string])[];
  readonly partitions: readonly string[];
}

export type Action = Command | WorldAction;

/** Done at one instant, all of it or nothing. */
export interface Order {
  /** `reset`: personalities and assignments as the scenario began with them. */
  readonly actions: readonly Action[] | 'reset';
  /** Personalities that must be as the orderer knows them: {@link profileTag} of each; null: must not exist. */
  readonly expected?: readonly { readonly personality: string; readonly tag: string | null }[];
}

/** What an order has left behind of those personalities and VMs that it named. */
export interface Changes {
  /** Everything is as the scenario began with it; the lists are empty. */
  readonly reset: boolean;
  /** null: deleted. */
  readonly personalities: readonly { readonly id: string; readonly profile: Profile | null }[];
  readonly assignments: readonly {
    readonly vm: string;
    readonly assigned: readonly AssignmentLeft[];
  }[];
}

export interface AssignmentLeft {
  readonly personality: string;
  readonly from?: Scope;
  /** How long it lasts from the instant of the order on; null: for ever. */
  readonly ttl: Nanos | null;
}

export type Verdict =
  | {
      readonly ok: true;
      /** The instant of effect. */
      readonly at: Nanos;
      /** Number of the last command record that it led to, see {@link CommandEntry}; 0: none yet. */
      readonly sequence: number;
      readonly changes: Changes;
    }
  | {
      readonly ok: false;
      /** `stale`: `expected` does not hold. `closed`: the run has ended. `busy`: too many orders wait. */
      readonly why: 'refused' | 'stale' | 'closed' | 'busy';
      /** Paths like `[1].vm`: the action's number, then its field. */
      readonly problems: readonly Problem[];
    };

/** A command or event that took effect, whoever asked for it; numbered from 1 without gaps. */
export interface CommandEntry extends CommandRecord {
  readonly sequence: number;
  /** False: the scenario's own timeline, or a ttl. */
  readonly posted: boolean;
}

/** Quantiles of what ended in the window, ns; null when nothing did. */
export interface DelayFigures {
  readonly p50: Nanos;
  readonly p95: Nanos;
  readonly p99: Nanos;
  readonly max: Nanos;
}

/** `…Bps` and `delay` are of the window; counts are of the whole run so far. Packets, bytes, ns, bit/s. */
export interface VmLive {
  readonly id: string;
  readonly deliveredPackets: number;
  readonly deliveredBytes: number;
  readonly sentPackets: number;
  readonly throughputBps: number;
  readonly delay: DelayFigures | null;
  readonly backlogBytes: number;
  /** Only reasons that have occurred. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
}

/** Both directions together, but for the delay, which is of the flow's own direction. */
export interface FlowLive {
  readonly id: string;
  readonly sentPackets: number;
  readonly deliveredPackets: number;
  readonly deliveredBytes: number;
  readonly throughputBps: number;
  readonly delay: DelayFigures | null;
  /** Of questions answered in the window; null for flows that ask none. */
  readonly rtt: DelayFigures | null;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
}

/** One direction of a link. */
export interface LinkLive {
  readonly from: string;
  readonly to: string;
  readonly packets: number;
  readonly bytes: number;
  readonly dropped: number;
  /** Of the window. */
  readonly loadBps: number;
  /** Of its bandwidth, 0 to 1; null without a limit. */
  readonly utilization: number | null;
  readonly up: boolean;
}

/** A look at everything, every 250 ms of real time while it runs and once when it stops. */
export interface Figures {
  readonly sequence: number;
  /** The window, in virtual time. */
  readonly start: Nanos;
  readonly end: Nanos;
  readonly vms: readonly VmLive[];
  readonly flows: readonly FlowLive[];
  readonly links: readonly LinkLive[];
  readonly totals: {
    readonly sentPackets: number;
    readonly deliveredPackets: number;
    readonly deliveredBytes: number;
    readonly inFlight: number;
    readonly events: number;
    readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  };
}

export type RunEvent =
  | { readonly type: 'command'; readonly entry: CommandEntry }
  | { readonly type: 'figures'; readonly figures: Figures }
  | { readonly type: 'clock'; readonly clock: Clock };

/** The session so far as a scenario file. */
export interface SessionFile {
  /** Its duration: everything up to here has happened. */
  readonly at: Nanos;
  /** What `netpersona run` says of the file. */
  readonly digest: string;
  /** YAML. */
  readonly text: string;
}

/** What happens to the pace; the answer is the clock after it. */
export type Steering =
  | { readonly do: 'pause' }
  | { readonly do: 'resume' }
  /** Goes on by so much virtual time and pauses there; resolves when it is there. */
  | { readonly do: 'step'; readonly by: Nanos }
  | { readonly do: 'speed'; readonly speed: Speed };

export interface Run {
  readonly blueprint: Blueprint;
  /** Orders are carried out in the order in which they were submitted. */
  submit(order: Order): Promise<Verdict>;
  clock(): Promise<Clock>;
  control(): Promise<ControlState>;
  /** The last look at everything; before the first one, an empty one. */
  figures(): Promise<Figures>;
  /** From `after` on, the oldest first, `limit` at most. */
  commands(after: number, limit: number): Promise<readonly CommandEntry[]>;
  steer(steering: Steering): Promise<Clock>;
  session(): Promise<SessionFile>;
  /** Returns what ends it. A listener that throws ends the process: it must not. */
  subscribe(listener: (event: RunEvent) => void): () => void;
  /** Ends the run where it is. */
  close(): Promise<void>;
}
