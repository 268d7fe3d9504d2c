/** What a stage of the pipeline is, and what it is given. */
import type { Kernel, Nanos, RandomStream } from '../../engine/index.ts';
import type { PacketId, PacketPool } from '../packet.ts';
import type { Fate } from '../trace.ts';
import type { Delays } from './delays.ts';
import type { Line } from './line.ts';
import type { Params, ParamValue, Values } from './params.ts';
import type { Profile } from './profile.ts';

/** A gate in front of one VM. Lives as long as the VM; settings come and go. */
export interface Gate<V> {
  /**
   * New settings from this instant on. What the gate holds and remembers stays, unless the settings say that it does nothing: then what
   * waits for something that will not come goes `onward` at once, in order.
   */
  configure(values: V): void;
  /** True: the packet goes on. False: the gate has taken it over (dropped, replaced, kept for later). */
  admit(packet: PacketId): boolean;
  /** What it remembers of the packets before, where that decides about the next one; for explanations. */
  memory?(): GateMemory | null;
  /** Of a gate that does the waiting for bandwidth instead of the line. */
  readonly queue?: GateQueue;
  /** Of a gate behind the line that does the delaying instead of it, with draws from {@link StageTools.delays}. */
  readonly delayer?: GateDelayer;
}

/** A state in words, such as `bad`. */
export interface GateMemory {
  readonly state: string;
  /** A draw below it is a hit; null: the state decides in another way. */
  readonly chance: number | null;
}

export interface GateDelayer {
  /** Takes over packets that have their due instants already. */
  adopt(packets: readonly PacketId[], due: readonly Nanos[]): void;
  /** When the last of those that it holds is due; 0 when there is none. */
  lastDue(): Nanos;
}

/** Packets that wait for bandwidth, when another stage takes the waiting over. */
export interface Backlog {
  /** In their order. */
  readonly packets: readonly PacketId[];
  /**
   * What the token bucket lacked, had they not come: bits times ns, 8e9 are a byte. 0: it was full, or there was none. Below zero where
   * more has come in for the first of them than the bucket can hold.
   */
  readonly missing: number;
  /** How deep it was, bytes; absent: there was none. */
  readonly depthBytes?: number;
  /** The first of them is on a wire until then; absent: none is. */
  readonly wireUntil?: Nanos;
}

/** What a bucket of that depth lacks that takes the backlog over with the tokens of the one before it. */
export function missingFor(depthBytes: number, { packets, missing, depthBytes: before }: Backlog): number {
  const lacks = missing + (before === undefined ? 0 : (depthBytes - before) * 8e9);
  return packets.length === 0 ? Math.max(0, lacks) : lacks;
}

/** What a gate that queues tells and hands over. */
export interface GateQueue {
  /** Bytes that wait; a packet in service does not. */
  backlogBytes(): number;
  /** The largest backlog since this was last asked; starts again from the present one. */
  takeBacklogPeak(): number;
  /** The limits in force, for reports: `rate` in bit/s; 0 for none. */
  limits(): QueueLimits;
  /** Lets go of everything that waits. */
  evict(): Backlog;
  /** Takes over what waited elsewhere; nothing of it is refused. */
  adopt(backlog: Backlog): void;
}

export interface QueueLimits {
  readonly rate: number;
  readonly queueBytes: number;
  readonly queuePackets: number;
}

/** What the routing and MTU gates ask of the world around the pipeline. */
export interface Surroundings {
  /** Moves the packet's destination to another member of a pool that holds its present one (profile `Dynamic`). */
  rebalance(packet: PacketId, loadWindow: number, hysteresis: number): void;
  /** Moves it to an address drawn with `draw` in [0, 1): of a live VM (`assigned`) or any usable one of the subnet (profile `Chaotic`). */
  scatter(packet: PacketId, draw: number, scope: 'assigned' | 'subnet'): boolean;
  /** Sends the ICMP answer "too big, the limit is `mtu`" to the packet's source, where the RFCs allow one. */
  answerTooBig(packet: PacketId, mtu: number): void;
  /** True for a packet of an IPv6 network. */
  isIpv6(packet: PacketId): boolean;
  /** The id of the traffic that the packet belongs to. */
  flowId(packet: PacketId): string;
  /** Differentiated services code point of the packet (RFC 2474), 0 to 63. */
  dscp(packet: PacketId): number;
}

