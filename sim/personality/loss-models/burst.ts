/**
 * Loss in bursts, told by what is seen of it: the share of lost packets L and the mean length B of a burst. The Gilbert model that
 * has both: everything is lost in the bad state and nothing in the good one, r = 1/B and p = L / (B (1 - L)).
 */
import { TwoStates } from './gilbert-elliott.ts';
import { defineLossModel } from './model.ts';
import { lossShare, meanBurst } from './params.ts';
import { rounded } from './rounded.ts';

export const burst = defineLossModel({
  name: 'burst',
  summary: 'A share of the packets is lost, in bursts of a mean length.',
  params: { ...lossShare, ...meanBurst },
  needs: ['loss.meanBurst'],
  active: (values) => values.packetLossPercentage > 0,
  problems(values) {
    const loss = values.packetLossPercentage;
    const length = values['loss.meanBurst'] ?? Number.NaN;
    // p would be above 1: there is at least one packet between two bursts.
    const most = length / (length + 1);
    if (!(loss > most)) return [];
    const allowed = `at most ${rounded(most)} with bursts of ${length}: at least one packet gets through between two of them`;
    return [{ path: 'packetLossPercentage', found: String(loss), allowed }];
  },
  share: (values) => values.packetLossPercentage,
  create({ random }) {
    const states = new TwoStates();
    return {
      configure(values) {
        const loss = values.packetLossPercentage;
        const length = values['loss.meanBurst'] ?? 1;
        states.configure(loss / (length * (1 - loss)), 1 / length, 1, 0);
      },
      isLost: () => states.isLost(random.uniform()),
      memory: () => states.memory(),
    };
  },
});
