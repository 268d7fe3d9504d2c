/** For audits: a sweep over addresses and ports. It opens nothing: what is not there answers as such, or not at all. */
import { nthHost, type Prefix, parsePrefix } from '../address.ts';
import { type AddressId, NOBODY } from '../system-manager.ts';
import { homeNetwork } from '../vm/addressing.ts';
import { defineTraffic, SINK, type SpecOf } from './definition.ts';
import { PacedSource, type SourceGround } from './source.ts';

type Spec = SpecOf<'scan'>;

/** Address by address, and on each of them port by port; once per start. */
class ScanSource extends PacedSource<Spec> {
  readonly #prefix: Prefix;
  readonly #network: number;
  readonly #sourcePort: number;
  /** The address that is swept now: its place among the hosts of the prefix, and its number; NOBODY when all are done. */
  #host = 0;
  #target: AddressId = NOBODY;
  #port = 0;

  constructor(spec: Spec, ground: SourceGround) {
    super(spec, ground);
    const prefix = parsePrefix(spec.prefix);
    if (prefix === null) throw new RangeError(`'${spec.prefix}' is not a prefix`);
    this.#prefix = prefix;
    this.#network = homeNetwork(ground.fabric.system, ground.vm);
    this.#sourcePort = this.host.bindEphemeral(SINK);
  }

  protected override emit(): void {
    const { host, spec } = this;
    const target = this.#target;
    const ports = (this.#sourcePort << 16) | spec.ports[this.#port]!;
    const source = host.sourceFor(target);
    this.#advance();
    host.send(
      host.datagram(this.flow, this.sent++, source, target, ports, spec.packetSize, this.flags, spec.ttl),
    );
  }

  protected override gap(): number {
    return this.#target === NOBODY ? Infinity : this.spec.interval;
  }

  protected override first(): number {
    this.#host = 0;
    this.#port = 0;
    this.#target = this.spec.ports.length === 0 ? NOBODY : this.#hostAt();
    return this.#target === NOBODY ? Infinity : 0;
  }

  #advance(): void {
    this.#port++;
    if (this.#port < this.spec.ports.length) return;
    this.#port = 0;
    this.#host++;
    this.#target = this.#hostAt();
  }

  /** The address at `#host`, or the next one if that is the sender's own. */
  #hostAt(): AddressId {
    const { system } = this.fabric;
    for (;;) {
      const address = nthHost(this.#prefix, this.#host);
      if (address === null) return NOBODY;
      const target = system.number(this.#network, address);
      if (system.owner[target] !== this.vm) return target;
      this.#host++;
    }
  }
}

export const scan = defineTraffic({
  name: 'scan',
  summary: 'For audits: one packet to each address of a prefix and each port, in order.',
  transactional: false,
  roams: true,
  create: (spec, ground) => new ScanSource(spec, ground),
});
