/** Draws that wait for their packets: first in, first out. Takes no memory until there is one. */
export class Draws {
  length = 0;
  #ring: Float64Array | null = null;
  #first = 0;

  push(draw: number): void {
    let ring = this.#ring;
    if (ring === null || this.length === ring.length) {
      ring = this.#wider(ring);
      this.#ring = ring;
    }
    ring[(this.#first + this.length) & (ring.length - 1)] = draw;
    this.length++;
  }

  /** The first is not needed any more; nothing happens when there is none. */
  drop(): void {
    if (this.length === 0) return;
    this.length--;
    this.#first++;
  }

  /** The draw of the packet at that place, from 0. */
  at(place: number): number {
    const ring = this.#ring!;
    return ring[(this.#first + place) & (ring.length - 1)]!;
  }

  clear(): void {
    this.length = 0;
  }

  #wider(ring: Float64Array | null): Float64Array {
    const next = new Float64Array(ring === null ? 8 : ring.length * 2);
    for (let place = 0; place < this.length; place++) next[place] = this.at(place);
    this.#first = 0;
    return next;
  }
}
