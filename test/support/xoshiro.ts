/** xoshiro128** seeded by splitmix32: the random source that the peers of the workloads share. For tests and benches only. */

const TO_UNIT = 2 ** -32;

export class Xoshiro {
  // Int32 fields in a class: a number captured by a closure would be boxed at each write.
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    let state = seed | 0;
    const splitmix = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return z ^ (z >>> 16);
    };
    this.#a = splitmix();
    this.#b = splitmix();
    this.#c = splitmix();
    this.#d = splitmix();
  }

  /** The next 32 bits, unsigned. */
  next(): number {
    const b = this.#b;
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const c = this.#c ^ this.#a;
    const d = this.#d ^ b;
    this.#b = b ^ c;
    this.#a ^= d;
    this.#c = c ^ (b << 9);
    this.#d = (d << 11) | (d >>> 21);
    return result >>> 0;
  }

  /** Uniform in [0, 1), 32 bits. */
  u(): number {
    return this.next() * TO_UNIT;
  }

  /** Exponential with mean 1. */
  exp(): number {
    return -Math.log((this.next() + 1) * TO_UNIT);
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.u() * n);
  }
}
