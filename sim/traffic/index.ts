/** The catalogue of traffic kinds. */
import type { Fabric } from '../fabric.ts';
import type { TrafficSpec } from '../specs.ts';
import { SINK, StreamSource } from './cbr.ts';
import type { SourceGround, TrafficSource } from './source.ts';

export function createSource(spec: TrafficSpec, ground: SourceGround): TrafficSource {
  switch (spec.kind) {
    case 'cbr':
    case 'poisson':
      return new StreamSource(spec, ground);
    default:
      throw new RangeError(spec.kind);
  }
}

/** Its figures are of questions and answers. */
export const isTransactional = (spec: TrafficSpec): boolean => spec.kind === 'ping' || spec.kind === 'request';

/** Opens the ports that the traffic is sent to. */
export function listen(spec: TrafficSpec, _flow: number, fabric: Fabric): void {
  const { system, vms } = fabric;
  const ids = 'vm' in spec.to ? [spec.to.vm] : 'anyOf' in spec.to ? spec.to.anyOf : [];
  for (const id of ids) vms[system.vmIndex(id)]!.bind(spec.port, SINK);
}
