/**
 * For audits: packets with a forged source address. The host of the sender drops them; on a compromised host, which does not
 * look, they are caught by the receiving side, unless the forged address belongs to a VM of that same host: from outside, a host
 * speaks for all of its VMs.
 */
import { PacketFlag } from '../packet.ts';
import type { AddressId } from '../system-manager.ts';
import { homeNetwork } from '../vm/addressing.ts';
import { defineTraffic, type SpecOf } from './definition.ts';
import type { SourceGround } from './source.ts';
import { StreamSource } from './stream.ts';

type Spec = SpecOf<'spoof'>;

class SpoofSource extends StreamSource<Spec> {
  readonly #forged: AddressId;

  constructor(spec: Spec, ground: SourceGround) {
    super(spec, ground);
    const { system } = ground.fabric;
    this.#forged = system.addressNumber(homeNetwork(system, ground.vm), spec.as);
    if (spec.compromisedHost) this.flags |= PacketFlag.unverified;
  }

  protected override sendTo(target: AddressId, _source: AddressId, ports: number): void {
    super.sendTo(target, this.#forged, ports);
  }
}

export const spoof = defineTraffic({
  name: 'spoof',
  summary: 'For audits: packets with a forged source address.',
  transactional: false,
  roams: false,
  create: (spec, ground) => new SpoofSource(spec, ground),
});
