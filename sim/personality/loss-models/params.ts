/** Fields that several loss models use. */

export const lossShare = {
  packetLossPercentage: {
    kind: 'probability',
    identity: 0,
    help: 'Chance that a packet is discarded. Of loss.model burst and generalIntuitive: the share of packets lost in the long run.',
  },
} as const;

export const meanBurst = {
  'loss.meanBurst': {
    kind: 'number',
    identity: undefined,
    min: 1,
    max: 1_000_000_000,
    help: 'burst: mean number of packets lost in a row. generalIntuitive: mean number of packets from the first to the last loss of a burst.',
  },
} as const;
