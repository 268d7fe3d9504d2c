import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lossModels } from '../../../../sim/personality/loss-models/index.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { lossModelContract } from '../../../contracts/loss-model.ts';

/** By model: settings under which it loses some. */
const EXAMPLES: Readonly<Record<string, Profile>> = {
  random: { packetLossPercentage: 0.3, 'loss.correlation': 0.5 },
  gilbertElliott: { 'loss.p': 0.1, 'loss.r': 0.3, 'loss.h': 0.1, 'loss.k': 0.95 },
  burst: { packetLossPercentage: 0.2, 'loss.meanBurst': 4 },
  markov4: { 'loss.p13': 0.1, 'loss.p31': 0.2, 'loss.p32': 0.3, 'loss.p23': 0.5, 'loss.p14': 0.05 },
  generalIntuitive: {
    packetLossPercentage: 0.2,
    'loss.meanBurst': 8,
    'loss.density': 0.7,
    'loss.isolated': 0.02,
    'loss.meanGoodRun': 1.5,
  },
  nth: { 'loss.every': 7, 'loss.offset': 3 },
  list: { 'loss.packets': [1, 2, 5, 30, 390] },
  match: { 'loss.matchFlow': 'flow0', 'loss.matchFirst': 100 },
};

test('every model has an example here', () => {
  assert.equal(
    lossModels.map((model) => model.name),
    Object.keys(EXAMPLES),
  );
});

for (const model of lossModels) {
  lossModelContract(test, model, { 'loss.model': model.name, ...EXAMPLES[model.name] });
}

test.run();
