/** Random loss, RFC 7680: each packet on its own. */

import { Fate } from '../../trace.ts';
import { defineGate } from '../stage.ts';

export const loss = defineGate({
  name: 'loss',
  summary: 'Discards each packet with the same chance.',
  params: {
    packetLossPercentage: { kind: 'probability', identity: 0, help: 'Chance that a packet is discarded.' },
  },
  drawsPerPacket: 1,
  active: (values) => values.packetLossPercentage > 0,
  create({ random, drop }) {
    let probability = 0;
    return {
      configure(values) {
        probability = values.packetLossPercentage;
      },
      admit: (packet) => (random.chance(probability) ? drop(packet, Fate.loss) : true),
    };
  },
});
