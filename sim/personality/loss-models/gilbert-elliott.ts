/**
 * Loss in a good and a bad state (Gilbert, "Capacity of a burst-noise channel", 1960; Elliott, 1963), with the parameters of
 * sch_netem's `gemodel`, which takes 1-h and 1-k.
 */
import type { GateMemory } from '../stage.ts';
import { defineLossModel } from './model.ts';

/** The two states. Begins in the good one. */
export class TwoStates {
  #isBad = false;
  #toBad = 0;
  #toGood = 1;
  #lossInBad = 1;
  #lossInGood = 0;

  /** The state stays. */
  configure(toBad: number, toGood: number, lossInBad: number, lossInGood: number): void {
    this.#toBad = toBad;
    this.#toGood = toGood;
    this.#lossInBad = lossInBad;
    this.#lossInGood = lossInGood;
  }

  memory(): GateMemory {
    return { state: this.#isBad ? 'bad' : 'good', chance: this.#isBad ? this.#lossInBad : this.#lossInGood };
  }

  /** Whether the next packet is lost, with a draw in [0, 1). */
  isLost(draw: number): boolean {
    const loss = this.#isBad ? this.#lossInBad : this.#lossInGood;
    const change = this.#isBad ? this.#toGood : this.#toBad;
    // Whether the packet is lost depends on the state before the change and not on the change: two questions, which one draw
    // answers. Its lower `loss` is lost, its upper rest is not, and the lower `change` of either changes the state.
    const isLost = draw < loss;
    if (draw < (isLost ? loss * change : loss + (1 - loss) * change)) this.#isBad = !this.#isBad;
    return isLost;
  }
}

export const gilbertElliott = defineLossModel({
  name: 'gilbertElliott',
  summary: 'A good and a bad state, each with its own chance of loss; packets are lost in bursts.',
  params: {
    'loss.p': {
      kind: 'probability',
      identity: 0,
      help: 'gilbertElliott: chance to go from good to bad, per packet.',
    },
    'loss.r': {
      kind: 'probability',
      identity: undefined,
      help: 'gilbertElliott: chance to go from bad to good, per packet; default: 1 - p.',
    },
    'loss.h': {
      kind: 'probability',
      identity: 0,
      help: 'gilbertElliott: chance that a packet gets through in the bad state (netem takes 1-h).',
    },
    'loss.k': {
      kind: 'probability',
      identity: 1,
      help: 'gilbertElliott: chance that a packet gets through in the good state (netem takes 1-k).',
    },
  },
  needs: ['loss.p'],
  active: (values) => values['loss.p'] > 0 || values['loss.k'] < 1,
  share(values) {
    const p = values['loss.p'];
    const r = values['loss.r'] ?? 1 - p;
    const bad = p === 0 ? 0 : p / (p + r);
    return bad * (1 - values['loss.h']) + (1 - bad) * (1 - values['loss.k']);
  },
  create({ random }) {
    const states = new TwoStates();
    return {
      configure(values) {
        const p = values['loss.p'];
        states.configure(p, values['loss.r'] ?? 1 - p, 1 - values['loss.h'], 1 - values['loss.k']);
      },
      isLost: () => states.isLost(random.uniform()),
      memory: () => states.memory(),
    };
  },
});
