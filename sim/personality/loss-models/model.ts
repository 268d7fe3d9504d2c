/** What a loss model is: it says of each packet whether it is lost. Does not know what happens to a lost packet. */
import type { RandomStream } from '../../../engine/index.ts';
import type { PacketId, PacketPool } from '../../packet.ts';
import type { CombinationProblem } from '../check.ts';
import type { Params, ParamValue, Values } from '../params.ts';
import type { GateMemory, Surroundings } from '../stage.ts';

export interface LossTools {
  /** The stream of the loss stage in front of this VM. */
  readonly random: RandomStream;
  readonly packets: PacketPool;
  readonly surroundings: Surroundings;
}

/** Lives as long as it is in force: another model, none, or settings that do nothing end it, and it begins anew afterwards. */
export interface LossModel<V> {
  /** New settings from the next packet on. What it remembers of the packets before stays. */
  configure(values: V): void;
  /** Each packet meets exactly one draw, needed or not: so another model meets the same draws for the same packets. */
  isLost(packet: PacketId): boolean;
  /** The state that the next packet will find; absent: it finds none. Asked for explanations only. */
  memory?(): GateMemory;
}

export interface LossModelDefinition<P extends Params> {
  /** What `loss.model` says. */
  readonly name: string;
  /** One sentence for humans. */
  readonly summary: string;
  /** Every field it uses; a field of two models is the same value in both. Other models' fields are refused beside it. */
  readonly params: P;
  /** Fields that must be given, or it would not know what to do. */
  readonly needs: readonly (keyof P & string)[];
  /** False when these settings lose nobody. */
  active(values: Values<P>): boolean;
  /** What only several of its fields together show; none when they describe something that can be. */
  problems?(values: Values<P>): readonly CombinationProblem[];
  /** The share of packets lost in the long run; absent where the traffic decides it. */
  share?(values: Values<P>): number;
  create(tools: LossTools): LossModel<Values<P>>;
}

/** By path; the models' own types matter only inside each file. */
export type AnyLossValues = Readonly<Record<string, ParamValue | undefined>>;

/** As the catalogue holds it. */
export interface AnyLossModel
  extends Omit<LossModelDefinition<Params>, 'active' | 'problems' | 'share' | 'create'> {
  active(values: AnyLossValues): boolean;
  problems?(values: AnyLossValues): readonly CombinationProblem[];
  share?(values: AnyLossValues): number;
  create(tools: LossTools): LossModel<AnyLossValues>;
}

export const defineLossModel = <const P extends Params>(definition: LossModelDefinition<P>) => definition;
