/**
 * Loss told by what is seen of it: loss, bursts, density within them, lone losses (Salsano et al., "Definition of a general and
 * intuitive loss model", 2012). The four-state model that has all of them.
 */
import type { CombinationProblem } from '../check.ts';
import { type FourStateChances, FourStates } from './markov4.ts';
import { defineLossModel } from './model.ts';
import { lossShare, meanBurst } from './params.ts';
import { rounded, roundedUp } from './rounded.ts';

export const generalIntuitive = defineLossModel({
  name: 'generalIntuitive',
  summary: 'A share of the packets is lost: alone, or in bursts with a mean length and density.',
  params: {
    ...lossShare,
    ...meanBurst,
    'loss.density': {
      kind: 'probability',
      identity: 1,
      help: 'generalIntuitive: share of packets lost within a burst.',
    },
    'loss.isolated': {
      kind: 'probability',
      identity: 0,
      help: 'generalIntuitive: share of the packets between bursts that are lost, each alone.',
    },
    'loss.meanGoodRun': {
      kind: 'number',
      identity: 1,
      min: 1,
      max: 1_000_000_000,
      help: 'generalIntuitive: mean number of packets in a row that get through within a burst.',
    },
  },
  needs: ['loss.meanBurst'],
  active: (values) => values.packetLossPercentage > 0,
  problems: (values) => problemsOf(read(values)),
  share: (values) => values.packetLossPercentage,
  create({ random }) {
    const states = new FourStates();
    return {
      configure: (values) => states.configure(chancesFor(read(values))),
      isLost: () => states.isLost(random.uniform()),
      memory: () => states.memory(),
    };
  },
});

/** What is seen of the loss, in packets: `loss` is the share of all, `density` of those in a burst, `isolated` of those between bursts. */
export interface LossPicture {
  readonly loss: number;
  readonly meanBurst: number;
  readonly density: number;
  readonly isolated: number;
  readonly meanGoodRun: number;
}

/** The chances of the four states that look like this. */
export function chancesFor({
  loss,
  meanBurst,
  density,
  isolated,
  meanGoodRun,
}: LossPicture): FourStateChances {
  return {
    p13: loss === isolated ? 0 : (loss - isolated) / (meanBurst * (density - loss) * (1 - isolated)),
    p31: 1 / (density * meanBurst),
    p32: (1 - density) / (density * meanGoodRun),
    p23: 1 / meanGoodRun,
    p14: isolated / (1 - isolated),
  };
}

/** Sums of chances that are 1 on paper may come out a little above it. */
const ROUNDING = 1e-9;

/** Why there is no such loss: a chance of the model would be above 1, or none. */
function problemsOf(picture: LossPicture): readonly CombinationProblem[] {
  const { loss, meanBurst, density, isolated, meanGoodRun } = picture;
  const problem = (path: string, value: number, allowed: string) => [{ path, found: String(value), allowed }];
  if (isolated > loss) {
    return problem(
      'loss.isolated',
      isolated,
      `at most packetLossPercentage, ${loss}: bursts are where more is lost`,
    );
  }
  if (isolated > 0.5) {
    return problem('loss.isolated', isolated, 'at most 0.5: a packet gets through after each lone loss');
  }
  // Without bursts nothing else matters.
  if (!(loss > isolated)) return [];
  if (density <= loss) {
    return problem(
      'loss.density',
      density,
      `above packetLossPercentage, ${loss}: bursts are where more is lost`,
    );
  }
  const lossesInBurst = density * meanBurst;
  if (lossesInBurst < 1 - ROUNDING) {
    const allowed = `at least ${roundedUp(1 / density)} with a density of ${density}: a burst has one loss or more`;
    return problem('loss.meanBurst', meanBurst, allowed);
  }
  const { p13, p31, p32, p14 } = chancesFor(picture);
  if (p31 + p32 > 1 + ROUNDING) {
    // All losses of a burst but the last are followed by a loss or a good run.
    const allowed =
      lossesInBurst > 1 + ROUNDING
        ? `at least ${roundedUp((1 - density) / (density - 1 / meanBurst))} with this density and mean burst`
        : `any with longer bursts: of one loss, they leave no room for good runs at a density of ${density}`;
    return problem('loss.meanGoodRun', meanGoodRun, allowed);
  }
  if (p13 + p14 > 1 + ROUNDING) {
    const room = meanBurst * (1 - 2 * isolated);
    const most = (room * density + isolated) / (room + 1);
    const allowed = `at most ${rounded(most)} with these bursts: at least one packet gets through between two of them`;
    return problem('packetLossPercentage', loss, allowed);
  }
  return [];
}

interface GeneralIntuitiveValues {
  readonly packetLossPercentage: number;
  readonly 'loss.meanBurst': number | undefined;
  readonly 'loss.density': number;
  readonly 'loss.isolated': number;
  readonly 'loss.meanGoodRun': number;
}

const read = (values: GeneralIntuitiveValues): LossPicture => ({
  loss: values.packetLossPercentage,
  meanBurst: values['loss.meanBurst'] ?? 1,
  density: values['loss.density'],
  isolated: values['loss.isolated'],
  meanGoodRun: values['loss.meanGoodRun'],
});
