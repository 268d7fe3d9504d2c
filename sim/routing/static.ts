import type { Router, RouterView } from './router.ts';

/** The predefined choice: the first that is alive. */
export class StaticRouter implements Router {
  readonly #candidates: Int32Array;
  readonly #view: RouterView;

  constructor(candidates: Int32Array, view: RouterView) {
    this.#candidates = candidates;
    this.#view = view;
  }

  choose(): number {
    for (const vm of this.#candidates) if (this.#view.isAlive(vm)) return vm;
    return -1;
  }
}
