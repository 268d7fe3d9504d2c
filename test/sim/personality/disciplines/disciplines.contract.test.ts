import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { disciplines } from '../../../../sim/personality/disciplines/index.ts';
import { type DisciplineExample, disciplineContract } from '../../../contracts/discipline.ts';

const SLOW = { rate: 6_000_000, mtu: 1500 };
const SHORT = { ...SLOW, limitPackets: 20 };
/** A target so near that a queue of a few packets is beyond it. */
const TIGHT = { ...SLOW, target: 2_000_000, interval: 20_000_000, ecn: true };

/** By discipline, in the order of the catalogue. */
const EXAMPLES: Readonly<Record<string, DisciplineExample>> = {
  droptail: { busy: SHORT, others: [{ limitBytes: 4000 }] },
  drophead: { busy: SHORT, others: [{ limitBytes: 4000 }] },
  red: {
    busy: { ...SLOW, redMaxProbability: 0.2, redWeight: 0.05 },
    others: [
      { ...SLOW, redMin: 2, redMax: 4, redGentle: false, ecn: true },
      { redMin: 9, redMax: 3 },
    ],
  },
  ared: {
    busy: { ...SLOW, redWeight: 0.05, redMin: 3, redMax: 9 },
    others: [{ ...SLOW, redMaxProbability: 0.4 }, { rate: 0 }],
  },
  codel: { busy: TIGHT, others: [{ ...TIGHT, target: 0 }, { mtu: 65535 }] },
  fqCodel: {
    busy: { ...TIGHT, limitPackets: 40 },
    others: [
      { ...TIGHT, flows: 1 },
      { ...TIGHT, flows: 64, quantumBytes: 300 },
      { limitPackets: 5 },
      // What a flow may still send comes to exactly 0.
      { ...TIGHT, quantumBytes: 500 },
    ],
  },
  pie: {
    busy: { ...TIGHT, burstAllowance: 0 },
    others: [
      { ...TIGHT, update: 1_000_000 },
      { burstAllowance: 30_000_000, update: 50_000_000 },
    ],
  },
  prio: { busy: SHORT, others: [{ bands: 8 }, { ...SHORT, bands: 1 }, { bands: 2 }] },
  drr: { busy: SHORT, others: [{ flows: 1 }, { flows: 64, quantumBytes: 300 }, { limitPackets: 5 }] },
};

test('every discipline has an example here', () => {
  assert.equal(
    disciplines.map(({ name }) => name),
    Object.keys(EXAMPLES),
  );
});

for (const discipline of disciplines) disciplineContract(test, discipline, EXAMPLES[discipline.name]!);

test.run();
