/** Random loss, RFC 7680: each packet with the same chance; with correlation, likelier after a loss. */
import { Correlated } from '../../../engine/index.ts';
import { defineLossModel } from './model.ts';
import { lossShare } from './params.ts';

export const random = defineLossModel({
  name: 'random',
  summary: 'Each packet is lost with the same chance.',
  params: {
    ...lossShare,
    'loss.correlation': {
      kind: 'probability',
      identity: 0,
      help: "random: how much a packet's luck resembles that of the one before. The share of lost packets stays what it is.",
    },
  },
  needs: [],
  active: (values) => values.packetLossPercentage > 0,
  share: (values) => values.packetLossPercentage,
  create({ random }) {
    const draws = new Correlated();
    let probability = 0;
    return {
      configure(values) {
        probability = values.packetLossPercentage;
        draws.correlation = values['loss.correlation'];
      },
      isLost: () => draws.isBelow(probability, random.uniform()),
    };
  },
});
