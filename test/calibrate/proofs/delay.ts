import type { Profile } from '../../../sim/personality/profile.ts';
import { type Course, send } from '../channel.ts';
import {
  cdfOf,
  PARETO_UNCUT,
  paretoCdf,
  paretonormalQuantile,
  phi,
  uniformCorrelation,
} from '../closed-forms.ts';
import { all, batchMean, law, MILLION, MS, onCourse, type Proof, share } from '../proof.ts';
import { delaysOf, every, products, rtpJitter, sum } from '../series.ts';

// So far apart that no packet has to wait for the one before it.
const course = (profile: Profile, gap = 100 * MS): Course => ({ profile, packets: MILLION, gap });

const jittered = (distribution: string, more: Profile = {}): Course =>
  course({ latencyMs: 50, jitterMs: 5, 'jitter.distribution': distribution, ...more });

const latency = course({ latencyMs: 20 }, MS / 10);
const uniform = course({ latencyMs: 20, jitterMs: 5 });
const clamped = course({ latencyMs: 2, jitterMs: 5 });
const crowded = { ...course({ latencyMs: 20, jitterMs: 5 }, MS), traffic: 'every 1 ms' };
const normal = jittered('normal');
const pareto = jittered('pareto');
const paretonormal = jittered('paretonormal');
const quantiles = [-1, -0.5, 0, 3, 4];
const table = jittered('table', { 'jitter.table': quantiles });
const correlated = course({ latencyMs: 20, jitterMs: 5, 'jitter.correlation': 0.5 });
const correlatedNormal = jittered('normal', { 'jitter.correlation': 0.8 });

/** The variation of a delay around 50 ms in multiples of the jitter, 5 ms. Rounded to ns, so half a ns may be missing. */
const variation = (delay: number): number => (delay + 0.5 - 50 * MS) / (5 * MS);
const uniformCdf = (delay: number): number => Math.min(1, Math.max(0, (delay + 0.5 - 15 * MS) / (10 * MS)));
const normalCdf = (delay: number): number => phi(variation(delay));
const paretonormalCdf = cdfOf(paretonormalQuantile, 20_000);
const tableCdf = cdfOf((p) => quantiles[p * 4]!, 4);

export const proofs: readonly Proof[] = [
  onCourse('delay', latency, ['Every packet takes exactly the latency.', 'RFC 7679'], ({ sentAt, leftAt }) =>
    all(MILLION, (seq) => leftAt[seq]! - sentAt[seq]! === 20 * MS),
  ),
  onCourse(
    'delay',
    uniform,
    ['The delay is uniform between latency - jitter and latency + jitter.', 'F(x) = (x - 15 ms) / 10 ms'],
    (outcome) => law(delaysOf(outcome), 'uniform 15 to 25 ms', uniformCdf),
  ),
  onCourse('delay', uniform, ['Delays are independent: correlation of neighbours.', '0'], (outcome) =>
    batchMean(products(delaysOf(outcome).map((delay) => (delay - 20 * MS) / ((5 * MS) / Math.sqrt(3)))), 0),
  ),
  onCourse('delay', uniform, ['Jitter of RFC 3550, ms.', 'mean of |difference|: 2/3 of 5 ms'], (outcome) =>
    batchMean(
      rtpJitter(outcome).map((jitter) => jitter / MS),
      10 / 3,
    ),
  ),
  onCourse(
    'delay',
    clamped,
    ['A delay that would be below zero is none, and is counted.', 'P(delay < 0) = (5 - 2) / 10'],
    (outcome) => share(outcome.clamped, MILLION, 0.3),
  ),
  onCourse('delay', crowded, ['Nobody overtakes: all arrive in order.', 'by hand'], ({ order }) =>
    all(MILLION, (place) => order[place] === place),
  ),
  onCourse(
    'delay',
    crowded,
    [
      'Each leaves when its delay is over and the one before it has left.',
      'its delay: as above, alone on the way',
    ],
    ({ sentAt, leftAt }) => {
      const alone = delaysOf(send(uniform));
      return all(
        MILLION,
        (seq) => leftAt[seq] === Math.max(leftAt[seq - 1] ?? 0, sentAt[seq]! + alone[seq]!),
      );
    },
  ),
  onCourse('delay', normal, ['jitterMs is the deviation of a normal law.', 'its integral'], (outcome) =>
    law(delaysOf(outcome), 'normal, 50 and 5 ms', normalCdf),
  ),
  onCourse(
    'delay',
    normal,
    ['Jitter of RFC 3550, ms.', 'mean of |difference|: 2/sqrt(pi) of 5 ms'],
    (outcome) =>
      batchMean(
        rtpJitter(outcome).map((jitter) => jitter / MS),
        10 / Math.sqrt(Math.PI),
      ),
  ),
  onCourse(
    'delay',
    pareto,
    ['The law of netem’s pareto below its end at 4 jitters.', '4/3 (u^(-1/3) - 1.5), iproute2'],
    (outcome) =>
      law(
        delaysOf(outcome).filter((delay) => delay < 70 * MS),
        'Pareto, shape 3',
        (x) => paretoCdf(variation(x)),
      ),
  ),
  onCourse('delay', pareto, ['So many are at the end.', '4.5^-3'], (outcome) =>
    share(sum(delaysOf(outcome).map((delay) => (delay >= 70 * MS ? 1 : 0))), MILLION, 1 - PARETO_UNCUT),
  ),
  onCourse(
    'delay',
    paretonormal,
    ['A quarter normal, three quarters Pareto.', 'quantiles added, iproute2'],
    (outcome) => law(delaysOf(outcome), 'paretonormal', (x) => paretonormalCdf(variation(x))),
  ),
  onCourse(
    'delay',
    table,
    ['A table’s values are equally likely, with straight lines between them.', 'by hand'],
    (outcome) => law(delaysOf(outcome), 'the table', (x) => tableCdf(variation(x))),
  ),
  onCourse(
    'delay',
    correlated,
    ['Correlation leaves the law as it is (every 20th packet).', 'F(x) = (x - 15 ms) / 10 ms'],
    (outcome) => law(every(delaysOf(outcome), 20), 'uniform 15 to 25 ms', uniformCdf),
  ),
  onCourse(
    'delay',
    correlated,
    ['Correlation of neighbours.', '(6/pi) asin(rho/2), Pearson 1907'],
    (outcome) =>
      batchMean(
        products(delaysOf(outcome).map((delay) => (delay - 20 * MS) / ((5 * MS) / Math.sqrt(3)))),
        uniformCorrelation(0.5),
      ),
  ),
  onCourse(
    'delay',
    correlatedNormal,
    ['The same of the normal law (every 60th packet).', 'its integral'],
    (outcome) => law(every(delaysOf(outcome), 60), 'normal, 50 and 5 ms', normalCdf),
  ),
  ...[1, 3].map((lag) =>
    onCourse('delay', correlatedNormal, [`Correlation ${lag} apart.`, `rho^${lag}`], (outcome) =>
      batchMean(products(delaysOf(outcome).map(variation), 0, lag), 0.8 ** lag),
    ),
  ),
];
