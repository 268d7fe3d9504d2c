/** Constant and Poisson packet streams. */
import type { TrafficSpec } from '../specs.ts';
import type { Listener } from '../vm/ip-host.ts';
import { PacedSource, type SourceGround, Targets } from './source.ts';

type Spec = TrafficSpec & { readonly kind: 'cbr' | 'poisson' };

/** Hears everything, says nothing: the port of a one-way flow's receiver. */
export const SINK: Listener = { onPacket() {} };

export class StreamSource extends PacedSource<Spec> {
  readonly #targets: Targets;
  readonly #port: number;
  readonly #isPoisson: boolean;

  constructor(spec: Spec, ground: SourceGround) {
    super(spec, ground);
    this.#targets = new Targets(spec, ground);
    this.#port = this.host.bindEphemeral(SINK);
    this.#isPoisson = spec.kind === 'poisson';
  }

  protected override emit(): void {
    const target = this.#targets.next();
    const { host, spec } = this;
    host.send(
      host.datagram(
        this.flow,
        this.sent,
        host.sourceFor(target),
        target,
        this.#port,
        spec.port,
        spec.packetSize,
        this.flags,
        spec.ttl,
      ),
    );
  }

  protected override gap(): number {
    return this.#isPoisson ? this.random.exponential() * this.spec.interval : this.spec.interval;
  }

  /** Poisson arrivals have no memory: the first one is as far from the start as any other from the one before. */
  protected override first(): number {
    return this.#isPoisson ? this.gap() : 0;
  }
}
