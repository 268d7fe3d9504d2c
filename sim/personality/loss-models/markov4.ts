/** Loss in four states (Salsano, Ludovici, Ordine, Giannuzzi, "Definition of a general and intuitive loss model", 2012), sch_netem's `state`. */
import type { GateMemory } from '../stage.ts';
import { defineLossModel } from './model.ts';

// Between bursts packets get through, but for lone losses; a burst begins and ends with a loss.
const GAP = 1;
const BURST_RECEIVED = 2;
const BURST_LOST = 3;
const LONE_LOSS = 4;
/** By state. */
const STATE_WORDS = ['', 'gap', 'burst, received', 'burst, lost', 'lone loss'];

/** Chances to go from one state to another, per packet. */
export interface FourStateChances {
  readonly p13: number;
  readonly p31: number;
  readonly p32: number;
  readonly p23: number;
  readonly p14: number;
}

/** The four states. Begins in state 1. A packet has the fate of the state after its transition. */
export class FourStates {
  #state = GAP;
  #toLoneLoss = 0;
  #toLoneLossOrBurst = 0;
  #toReceived = 0;
  #toReceivedOrGap = 1;
  #toLost = 1;

  /** The state stays. `p13 + p14` and `p31 + p32` are at most 1. */
  configure({ p13, p31, p32, p23, p14 }: FourStateChances): void {
    this.#toLoneLoss = p14;
    this.#toLoneLossOrBurst = p14 + p13;
    this.#toReceived = p32;
    this.#toReceivedOrGap = p32 + p31;
    this.#toLost = p23;
  }

  /** Where the packet before left it. */
  memory(): GateMemory {
    return { state: STATE_WORDS[this.#state] ?? '', chance: null };
  }

  /** Whether the next packet is lost, with a draw in [0, 1). */
  isLost(draw: number): boolean {
    switch (this.#state) {
      case GAP:
        if (draw < this.#toLoneLoss) this.#state = LONE_LOSS;
        else if (draw < this.#toLoneLossOrBurst) this.#state = BURST_LOST;
        break;
      case BURST_RECEIVED:
        if (draw < this.#toLost) this.#state = BURST_LOST;
        break;
      case BURST_LOST:
        if (draw < this.#toReceived) this.#state = BURST_RECEIVED;
        else if (draw < this.#toReceivedOrGap) this.#state = GAP;
        break;
      default:
        this.#state = GAP;
    }
    return this.#state >= BURST_LOST;
  }
}

export const markov4 = defineLossModel({
  name: 'markov4',
  summary: 'Four states: gaps, losses and receptions within bursts, and lone losses.',
  params: {
    'loss.p13': {
      kind: 'probability',
      identity: 0,
      help: 'markov4: chance that a burst of losses begins, per packet between bursts.',
    },
    'loss.p31': {
      kind: 'probability',
      identity: undefined,
      help: 'markov4: chance that a burst ends, per packet after a loss in it; default: 1 - p13.',
    },
    'loss.p32': {
      kind: 'probability',
      identity: 0,
      help: 'markov4: chance that a packet gets through within a burst, after a loss.',
    },
    'loss.p23': {
      kind: 'probability',
      identity: 1,
      help: 'markov4: chance of the next loss within a burst, after a packet that got through.',
    },
    'loss.p14': {
      kind: 'probability',
      identity: 0,
      help: 'markov4: chance of a lone loss, per packet between bursts.',
    },
  },
  needs: ['loss.p13'],
  active: (values) => values['loss.p13'] > 0 || values['loss.p14'] > 0,
  problems(values) {
    const { p13, p31, p32, p14 } = chancesOf(values);
    return [...sumProblem('loss.p14', p14, 'loss.p13', p13), ...sumProblem('loss.p32', p32, 'loss.p31', p31)];
  },
  share(values) {
    const p13 = values['loss.p13'];
    const p31 = values['loss.p31'] ?? 1 - p13;
    const p32 = values['loss.p32'];
    const p23 = values['loss.p23'];
    const p14 = values['loss.p14'];
    // A state that is never left holds everything in the end.
    if (p13 === 0) return p14 / (1 + p14);
    if (p23 === 0 && p32 > 0) return 0;
    const receivedPerLost = p32 === 0 ? 0 : p32 / p23;
    if (p31 === 0) return 1 / (1 + receivedPerLost);
    const gap = 1 / (1 + p14 + (p13 / p31) * (1 + receivedPerLost));
    return gap * (p13 / p31 + p14);
  },
  create({ random }) {
    const states = new FourStates();
    return {
      configure: (values) => states.configure(chancesOf(values)),
      isLost: () => states.isLost(random.uniform()),
      memory: () => states.memory(),
    };
  },
});

interface Markov4Values {
  readonly 'loss.p13': number;
  readonly 'loss.p31': number | undefined;
  readonly 'loss.p32': number;
  readonly 'loss.p23': number;
  readonly 'loss.p14': number;
}

const chancesOf = (values: Markov4Values): FourStateChances => ({
  p13: values['loss.p13'],
  p31: values['loss.p31'] ?? 1 - values['loss.p13'],
  p32: values['loss.p32'],
  p23: values['loss.p23'],
  p14: values['loss.p14'],
});

const sumProblem = (path: string, value: number, other: string, otherValue: number) =>
  value + otherValue > 1
    ? [
        {
          path,
          found: `${value} with ${other} ${otherValue}`,
          allowed: 'chances of the same state that sum to at most 1',
        },
      ]
    : [];
