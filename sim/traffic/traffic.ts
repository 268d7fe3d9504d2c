/** The workloads of a world: their flows, their sources, and the ports that wait for them. */
import type { Nanos } from '../../engine/index.ts';
import type { Fabric } from '../fabric.ts';
import type { TrafficSpec } from '../specs.ts';
import type { FlowInfo } from '../trace.ts';
import { createSource, isTransactional, listen } from './index.ts';
import type { TrafficSource } from './source.ts';

export class Traffic {
  readonly #sources = new Map<string, TrafficSource[]>();

  constructor(specs: readonly TrafficSpec[], fabric: Fabric, end: Nanos) {
    specs.forEach((spec, flow) => {
      listen(spec, flow, fabric);
      const sources = spec.from.map((id) => {
        const vm = fabric.system.vmIndex(id);
        const random = fabric.random.stream(`${id}/traffic/${spec.id}`);
        return createSource(spec, { fabric, flow, vm, random, end });
      });
      this.#sources.set(spec.id, sources);
    });
  }

  start(id: string): void {
    for (const source of this.#sources.get(id)!) source.start();
  }

  stop(id: string): void {
    for (const source of this.#sources.get(id)!) source.stop();
  }

  has(id: string): boolean {
    return this.#sources.has(id);
  }
}

export const flowInfo = (spec: TrafficSpec): FlowInfo => ({
  id: spec.id,
  kind: spec.kind,
  from: spec.fromText,
  to: spec.toText,
  single: spec.from.length === 1 && !('anyOf' in spec.to),
  transactional: isTransactional(spec),
});
