/** Echo requests and their replies (RFC 792, RFC 4443), judged as ping(8) does. */
import { type EventId, type Nanos, NO_EVENT } from '../../engine/index.ts';
import { INFO, type PacketId } from '../packet.ts';
import { Sample } from '../trace.ts';
import type { Listener } from '../vm/ip-host.ts';
import { defineTraffic, type SpecOf } from './definition.ts';
import { PacedSource, type SourceGround } from './source.ts';
import { Targets } from './targets.ts';

type Spec = SpecOf<'ping'>;

const TIMEOUT = 0;

interface Asked {
  readonly at: Nanos;
  readonly timer: EventId;
}

/**
 * The first reply within `timeout` counts, the last instant included; later ones and duplicates do not. What was asked before a
 * stop is still judged.
 */
class PingSource extends PacedSource<Spec> implements Listener {
  readonly #targets: Targets;
  readonly #ident: number;
  /** By sequence number: without an answer so far. */
  readonly #asked = new Map<number, Asked>();

  constructor(spec: Spec, ground: SourceGround) {
    super(spec, ground);
    this.#targets = new Targets(spec, ground);
    this.#ident = this.host.openEcho(this);
  }

  onPacket(packet: PacketId): void {
    const { kernel, ledger, packets } = this.fabric;
    const seq = packets.doubles[(packet >> 1) + INFO]!;
    const asked = this.#asked.get(seq);
    if (asked === undefined) return;
    this.#asked.delete(seq);
    if (asked.timer !== NO_EVENT) kernel.cancel(asked.timer, this.actor);
    ledger.sample(Sample.answered, this.flow, kernel.now, kernel.now - asked.at);
  }

  protected override emit(): void {
    const { host, spec, flow } = this;
    const { kernel, ledger } = this.fabric;
    const seq = this.sent++;
    const target = this.#targets.next();
    const due = kernel.now + spec.timeout;
    // A timeout that the run does not live to see needs no event.
    const timer = due <= this.runEnd ? kernel.at(due, this.actor, TIMEOUT, seq) : NO_EVENT;
    this.#asked.set(seq, { at: kernel.now, timer });
    ledger.sample(Sample.asked, flow, kernel.now, this.numberInFlow(seq));
    host.send(host.echo(flow, seq, target, this.#ident, spec.packetSize, this.flags, spec.ttl));
  }

  protected override gap(): number {
    return this.spec.interval;
  }

  protected override onOwnEvent(_kind: number, seq: number): void {
    this.#asked.delete(seq);
    const { kernel, ledger } = this.fabric;
    ledger.sample(Sample.timedOut, this.flow, kernel.now, this.numberInFlow(seq));
  }
}

export const ping = defineTraffic({
  name: 'ping',
  summary: 'Echo requests at an interval; the round trip is measured.',
  transactional: true,
  roams: false,
  create: (spec, ground) => new PingSource(spec, ground),
});
