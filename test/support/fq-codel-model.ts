/** FlowQueue-CoDel as RFC 8290, section 4, puts it in words: a reference to compare with. Every flow has a queue of its own. */
import { CodelModel, type CodelParameters, type ModelPacket } from './codel-model.ts';

interface FlowState {
  readonly codel: CodelModel;
  credits: number;
}

export class FqCodelModel {
  readonly dropped: ModelPacket[] = [];
  readonly #flows = new Map<number, FlowState>();
  #new: FlowState[] = [];
  #old: FlowState[] = [];
  readonly #parameters: CodelParameters;
  readonly #quantum: number;
  readonly #limit: number;

  constructor(parameters: CodelParameters, quantum: number, limit: number) {
    this.#parameters = parameters;
    this.#quantum = quantum;
    this.#limit = limit;
  }

  length(): number {
    return [...this.#new, ...this.#old].reduce((sum, { codel }) => sum + codel.queue.length, 0);
  }

  /** 4.1: classified, time-stamped, added; a queue in neither list comes to the end of the new ones with a quantum of credits. */
  enqueue(packet: ModelPacket, flow: number, now: number): void {
    let state = this.#flows.get(flow);
    if (state === undefined) {
      state = { codel: new CodelModel(this.#parameters, this.dropped), credits: 0 };
      this.#flows.set(flow, state);
    }
    state.codel.enqueue(packet, now);
    if (!this.#new.includes(state) && !this.#old.includes(state)) {
      state.credits = this.#quantum;
      this.#new.push(state);
    }
    if (this.length() <= this.#limit) return;
    // The queue with the largest byte count loses half of its packets, at most 64, from its head.
    const [fattest] = [...this.#new, ...this.#old].sort((a, b) => b.codel.bytes() - a.codel.bytes());
    const { queue } = fattest!.codel;
    this.dropped.push(...queue.splice(0, Math.min(64, Math.ceil(queue.length / 2))));
  }

  /** 4.2, sentence by sentence. */
  dequeue(now: number): ModelPacket | null {
    for (;;) {
      const list = this.#new.length > 0 ? this.#new : this.#old;
      const flow = list[0];
      if (flow === undefined) return null;
      if (flow.credits <= 0) {
        flow.credits += this.#quantum;
        list.shift();
        this.#old.push(flow);
        continue;
      }
      const packet = flow.codel.dequeue(now);
      if (packet !== null) {
        flow.credits -= packet.size;
        return packet;
      }
      const wasNew = list === this.#new;
      list.shift();
      if (wasNew) this.#old.push(flow);
    }
  }
}
