/** Bursts: a constant rate while on, nothing while off, as ns-3's OnOff application. */
import { pow, type RandomStream } from '../../engine/index.ts';
import type { DurationLaw } from '../specs.ts';
import { defineTraffic, SINK, type SpecOf } from './definition.ts';
import type { SourceGround } from './source.ts';
import { StreamSource } from './stream.ts';

type Spec = SpecOf<'onOff'>;

/** Begins with an on period and a packet. The packets' clock stands while off, so that the rate while on is exact. */
class OnOffSource extends StreamSource<Spec> {
  /** What is left of the present on period, ns. */
  #left = 0;

  constructor(spec: Spec, ground: SourceGround) {
    super(spec, ground);
    if (!(spec.on.mean > 0)) throw new RangeError(`traffic '${spec.id}' is never on`);
  }

  protected override first(): number {
    this.#left = draw(this.spec.on, this.random);
    return this.#left > 0 ? 0 : this.#after(0);
  }

  protected override gap(): number {
    const { interval } = this.spec;
    if (interval < this.#left) {
      this.#left -= interval;
      return interval;
    }
    return this.#after(interval);
  }

  /** Ns until so much on time has passed, and more than that is left of the on period. */
  #after(onTime: number): number {
    const { on, off } = this.spec;
    let passed = 0;
    let wanted = onTime;
    while (wanted >= this.#left) {
      wanted -= this.#left;
      passed += this.#left + draw(off, this.random);
      if (passed > this.runEnd) return Infinity;
      this.#left = draw(on, this.random);
    }
    this.#left -= wanted;
    return passed + wanted;
  }
}

/** A duration in ns, a real number. One draw where it is random. */
function draw(duration: DurationLaw, random: RandomStream): number {
  switch (duration.law) {
    case 'fixed':
      return duration.mean;
    case 'exponential':
      return random.exponential() * duration.mean;
    case 'pareto': {
      // P(X > x) = (least / x)^shape from `least` on, so that the mean is least * shape / (shape - 1).
      const least = (duration.mean * (duration.shape - 1)) / duration.shape;
      return least * pow(1 - random.uniform(), -1 / duration.shape);
    }
  }
}

export const onOff = defineTraffic({
  name: 'onOff',
  summary: 'A constant rate during on periods, silence between them; both may be random.',
  transactional: false,
  roams: false,
  create: (spec, ground) => new OnOffSource(spec, ground),
  receive: () => SINK,
});
