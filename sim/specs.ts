/** A world as plain data: what a scenario file means after parsing. Times in ns, rates in bit/s, sizes in bytes. */
import type { Nanos } from '../engine/index.ts';
import type { Profile } from './personality/profile.ts';

export const ROUTING_PROFILES = ['Static', 'Dynamic', 'Chaotic'] as const;
export type RoutingProfile = (typeof ROUTING_PROFILES)[number];

export interface RouteSpec {
  /** Destination prefix, canonical text. */
  readonly to: string;
  /** Next hops, VM ids of the same network that forward, in order of preference. */
  readonly via: readonly string[];
  readonly routingProfile: RoutingProfile;
}

export interface NetworkSpec {
  readonly id: string;
  /** Prefix, canonical text; IPv4 or IPv6. */
  readonly subnet: string;
  readonly routes: readonly RouteSpec[];
}

export interface InterfaceSpec {
  readonly network: string;
  readonly ip: string;
}

export interface VmSpec {
  readonly id: string;
  readonly host: string;
  /** The first is the primary one. More than one only for gateways. */
  readonly interfaces: readonly InterfaceSpec[];
  /** Passes on packets that are not for itself (a router within its network, or a gateway between networks). */
  readonly forwards: boolean;
  readonly power: boolean;
}

export interface PoolSpec {
  readonly address: string;
  readonly network: string;
  readonly members: readonly string[];
  readonly routingProfile: RoutingProfile;
  /** Named as users name them; defaults as in the personality's `routing` group. */
  readonly hysteresis: number;
  readonly loadWindow: Nanos;
  readonly chaosProbability: number;
}

export interface LinkSpec {
  readonly between: readonly [string, string];
  readonly latency: Nanos;
  /** bit/s; Infinity for no limit. */
  readonly bandwidth: number;
  /** Packets that may wait, the one in service not counted; Infinity for no limit. */
  readonly queuePackets: number;
}

/** Whom an assignment is limited to: packets from one VM, network or host. The most specific one wins, in that order. */
export type Scope = { readonly vm: string } | { readonly network: string } | { readonly host: string };

export interface AssignmentSpec {
  readonly vm: string;
  readonly personality: string;
  readonly from?: Scope;
  readonly ttl?: Nanos;
}

/** The control plane's commands. `set` and `values` hold only the fields that were given. */
export type Command =
  | { readonly op: 'create'; readonly personality: string; readonly values: Profile }
  | { readonly op: 'replace'; readonly personality: string; readonly values: Profile }
  | { readonly op: 'update'; readonly personality: string; readonly set: Profile }
  | { readonly op: 'delete'; readonly personality: string }
  | ({ readonly op: 'assign' } & AssignmentSpec)
  /** Without `from`: every assignment of the VM, limited ones included. */
  | { readonly op: 'remove'; readonly vm: string; readonly from?: Scope };

/** What a timeline may do besides commands. */
export type WorldAction =
  | { readonly op: 'power'; readonly vm: string; readonly on: boolean }
  | { readonly op: 'migrate'; readonly vm: string; readonly host: string }
  | { readonly op: 'link'; readonly between: readonly [string, string]; readonly up: boolean }
  /** Members are VM, network or host ids, resolved to VMs. `hold`: packets wait for the healing instead of being dropped. */
  | {
      readonly op: 'partition';
      readonly id: string;
      readonly between: readonly string[];
      readonly and: readonly string[];
      readonly oneWay: boolean;
      readonly hold: boolean;
    }
  /** Heals the named partition, or all of them. */
  | { readonly op: 'heal'; readonly id?: string }
  | { readonly op: 'start'; readonly traffic: string }
  | { readonly op: 'stop'; readonly traffic: string };

export interface TimelineEntry {
  readonly at: Nanos;
  /** Repeats: every so many ns, `times` in all (Infinity for no end), never after `until`. */
  readonly every?: Nanos;
  readonly until?: Nanos;
  readonly times?: number;
  /** Applied at one instant, all or none, in order. One element unless it is a batch. */
  readonly actions: readonly (Command | WorldAction)[];
  /** Where it stands in the file, for messages: `timeline[3]`. */
  readonly path: string;
}

