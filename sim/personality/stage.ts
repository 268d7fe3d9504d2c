/** What a stage of the pipeline is, and what it is given. */
import type { Kernel, RandomStream } from '../../engine/index.ts';
import type { PacketId, PacketPool } from '../packet.ts';
import type { Fate } from '../trace.ts';
import type { Line } from './line.ts';
import type { Params, ParamValue, Values } from './params.ts';
import type { Profile } from './profile.ts';

/** A gate in front of one VM: it answers at once. Lives as long as the VM; settings come and go. */
export interface Gate<V> {
  /** New settings from this instant on. What the gate holds and remembers stays. */
  configure(values: V): void;
  /** True: the packet goes on. False: the gate has taken it over (dropped, replaced, kept for later). */
  admit(packet: PacketId): boolean;
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
}

export interface StageTools {
  readonly kernel: Kernel;
  /** The stream of this stage in front of this VM. */
  readonly random: RandomStream;
  readonly packets: PacketPool;
  readonly surroundings: Surroundings;
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
  /** False when these settings change nothing: the stage then costs nothing. */
  active(values: Values<P>): boolean;
}

/** A stage that decides at once, as one value: its name, its slice of the profile, its words for humans, its code. */
export interface GateDefinition<P extends Params> extends DefinitionCommon<P> {
  readonly place: 'gate';
  /** Draws that each packet meets here, needed or not. */
  readonly drawsPerPacket: number;
  /** Packets of at most so many bytes pass without being asked; absent: every packet is asked. */
  ignoresUpTo?(values: Values<P>): number;
  create(tools: StageTools): Gate<Values<P>>;
}

/** A stage whose departures can be computed at arrival: it configures the line that ends every pipeline. */
export interface LineDefinition<P extends Params, R extends Params> extends DefinitionCommon<P> {
  readonly place: 'line';
  /** Fields of other stages that its defaults depend on. */
  readonly reads: R;
  configure(line: Line, values: Values<P & R>): void;
}

// The catalogue holds definitions of different slices; their own types matter only inside each file.
export type StageDefinition = GateDefinition<Params> | LineDefinition<Params, Params>;

export const defineGate = <const P extends Params>(
  definition: Omit<GateDefinition<P>, 'place'>,
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
  if (definition.place === 'line') read(definition.reads);
  return values as Values<Params>;
}
