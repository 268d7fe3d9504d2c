/** Packets at random: the time between two is exponentially distributed. */
import { defineTraffic, SINK, type SpecOf } from './definition.ts';
import { StreamSource } from './stream.ts';

class PoissonSource extends StreamSource<SpecOf<'poisson'>> {
  protected override gap(): number {
    return this.random.exponential() * this.spec.interval;
  }

  /** Poisson arrivals have no memory: the first one is as far from the start as any other from the one before. */
  protected override first(): number {
    return this.gap();
  }
}

export const poisson = defineTraffic({
  name: 'poisson',
  summary: 'Packets at random instants, independent of each other, with the given mean rate.',
  transactional: false,
  roams: false,
  create: (spec, ground) => new PoissonSource(spec, ground),
  receive: () => SINK,
});
