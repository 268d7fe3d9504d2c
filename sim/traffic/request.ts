/** Questions and answers over UDP, each a message of one or more datagrams; the asker's side. */
import { type EventId, type Nanos, NO_EVENT } from '../../engine/index.ts';
import { INFO, type PacketId } from '../packet.ts';
import type { AddressId } from '../system-manager.ts';
import { Sample } from '../trace.ts';
import type { Listener } from '../vm/ip-host.ts';
import { defineTraffic } from './definition.ts';
import { headersOf, MessagePlan, messageOf, PartsSeen, partInfo, partOf } from './messages.ts';
import { RequestServer, type RequestSpec } from './request-server.ts';
import { PacedSource, type SourceGround } from './source.ts';
import { Targets } from './targets.ts';

const TIMEOUT = 0;

interface Pending {
  readonly message: number;
  readonly at: Nanos;
  readonly target: AddressId;
  readonly source: AddressId;
  readonly answer: PartsSeen;
  retriesLeft: number;
  timer: EventId;
}

/**
 * Asks, and asks again after each `timeout` without a complete answer, up to `retries` times: the whole question, under the same
 * message number. The round trip is from the first asking to the last part of the answer; parts of several answers to one
 * question make up for each other. What was asked before a stop is still judged, but not asked again.
 */
class RequestSource extends PacedSource<RequestSpec> implements Listener {
  readonly #targets: Targets;
  /** Source and destination port in one word. */
  readonly #ports: number;
  readonly #plan: MessagePlan;
  readonly #answerParts: number;
  readonly #pending = new Map<number, Pending>();
  #asked = 0;

  constructor(spec: RequestSpec, ground: SourceGround) {
    super(spec, ground);
    const { system } = ground.fabric;
    this.#targets = new Targets(spec, ground);
    this.#ports = (this.host.bindEphemeral(this) << 16) | spec.port;
    const headers = headersOf(system, system.primaryAddress[ground.vm]!);
    this.#plan = new MessagePlan(spec.requestSize, spec.packetSize, headers);
    this.#answerParts = new MessagePlan(spec.responseSize, spec.packetSize, headers).parts;
  }

  onPacket(packet: PacketId): void {
    const { kernel, ledger, packets } = this.fabric;
    if (packets.flow(packet) !== this.flow) return;
    const info = packets.doubles[(packet >> 1) + INFO]!;
    const pending = this.#pending.get(messageOf(info));
    if (pending === undefined || !pending.answer.add(partOf(info))) return;
    this.#pending.delete(pending.message);
    if (pending.timer !== NO_EVENT) kernel.cancel(pending.timer, this.actor);
    ledger.sample(Sample.answered, this.flow, kernel.now, kernel.now - pending.at);
    ledger.sample(Sample.completed, this.flow, kernel.now, this.spec.responseSize);
  }

  protected override emit(): void {
    const { spec } = this;
    const { kernel, ledger } = this.fabric;
    const target = this.#targets.next();
    const pending: Pending = {
      message: this.#asked++,
      at: kernel.now,
      target,
      source: this.#targets.source,
      answer: new PartsSeen(this.#answerParts),
      retriesLeft: spec.retries,
      timer: NO_EVENT,
    };
    this.#pending.set(pending.message, pending);
    ledger.sample(Sample.asked, this.flow, kernel.now, this.numberInFlow(pending.message));
    this.#ask(pending);
  }

  protected override gap(): number {
    return this.spec.interval;
  }

  protected override onOwnEvent(_kind: number, message: number): void {
    const { kernel, ledger } = this.fabric;
    const pending = this.#pending.get(message)!;
    pending.timer = NO_EVENT;
    if (pending.retriesLeft === 0 || this.isStopped) {
      this.#pending.delete(message);
      ledger.sample(Sample.timedOut, this.flow, kernel.now, this.numberInFlow(message));
      return;
    }
    pending.retriesLeft--;
    if (this.host.isUp) {
      ledger.sample(Sample.retried, this.flow, kernel.now, this.numberInFlow(message));
      this.#ask(pending);
    } else {
      this.#wait(pending);
    }
  }

  #ask(pending: Pending): void {
    const { host, spec } = this;
    const { packets } = this.fabric;
    // Before it is sent: where there is no delay, the answer is here before `send` returns.
    this.#wait(pending);
    const { message, source, target } = pending;
    for (let part = 0; part < this.#plan.parts; part++) {
      const size = this.#plan.packetSize(part);
      const packet = host.datagram(
        this.flow,
        this.sent++,
        source,
        target,
        this.#ports,
        size,
        this.flags,
        spec.ttl,
      );
      packets.doubles[(packet >> 1) + INFO] = partInfo(message, part);
      host.send(packet);
    }
  }

  #wait(pending: Pending): void {
    const { kernel } = this.fabric;
    const due = kernel.now + this.spec.timeout;
    // A timeout that the run does not live to see needs no event.
    if (due <= this.runEnd) pending.timer = kernel.at(due, this.actor, TIMEOUT, pending.message);
  }
}

export const request = defineTraffic({
  name: 'request',
  summary: 'Questions and answers over UDP, asked again when no answer comes in time.',
  transactional: true,
  roams: false,
  create: (spec, ground) => new RequestSource(spec, ground),
  receive: (spec, ground) => new RequestServer(spec, ground),
});
