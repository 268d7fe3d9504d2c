/** Exactly these packets at exactly these instants: from a table, or from a capture. */
import { defineTraffic, SINK, type SpecOf } from './definition.ts';
import { PacedSource, type SourceGround } from './source.ts';
import { Targets } from './targets.ts';

type Spec = SpecOf<'list' | 'capture'>;

class ListSource extends PacedSource<Spec> {
  readonly #targets: Targets;
  /** Source and destination port in one word. */
  readonly #ports: number;
  /** The packet that is due next. */
  #next = 0;

  constructor(spec: Spec, ground: SourceGround) {
    super(spec, ground);
    this.#targets = new Targets(spec, ground);
    this.#ports = (this.host.bindEphemeral(SINK) << 16) | spec.port;
  }

  protected override emit(): void {
    const { host, spec } = this;
    const target = this.#targets.next();
    const size = spec.sizes[this.#next++]!;
    host.send(
      host.datagram(
        this.flow,
        this.sent++,
        this.#targets.source,
        target,
        this.#ports,
        size,
        this.flags,
        spec.ttl,
      ),
    );
  }

  /** What falls into an outage is not made up for. */
  protected override skip(): void {
    this.#next++;
  }

  protected override gap(): number {
    const { sentNs } = this.spec;
    const next = this.#next;
    return next < sentNs.length ? sentNs[next]! - sentNs[next - 1]! : Infinity;
  }

  protected override first(): number {
    this.#next = 0;
    return this.spec.sentNs[0] ?? Infinity;
  }
}

export const list = defineTraffic({
  name: 'list',
  summary: 'Packets of given sizes at given instants, counted from the start.',
  transactional: false,
  roams: false,
  create: (spec, ground) => new ListSource(spec, ground),
  receive: () => SINK,
});

export const capture = defineTraffic({
  name: 'capture',
  summary: 'Times and sizes of the packets of a capture.',
  transactional: false,
  roams: false,
  create: (spec, ground) => new ListSource(spec, ground),
  receive: () => SINK,
});
