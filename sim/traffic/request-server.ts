/** Questions and answers over UDP; the answering side, one per VM. */
import { Lane, type LaneOwner, Rank } from '../../engine/index.ts';
import { INFO, PacketFlag, type PacketId, PORTS } from '../packet.ts';
import type { AddressId } from '../system-manager.ts';
import type { IpHost, Listener } from '../vm/ip-host.ts';
import type { ReceiverGround, SpecOf } from './definition.ts';
import { headersOf, MessagePlan, messageOf, PartsSeen, partInfo, partOf } from './messages.ts';

export type RequestSpec = SpecOf<'request'>;

/** So many questions are remembered beyond those that are being thought about; the oldest is forgotten first. */
export const MOST_REMEMBERED = 4096;

interface Question {
  readonly number: number;
  readonly key: number;
  readonly message: number;
  readonly client: AddressId;
  readonly source: AddressId;
  /** Of the answers. */
  readonly ports: number;
  parts: PartsSeen;
  /** Sequence number of the first part of the latest copy that is dealt with: packets of it and of earlier ones change nothing. */
  lastCopy: number;
  state: 'asked' | 'thinking' | 'answered';
}

/**
 * Waits until all parts of a question are there, whichever of its copies they come from; thinks, once; and answers. Another copy
 * of the question that comes complete is answered again from memory; copies that come while it thinks are answered with the
 * first, and duplicates of packets change nothing. What it has forgotten it takes for a new question.
 */
export class RequestServer implements Listener, LaneOwner {
  readonly #spec: RequestSpec;
  readonly #ground: ReceiverGround;
  readonly #host: IpHost;
  /** Questions being thought about: all take the same time, so their answers come due in order. */
  readonly #answers: Lane;
  readonly #flags: number;
  readonly #questionParts: number;
  readonly #plan: MessagePlan;
  /** Numbers for clients, by source address and port; with a message's number the key of a question. */
  readonly #clients = new Map<number, number>();
  /** By key, in the order of coming. */
  readonly #questions = new Map<number, Question>();
  /** By number: those being thought about. */
  readonly #thinking = new Map<number, Question>();
  #came = 0;
  #sent = 0;

  constructor(spec: RequestSpec, ground: ReceiverGround) {
    const { fabric, vm } = ground;
    this.#spec = spec;
    this.#ground = ground;
    this.#host = fabric.vms[vm]!;
    this.#answers = new Lane(fabric.kernel, Rank.arrival, this);
    this.#flags =
      PacketFlag.reverse | (spec.df ? PacketFlag.dontFragment : 0) | (spec.ecn ? PacketFlag.ecnCapable : 0);
    const headers = headersOf(fabric.system, fabric.system.primaryAddress[vm]!);
    this.#questionParts = new MessagePlan(spec.requestSize, spec.packetSize, headers).parts;
    this.#plan = new MessagePlan(spec.responseSize, spec.packetSize, headers);
  }

  onPacket(packet: PacketId): void {
    const pool = this.#ground.fabric.packets;
    if (pool.flow(packet) !== this.#ground.flow) return;
    const part = partOf(pool.info(packet));
    const question = this.#questionOf(packet);
    // All parts of one copy are sent one after another, so this is the sequence number of its first.
    const copy = pool.seq(packet) - part;
    if (copy <= question.lastCopy) return;
    if (question.state === 'thinking') {
      question.lastCopy = copy;
      return;
    }
    if (!question.parts.add(part)) return;
    question.lastCopy = copy;
    if (question.state === 'answered') this.#answer(question);
    else this.#think(question);
  }

  onPowerOff(): void {
    this.#questions.clear();
    this.#thinking.clear();
  }

  onDue(number: number): void {
    const question = this.#thinking.get(number);
    if (question === undefined) return;
    this.#thinking.delete(number);
    this.#answer(question);
  }

  #think(question: Question): void {
    const { kernel } = this.#ground.fabric;
    if (this.#spec.think === 0) {
      this.#answer(question);
      return;
    }
    question.state = 'thinking';
    this.#thinking.set(question.number, question);
    const due = kernel.now + this.#spec.think;
    // An answer that the run does not live to see needs no event.
    if (due <= this.#ground.end) this.#answers.append(due, question.number);
  }

  #answer(question: Question): void {
    const pool = this.#ground.fabric.packets;
    const host = this.#host;
    question.state = 'answered';
    question.parts = new PartsSeen(this.#questionParts);
    const { client, source, ports } = question;
    for (let part = 0; part < this.#plan.parts; part++) {
      const size = this.#plan.packetSize(part);
      const { flow } = this.#ground;
      const packet = host.datagram(
        flow,
        this.#sent++,
        source,
        client,
        ports,
        size,
        this.#flags,
        this.#spec.ttl,
      );
      pool.doubles[(packet >> 1) + INFO] = partInfo(question.message, part);
      host.send(packet);
    }
  }

  #questionOf(packet: PacketId): Question {
    const pool = this.#ground.fabric.packets;
    const message = messageOf(pool.info(packet));
    const key = this.#clientOf(packet) * 2 ** 32 + message;
    const known = this.#questions.get(key);
    if (known !== undefined) return known;
    const ports = pool.ints[packet + PORTS]!;
    this.#came = (this.#came + 1) | 0;
    const question: Question = {
      number: this.#came,
      key,
      message,
      client: this.#host.answerTarget(packet),
      source: this.#host.answerSource(packet),
      ports: (ports << 16) | (ports >>> 16),
      parts: new PartsSeen(this.#questionParts),
      lastCopy: -1,
      state: 'asked',
    };
    this.#questions.set(key, question);
    this.#forgetOldest();
    return question;
  }

  #clientOf(packet: PacketId): number {
    const pool = this.#ground.fabric.packets;
    const place = pool.source(packet) * 65536 + pool.sourcePort(packet);
    let client = this.#clients.get(place);
    if (client === undefined) {
      client = this.#clients.size;
      this.#clients.set(place, client);
    }
    return client;
  }

  #forgetOldest(): void {
    for (const { key, state } of this.#questions.values()) {
      if (this.#questions.size <= MOST_REMEMBERED + this.#thinking.size) return;
      if (state !== 'thinking') this.#questions.delete(key);
    }
  }
}