/** A duration that is drawn anew each time. */
export type DurationLaw =
  | { readonly law: 'fixed'; readonly mean: Nanos }
  | { readonly law: 'exponential'; readonly mean: Nanos }
  /** Pareto type I with this mean; shape > 1. */
  | { readonly law: 'pareto'; readonly mean: Nanos; readonly shape: number };

/** Where a flow's packets go. */
export type Destination =
  /** `network`: the network the address is in; the sender's own unless it says otherwise. */
  | { readonly address: string }
  | { readonly vm: string }
  /** A uniformly random one per packet (per question, per file), never the sender. */
  | { readonly anyOf: readonly string[] };

export interface TrafficCommon {
  readonly id: string;
  /** VM ids; one source runs on each. */
  readonly from: readonly string[];
  readonly to: Destination;
  /** Words for tables, as the user wrote them. */
  readonly fromText: string;
  readonly toText: string;
  readonly start: Nanos;
  /** No packet is sent at or after it; NEVER for none. */
  readonly stop: Nanos;
  /** Packets, pings or requests of each source; Infinity for no limit. */
  readonly count: number;
  /** UDP destination port. */
  readonly port: number;
  /** Don't fragment (IPv4). */
  readonly df: boolean;
  /** ECN-capable transport (ECT(0), RFC 3168). */
  readonly ecn: boolean;
  /** Differentiated services code point (RFC 2474), 0 to 63. */
  readonly dscp: number;
  /** False when a timeline entry starts it. */
  readonly autostart: boolean;
  /** Initial TTL or hop limit. */
  readonly ttl: number;
}

export type TrafficSpec = TrafficCommon &
  (
    | {
        readonly kind: 'cbr' | 'poisson' /** Mean ns between packets, a real number. */;
        readonly interval: number;
        readonly packetSize: number;
      }
    | {
        readonly kind: 'onOff';
        readonly interval: number;
        readonly packetSize: number;
        readonly on: DurationLaw;
        readonly off: DurationLaw;
      }
    | {
        readonly kind: 'ping';
        readonly interval: number;
        readonly packetSize: number;
        readonly timeout: Nanos;
      }
    | {
        readonly kind: 'request';
        readonly interval: number;
        /** Message sizes, in bytes of UDP payload; split into packets of at most `packetSize`. */
        readonly requestSize: number;
        readonly responseSize: number;
        readonly packetSize: number;
        readonly think: Nanos;
        readonly timeout: Nanos;
        readonly retries: number;
      }
    | { readonly kind: 'file'; readonly size: number; readonly interval: number; readonly packetSize: number }
    /** `list` and `capture`: exactly these packets. Times count from `start`. */
    | { readonly kind: 'list' | 'capture'; readonly sentNs: Float64Array; readonly sizes: Int32Array }
    | {
        readonly kind: 'program' /** As written; resolved by the caller. */;
        readonly module: string;
        readonly args: unknown;
      }
    /** Packets with a forged source address of the sender's network. `compromisedHost`: its host does not verify senders. */
    | {
        readonly kind: 'spoof';
        readonly interval: number;
        readonly packetSize: number;
        readonly as: string;
        readonly compromisedHost: boolean;
      }
    /** Packets to random ports of one destination. */
    | { readonly kind: 'flood'; readonly interval: number; readonly packetSize: number }
    /** One packet to each address of `prefix` and each port, in order. */
    | {
        readonly kind: 'scan';
        readonly interval: number;
        readonly packetSize: number;
        readonly prefix: string;
        readonly ports: readonly number[];
      }
  );
export type TrafficKind = TrafficSpec['kind'];

export interface WorldSpec {
  readonly seed: string;
  readonly networks: readonly NetworkSpec[];
  readonly hosts: readonly string[];
  readonly links: readonly LinkSpec[];
  /** True (default): hosts without a link are joined by an ideal one. False: only the declared links exist; shortest paths by latency. */
  readonly mesh: boolean;
  readonly vms: readonly VmSpec[];
  readonly pools: readonly PoolSpec[];
  readonly personalities: Readonly<Record<string, Profile>>;
  readonly assignments: readonly AssignmentSpec[];
  readonly traffic: readonly TrafficSpec[];
  readonly timeline: readonly TimelineEntry[];
}