export interface StageTools {
  readonly kernel: Kernel;
  /** The stream of this stage in front of this VM. */
  readonly random: RandomStream;
  /** A stream of its own for what is not drawn once for each packet; to be asked for once. */
  stream(suffix: string): RandomStream;
  readonly packets: PacketPool;
  readonly surroundings: Surroundings;
  /** The delays of this pipeline, which the line and the gates behind it draw from. */
  readonly delays: Delays;
  /** Hands a packet to the stage after this one. */
  onward(packet: PacketId): void;
  /** Ends the packet's life on the record; returns false, so that `admit` can return it. */
  drop(packet: PacketId, why: Fate): false;
  /** Ends the life of a packet that its fragments replace. */
  replaced(packet: PacketId): void;
}

interface DefinitionCommon<P extends Params> {
  readonly name: string;
  /** One sentence for humans. */
  readonly summary: string;
  /** The fields it owns. */
  readonly params: P;
}

/**
 * A stage that packets go through one by one, as one value: its name, its slice of the profile, its words for humans, its code. In the
 * catalogue, gates before the lines decide about packets that arrive; gates behind them about packets that leave the line.
 */
export interface GateDefinition<P extends Params, R extends Params> extends DefinitionCommon<P> {
  readonly place: 'gate';
  /** Fields of other stages that it depends on. */
  readonly reads?: R;
  /** False when these settings change nothing: the stage then costs nothing. */
  active(values: Values<P & R>): boolean;
  /** Names of stages whose work it does while it is active. They then have the identity of every field. */
  readonly replaces?: readonly string[];
  /** Draws that each packet meets here, needed or not. */
  readonly drawsPerPacket: number;
  /** Packets of at most so many bytes pass without being asked; absent: every packet is asked. */
  ignoresUpTo?(values: Values<P & R>): number;
  create(tools: StageTools): Gate<Values<P & R>>;
}

/** A stage whose departures can be computed at arrival: it configures the line that ends every pipeline. */
export interface LineDefinition<P extends Params, R extends Params> extends DefinitionCommon<P> {
  readonly place: 'line';
  /** Fields of other stages that its defaults depend on. */
  readonly reads: R;
  /** False when these settings change nothing. */
  active(values: Values<P & R>): boolean;
  configure(line: Line, values: Values<P & R>): void;
}

// The catalogue holds definitions of different slices; their own types matter only inside each file.
export type StageDefinition = GateDefinition<Params, Params> | LineDefinition<Params, Params>;

// biome-ignore lint/complexity/noBannedTypes: no fields at all.
export const defineGate = <const P extends Params, const R extends Params = {}>(
  definition: Omit<GateDefinition<P, R>, 'place'>,
): StageDefinition => ({ ...definition, place: 'gate' }) as unknown as StageDefinition;

export const defineLine = <const P extends Params, const R extends Params>(
  definition: Omit<LineDefinition<P, R>, 'place'>,
): StageDefinition => ({ ...definition, place: 'line' }) as unknown as StageDefinition;

/** What a profile means for one stage; without a profile every field has its identity. */
export function valuesOf(definition: StageDefinition, profile: Profile | null): Values<Params> {
  const values: Record<string, ParamValue | undefined> = {};
  const read = (params: Params): void => {
    for (const [path, param] of Object.entries(params)) {
      values[path] = profile === null ? param.identity : (profile[path] ?? param.default ?? param.identity);
    }
  };
  read(definition.params);
  if (definition.reads !== undefined) read(definition.reads);
  return values as Values<Params>;
}
