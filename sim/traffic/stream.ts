/** A stream of datagrams of one size: what constant, Poisson, on-off and hostile traffic have in common. */
import type { TrafficSpec } from '../specs.ts';
import type { AddressId } from '../system-manager.ts';
import { SINK } from './definition.ts';
import { PacedSource, type SourceGround } from './source.ts';
import { Targets } from './targets.ts';

export type StreamSpec = TrafficSpec & { readonly interval: number; readonly packetSize: number };

/** One packet every `interval`, unless a subclass says otherwise. */
export class StreamSource<S extends StreamSpec = StreamSpec> extends PacedSource<S> {
  readonly #targets: Targets;
  /** Source and destination port in one word. */
  readonly #ports: number;

  constructor(spec: S, ground: SourceGround) {
    super(spec, ground);
    this.#targets = new Targets(spec, ground);
    this.#ports = (this.host.bindEphemeral(SINK) << 16) | spec.port;
  }

  protected override emit(): void {
    const target = this.#targets.next();
    this.sendTo(target, this.#targets.source, this.#ports);
  }

  protected override gap(): number {
    return this.spec.interval;
  }

  protected sendTo(target: AddressId, source: AddressId, ports: number): void {
    const { host, spec } = this;
    host.send(
      host.datagram(this.flow, this.sent++, source, target, ports, spec.packetSize, this.flags, spec.ttl),
    );
  }
}
