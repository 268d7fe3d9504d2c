/** Duplication, RFC 5560: some packets go on twice. */
import { Correlated } from '../../../engine/index.ts';
import { COPY_OF, FLAGS, PacketFlag } from '../../packet.ts';
import { Origin } from '../../trace.ts';
import { defineGate } from '../stage.ts';

export const duplicateParams = {
  duplicatePacketPercentage: {
    kind: 'probability',
    identity: 0,
    help: 'Chance that one extra copy is made.',
  },
  'duplicate.correlation': {
    kind: 'probability',
    identity: 0,
    help: 'How much the draw for a packet resembles the one before: copies come in runs, as many as without.',
  },
} as const;

export const duplicate = defineGate({
  name: 'duplicate',
  summary: 'Sends some packets twice.',
  params: duplicateParams,
  drawsPerPacket: 1,
  active: (values) => values.duplicatePacketPercentage > 0,
  create({ random, packets, onward }) {
    const correlated = new Correlated();
    let probability = 0;
    return {
      configure(values) {
        probability = values.duplicatePacketPercentage;
        correlated.correlation = values['duplicate.correlation'];
      },
      admit(packet) {
        if (!correlated.isBelow(probability, random.uniform())) return true;
        packets.ints[packet + FLAGS]! |= PacketFlag.twin;
        const copy = packets.clone(packet, Origin.copy);
        packets.doubles[(copy >> 1) + COPY_OF] = packets.id(packet);
        // Both go on now, original first: a copy must not overtake what it was copied from.
        onward(packet);
        onward(copy);
        return false;
      },
    };
  },
});
