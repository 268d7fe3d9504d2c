/** What a kind of traffic is to the catalogue: its name, its words for humans, who sends, and who waits for it. */
import type { Nanos } from '../../engine/index.ts';
import type { Fabric } from '../fabric.ts';
import type { TrafficKind, TrafficSpec } from '../specs.ts';
import type { VmIndex } from '../system-manager.ts';
import type { Listener } from '../vm/ip-host.ts';
import type { SourceGround, TrafficSource } from './source.ts';

/** What a receiver stands on. */
export interface ReceiverGround {
  readonly fabric: Fabric;
  readonly flow: number;
  /** The VM whose port it is. */
  readonly vm: VmIndex;
  /** The run ends there. */
  readonly end: Nanos;
}

export interface TrafficDefinition<S extends TrafficSpec = TrafficSpec> {
  readonly name: TrafficKind;
  /** One sentence for humans. */
  readonly summary: string;
  /** Its figures are of questions and answers. */
  readonly transactional: boolean;
  /** It sends to addresses of its own choice, not to the flow's `to` alone. */
  readonly roams: boolean;
  /** The source on one of the sending VMs. Throws a RangeError for a spec that cannot be carried out. */
  create(spec: S, ground: SourceGround): TrafficSource;
  /** What waits behind `port` on a VM that it is sent to. Absent: nothing is opened, and its packets meet closed ports. */
  receive?(spec: S, ground: ReceiverGround): Listener;
}

/** The spec of one kind. */
export type SpecOf<K extends TrafficKind> = TrafficSpec & { readonly kind: K };

// The catalogue holds definitions of different kinds; their own types matter only inside each file.
export const defineTraffic = <K extends TrafficKind>(
  definition: TrafficDefinition<SpecOf<K>> & { readonly name: K },
): TrafficDefinition => definition as unknown as TrafficDefinition;

/** Hears everything, says nothing: the port of a one-way flow's receiver. */
export const SINK: Listener = { onPacket() {} };
