/** For audits: packets to random ports of one destination. They meet closed ports, and ICMP errors come back. */
import type { AddressId } from '../system-manager.ts';
import { defineTraffic, type SpecOf } from './definition.ts';
import { StreamSource } from './stream.ts';

/** Port 0 is none. */
const PORTS = 65535;

class FloodSource extends StreamSource<SpecOf<'flood'>> {
  protected override sendTo(target: AddressId, source: AddressId, ports: number): void {
    super.sendTo(target, source, (ports & ~0xffff) | (1 + this.random.below(PORTS)));
  }
}

export const flood = defineTraffic({
  name: 'flood',
  summary: 'For audits: packets to random ports.',
  transactional: false,
  roams: false,
  create: (spec, ground) => new FloodSource(spec, ground),
});
