/** Corruption: bits of some packets flip on the way. The packet goes on; its receiver verifies it. */
import { Correlated } from '../../../engine/index.ts';
import { damageKind } from '../../damage.ts';
import { DAMAGE_PLACES } from '../../wire/bit-errors.ts';
import { defineGate } from '../stage.ts';

export const corruptParams = {
  'corrupt.percentage': { kind: 'probability', identity: 0, help: 'Chance that bits of a packet flip.' },
  'corrupt.correlation': {
    kind: 'probability',
    identity: 0,
    help: 'How much the draw for a packet resembles the one before: damaged packets come in runs, as many as without.',
  },
  'corrupt.bits': {
    kind: 'count',
    identity: 1,
    min: 1,
    max: 65536,
    help: 'So many different bits of the packet flip. None of them is in a length, a type or a checksum.',
  },
  'corrupt.where': {
    kind: 'choice',
    identity: 'any',
    choices: DAMAGE_PLACES,
    help: 'header: of the IP header (in IPv6, of the addresses). payload: of what follows it. A packet goes where it would have gone.',
  },
  'corrupt.silent': {
    kind: 'boolean',
    identity: false,
    help: 'Checksums are made right again: the receiver does not notice. Of fragments it does.',
  },
} as const;

export const corrupt = defineGate({
  name: 'corrupt',
  summary: 'Flips bits of some packets, which their receiver then drops; or, silently, does not notice.',
  params: corruptParams,
  // Whether, and where.
  drawsPerPacket: 2,
  active: (values) => values['corrupt.percentage'] > 0,
  create({ random, packets }) {
    const correlated = new Correlated();
    let probability = 0;
    let kind = 0;
    let kindOfFragments = 0;
    return {
      configure(values) {
        probability = values['corrupt.percentage'];
        correlated.correlation = values['corrupt.correlation'];
        const bits = values['corrupt.bits'];
        const where = values['corrupt.where'];
        // The checksum that covers a fragment covers others as well, and may be in one of them.
        kindOfFragments = damageKind({ bits, where, isSilent: false });
        kind = damageKind({ bits, where, isSilent: values['corrupt.silent'] });
      },
      admit(packet) {
        const isHit = correlated.isBelow(probability, random.uniform());
        const draw = random.uniform();
        if (isHit)
          packets.damage(packet, draw * 2 ** 32, packets.isFragment(packet) ? kindOfFragments : kind);
        return true;
      },
    };
  },
});
