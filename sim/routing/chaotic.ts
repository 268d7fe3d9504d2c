import type { RandomStream } from '../../engine/index.ts';
import type { Router, RouterView } from './router.ts';
import { StaticRouter } from './static.ts';

/** As static, but with a chance per packet the choice moves to another random candidate, and stays there until the next move. */
export class ChaoticRouter implements Router {
  readonly #candidates: Int32Array;
  readonly #view: RouterView;
  readonly #random: RandomStream;
  readonly #probability: number;
  readonly #predefined: StaticRouter;
  #moved = -1;

  constructor(candidates: Int32Array, view: RouterView, random: RandomStream, probability: number) {
    this.#candidates = candidates;
    this.#view = view;
    this.#random = random;
    this.#probability = probability;
    this.#predefined = new StaticRouter(candidates, view);
  }

  choose(): number {
    // Two draws a packet, moved or not: the n-th packet meets the n-th pair.
    const moves = this.#random.chance(this.#probability);
    const where = this.#random.uniform();
    const present = this.#present();
    if (!moves) return present;
    const others = this.#candidates.filter((vm) => vm !== present && this.#view.isAlive(vm));
    if (others.length === 0) return present;
    this.#moved = others[Math.floor(where * others.length)]!;
    return this.#moved;
  }

  #present(): number {
    if (this.#moved >= 0 && this.#view.isAlive(this.#moved)) return this.#moved;
    return this.#predefined.choose();
  }
}
