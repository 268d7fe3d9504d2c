/** The workloads of a world: their flows, their sources, and the ports that wait for them. */
import type { Nanos } from '../engine/index.ts';
import type { Fabric } from './fabric.ts';
import type { TrafficSpec } from './specs.ts';
import type { FlowInfo } from './trace.ts';
import type { ReceiverGround } from './traffic/definition.ts';
import { trafficKinds } from './traffic/index.ts';
import type { TrafficSource } from './traffic/source.ts';
import { receivers } from './traffic/targets.ts';
import type { Program } from './vm/api.ts';

export class Traffic {
  readonly #sources = new Map<string, readonly TrafficSource[]>();
  readonly #fabric: Fabric;

  /**
   * `end`: nothing is sent at or after it. `programs`: the users' functions, by traffic id.
   *
   * @throws {RangeError} when a spec cannot be carried out: two of them wait at one port, nobody is addressed, a program is missing.
   */
  constructor(
    specs: readonly TrafficSpec[],
    fabric: Fabric,
    end: Nanos,
    programs: ReadonlyMap<string, Program> = new Map(),
  ) {
    this.#fabric = fabric;
    // Well-known ports first: what senders bind afterwards is chosen among the free ones.
    specs.forEach((spec, flow) => {
      listen(spec, { fabric, flow, end });
    });
    specs.forEach((spec, flow) => {
      const sources = spec.from.map((id, place) => {
        const vm = fabric.system.vmIndex(id);
        const random = fabric.random.stream(`${id}/traffic/${spec.id}`);
        const program = programs.get(spec.id);
        return trafficKinds[spec.kind].create(spec, { fabric, flow, vm, place, random, end, program });
      });
      this.#sources.set(spec.id, sources);
    });
    for (const spec of specs) if (spec.autostart) this.start(spec.id, spec.start);
  }

  /** Begins at `at`, by default now, or begins anew. */
  start(id: string, at: Nanos = this.#fabric.kernel.now): void {
    for (const source of this.#sources.get(id)!) source.start(at);
  }

  stop(id: string): void {
    for (const source of this.#sources.get(id)!) source.stop();
  }

  has(id: string): boolean {
    return this.#sources.has(id);
  }
}

/** Opens the ports that the traffic is sent to. */
function listen(spec: TrafficSpec, ground: Omit<ReceiverGround, 'vm'>): void {
  const { fabric } = ground;
  const { receive } = trafficKinds[spec.kind];
  if (receive === undefined) return;
  for (const vm of receivers(spec, fabric.system)) {
    try {
      fabric.vms[vm]!.bind(spec.port, receive(spec, { ...ground, vm }));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`traffic '${spec.id}' to '${fabric.system.vms[vm]!}': ${error.message}`);
    }
  }
}

export const flowInfo = (spec: TrafficSpec): FlowInfo => ({
  id: spec.id,
  kind: spec.kind,
  from: spec.fromText,
  to: spec.toText,
  single: spec.from.length === 1 && !('anyOf' in spec.to) && !trafficKinds[spec.kind].roams,
  transactional: trafficKinds[spec.kind].transactional,
});
