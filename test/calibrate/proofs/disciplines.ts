/** The queue's disciplines: of each what its paper or RFC promises, where that can be computed. */
import { PacketFlag, type PacketId, type PacketPool } from '../../../sim/packet.ts';
import type { Profile } from '../../../sim/personality/profile.ts';
import { Fate } from '../../../sim/trace.ts';
import { Xoshiro } from '../../support/xoshiro.ts';
import { type Course, type Outcome, send } from '../channel.ts';
import {
  all,
  atMost,
  batchMean,
  batchMeanWithin,
  counts,
  exact,
  MILLION,
  MS,
  onCourse,
  type Proof,
  share,
  type Verdict,
} from '../proof.ts';
import { cycles, histogram, isFate, sum } from '../series.ts';
import { poisson } from '../traffic.ts';

type Described = Course & { readonly traffic: string };

/** A wire of 10 Mbit/s: 0.8 ms for a packet of 1000 bytes. */
const wire = (
  discipline: string,
  more: Profile,
  traffic: string,
  gap: Course['gap'],
  rest: Partial<Course> = {},
): Described => ({
  profile: {
    bandwidthKbps: 10_000,
    'bandwidth.model': 'serialize',
    'bandwidth.discipline': discipline,
    ...more,
  },
  packets: MILLION,
  gap,
  traffic,
  ...rest,
});

const SERVICE = 800_000;
const TWICE = 'twice the rate';
const twice = SERVICE / 2;

const delays = ({ sentAt, leftAt, order }: Outcome): Float64Array =>
  Float64Array.from(order, (seq) => leftAt[seq]! - sentAt[seq]!);
/** How long each that left waited for the wire, ms. */
const waits = (outcome: Outcome): Float64Array => delays(outcome).map((delay) => (delay - SERVICE) / MS);

/** Without those at the beginning and the end, which find or leave a shorter queue. */
const steady = (values: Float64Array): Float64Array => values.subarray(100, values.length - 100);
const isAlways = (values: Float64Array, value: number): Verdict =>
  all(values.length, (i) => values[i] === value);

const drophead = wire('drophead', { 'bandwidth.queuePackets': 10 }, TWICE, twice);

// ---- RED. After `waiting` + 2 packets at once one comes whenever one leaves: each finds as many waiting, and so the average is that.

const constant = (waiting: number): ((seq: number) => number) => {
  return (seq) => (seq <= waiting ? 0 : SERVICE);
};

const redMarks = wire(
  'red',
  {
    'bandwidth.ecn': true,
    'bandwidth.redMin': 4,
    'bandwidth.redMax': 16,
    'bandwidth.redMaxProbability': 0.02,
    'bandwidth.redWeight': 0.05,
  },
  'ECN-capable; the average stays at 10',
  constant(10),
  { flags: PacketFlag.ecnCapable },
);

/** The same where nobody can be marked: whoever is dropped is sent again at once, so that the queue stays as long. */
function redDrops(profile: Profile): Outcome {
  let isDropped = false;
  const base = constant(18);
  const observe = (_packets: PacketPool, _packet: PacketId, fate: number): void => {
    isDropped = fate === Fate.queue;
  };
  // One that leaves does so before another comes, so that the last that ended says what became of this one.
  const gap = (seq: number): number => {
    const again = isDropped;
    isDropped = false;
    return again ? 0 : base(seq);
  };
  return send({ profile, packets: MILLION, gap, observe });
}

const redGentle = wire(
  'red',
  {
    'bandwidth.redMin': 5,
    'bandwidth.redMax': 15,
    'bandwidth.redMaxProbability': 0.1,
    'bandwidth.redGentle': true,
  },
  'dropped ones again at once; the average stays at 18',
  0,
);

/** Lengths from one hit to the next under p / (1 - n p), n packets after the last one (Floyd and Jacobson 1993, figure 2). */
function spacing(total: number, p: number, most: number): number[] {
  let left = total;
  return Array.from({ length: most }, (_, i) => {
    const hit = i === most - 1 ? left : left * (p / (1 - (i + 1) * p));
    left -= hit;
    return hit;
  });
}

function spaced(hits: Uint8Array, p: number, most: number): Verdict {
  // Not the first ones, when the average was on its way.
  const lengths = cycles(hits.subarray(20_000)).slice(1);
  const observed = histogram(lengths, most);
  if (observed.pop() !== 0) return exact('longer ones', 'none');
  return counts(observed, spacing(lengths.length, p, most), `1 to ${most}`);
}

const redSharp = wire(
  'red',
  {
    'bandwidth.redMin': 14,
    'bandwidth.redMax': 15,
    'bandwidth.redWeight': 1,
    'bandwidth.redGentle': false,
  },
  TWICE,
  twice,
);

const ared = wire(
  'ared',
  { 'bandwidth.redMin': 20, 'bandwidth.redMax': 60 },
  'Poisson, load 1.1',
  poisson(11, SERVICE / 1.1),
);

// ---- CoDel under twice the rate: the queue only grows, and so the drops follow the control law.

const codel = (targetMs: number, intervalMs: number): Described =>
  wire(
    'codel',
    {
      'bandwidth.targetMs': targetMs,
      'bandwidth.intervalMs': intervalMs,
      'bandwidth.queuePackets': 1_000_000,
    },
    TWICE,
    twice,
  );

/** So many drops; the queue is far above the target for all of them. */
const DROPS = 8000;

function controlLaw({ profile, ...course }: Course, target: number, interval: number): Verdict {
  const instants: number[] = [];
  const observe = (_packets: PacketPool, _packet: PacketId, fate: number, now: number): void => {
    if (fate === Fate.queue) instants.push(now);
  };
  send({ ...course, profile, observe });
  // The wire asks for a packet every 0.8 ms; the n-th it gets has waited n x 0.4 ms.
  const nextAsk = (at: number): number => Math.ceil(at / SERVICE) * SERVICE;
  const above = Math.ceil(target / twice) * SERVICE;
  let at = nextAsk(above + interval);
  return all(DROPS, (n) => {
    const isRight = instants[n] === nextAsk(at);
    at += Math.floor(interval / Math.sqrt(n + 1) + 0.5);
    return isRight;
  });
}

// ---- Fair queues. Flows 2 and 4; the hash puts them into different queues.

const pair = { flow: (seq: number) => (seq % 2 === 0 ? 2 : 4) };
/** 1500 and 300 bytes, both three times as much as a fair share. */
const unequal = {
  flow: (seq: number) => (seq % 6 === 0 ? 2 : 4),
  size: (seq: number) => (seq % 6 === 0 ? 1500 : 300),
};
const UNEQUAL = 'two flows, of 1500 and of 300 bytes, each 1.5 x the rate';
/** One of 1500 and five of 300 bytes in the time of 1000 on the wire. */
const unequalGap = SERVICE / 6;
const quiet = { 'bandwidth.intervalMs': 3_600_000 };
const QUEUE = { 'bandwidth.queuePackets': 100 };

const drrFair = wire(
  'drr',
  { 'bandwidth.quantumBytes': 1500, ...QUEUE },
  UNEQUAL,
  Math.round(unequalGap),
  unequal,
);
const drrQuantum = wire(
  'drr',
  { 'bandwidth.quantumBytes': 3000, ...QUEUE },
  `two flows, ${TWICE}`,
  twice,
  pair,
);
const drrOne = wire('drr', { 'bandwidth.flows': 1, ...QUEUE }, `two flows, ${TWICE}`, twice, pair);
const fqFair = wire(
  'fqCodel',
  { 'bandwidth.quantumBytes': 1500, ...quiet, ...QUEUE },
  UNEQUAL,
  Math.round(unequalGap),
  unequal,
);
const fqQuantum = wire(
  'fqCodel',
  { 'bandwidth.quantumBytes': 3000, ...quiet, ...QUEUE },
  `two flows, ${TWICE}`,
  twice,
  pair,
);
const fqOne = wire(
  'fqCodel',
  { 'bandwidth.flows': 1, ...quiet, ...QUEUE },
  `two flows, ${TWICE}`,
  twice,
  pair,
);
const fqSparse = wire('fqCodel', {}, 'a flow at twice the rate, another of 200 bytes every 30 ms', 600_000, {
  flow: (seq) => (seq % 50 === 25 ? 4 : 2),
  size: (seq) => (seq % 50 === 25 ? 200 : 1500),
});

/** The most by which two flows that always wait differ in bytes, over all windows. */
function unfairness(outcome: Outcome, { flow, size = 1000 }: Course): number {
  let [difference, least, most] = [0, 0, 0];
  const { order } = outcome;
  // At the end one of them may be alone.
  for (let place = 0; place < order.length - 200; place++) {
    const seq = order[place]!;
    const bytes = typeof size === 'number' ? size : size(seq);
    difference += flow!(seq) === 2 ? bytes : -bytes;
    // From when both wait on.
    if (place === 200) least = most = difference;
    least = Math.min(least, difference);
    most = Math.max(most, difference);
  }
  return most - least;
}

/** Packets of one flow in a row. */
function turns({ order }: Outcome): Verdict {
  const starts = Uint8Array.from(order, (seq, place) =>
    place > 0 && seq % 2 !== order[place - 1]! % 2 ? 1 : 0,
  );
  const lengths = cycles(starts.subarray(200, order.length - 200)).slice(1);
  return all(lengths.length, (i) => lengths[i] === 3);
}

const inOrder = ({ order }: Outcome): Verdict =>
  all(order.length, (place) => place === 0 || order[place]! > order[place - 1]!);

// ---- PIE and priorities.

const pie = wire(
  'pie',
  { 'bandwidth.targetMs': 50, 'bandwidth.updateMs': 30, 'bandwidth.queuePackets': 10_000 },
  'Poisson, load 1.25',
  poisson(12, SERVICE / 1.25),
);
/** The first computation comes after 200 s of growing delay; from then on to the next one packets are dropped with its chance. */
const pieUpdate = wire(
  'pie',
  { 'bandwidth.updateMs': 200_000, 'bandwidth.queuePackets': 1_000_000 },
  TWICE,
  twice,
);
const UPDATE = 500_000;

const pieBurst = wire(
  'pie',
  { 'bandwidth.burstAllowanceMs': 500, 'bandwidth.queuePackets': 10_000 },
  TWICE,
  twice,
);

const coin = new Xoshiro(2474);
const IS_VOICE = Uint8Array.from({ length: 2 * MILLION }, () => coin.next() & 1);
const prio = wire(
  'prio',
  { 'bandwidth.bands': 2, 'bandwidth.queuePackets': 1_000_000 },
  'Poisson, load 0.8, half of it DSCP 46',
  poisson(13, SERVICE / 0.8),
  { packets: 2 * MILLION, flow: (seq) => (IS_VOICE[seq] === 1 ? 2 * 46 : 0) },
);
const classWaits = ({ sentAt, leftAt }: Outcome, isVoice: number): Float64Array =>
  leftAt
    .map((left, seq) => (left - sentAt[seq]! - SERVICE) / MS)
    .filter((_, seq) => IS_VOICE[seq] === isVoice);

export const proofs: readonly Proof[] = [
  onCourse(
    'queue',
    drophead,
    ['The oldest of ten go when more come: who leaves is the tenth youngest.', 'by hand: 10 x 0.4 + 0.8 ms'],
    (outcome) => isAlways(steady(delays(outcome)), 4_800_000),
  ),
  onCourse(
    'queue',
    redMarks,
    [
      'Distances between marks are uniform.',
      'p = 0.02 x (10 - 4) / (16 - 4); p / (1 - n p), Floyd and Jacobson 1993',
    ],
    ({ marked }) => spaced(marked, 0.01, 99),
  ),
  {
    ...onCourse(
      'queue',
      redGentle,
      [
        'Between redMax and twice that: distances between drops.',
        'p = 0.1 + 0.9 x (18 - 15) / 15, Floyd 2000',
      ],
      () => exact(0, 0),
    ),
    measure: () => spaced(isFate(redDrops(redGentle.profile), Fate.queue), 0.28, 3),
  },
  onCourse(
    'queue',
    redSharp,
    ['Not gentle: whoever finds an average of redMax is dropped, so 15 wait.', 'by hand: (15 + 1) x 0.8 ms'],
    (outcome) => isAlways(steady(delays(outcome)), 12_800_000),
  ),
  onCourse(
    'queue',
    ared,
    [
      'The average finds the middle fifth between the thresholds: the mean wait, ms.',
      'Floyd, Gummadi and Shenker 2001: 36 to 44 packets of 0.8 ms',
    ],
    (outcome) => batchMeanWithin(waits(outcome).subarray(50_000), 36 * 0.8, 44 * 0.8),
  ),
  ...(
    [
      [5, 100],
      [10, 50],
    ] as const
  ).map(([targetMs, intervalMs]) => {
    const course = codel(targetMs, intervalMs);
    return {
      ...onCourse(
        'queue',
        course,
        [`The first ${DROPS} drops come at their instants.`, 'RFC 8289: t + interval / sqrt(count), by hand'],
        () => exact(0, 0),
      ),
      measure: () => controlLaw(course, targetMs * MS, intervalMs * MS),
    };
  }),
  onCourse(
    'queue',
    fqFair,
    [
      'Two flows that always wait get the same: the worst window, bytes apart.',
      '2 Max + Quantum: Shreedhar and Varghese 1995',
    ],
    (outcome) => atMost(unfairness(outcome, fqFair), 4500),
  ),
  onCourse(
    'queue',
    fqQuantum,
    ['In each turn a flow sends its quantum: 3 packets.', 'RFC 8290, by hand'],
    turns,
  ),
  onCourse('queue', fqOne, ['One queue for all flows: nobody overtakes.', 'by hand'], inOrder),
  onCourse(
    'queue',
    fqSparse,
    [
      'Who sends little goes first: its greatest delay, ns.',
      'RFC 8290: one packet on the wire and itself, 1.36 ms',
    ],
    (outcome) =>
      atMost(
        outcome.leftAt.reduce(
          (most, left, seq) => (seq % 50 === 25 ? Math.max(most, left - outcome.sentAt[seq]!) : most),
          0,
        ),
        1_360_000,
      ),
  ),
  onCourse(
    'queue',
    drrFair,
    [
      'Two flows that always wait get the same: the worst window, bytes apart.',
      '2 Max + Quantum: Shreedhar and Varghese 1995',
    ],
    (outcome) => atMost(unfairness(outcome, drrFair), 4500),
  ),
  onCourse('queue', drrQuantum, ['In each turn a flow sends its quantum: 3 packets.', 'by hand'], turns),
  onCourse('queue', drrOne, ['One queue for all flows: nobody overtakes.', 'by hand'], inOrder),
  onCourse(
    'queue',
    pie,
    ['It settles where the mean wait is the target, ms.', 'RFC 8033: no step where delay = target'],
    (outcome) => batchMean(waits(outcome).subarray(50_000), 50),
  ),
  onCourse('queue', pie, ['It drops what is too much: the share.', '1 - 1 / 1.25'], (outcome) =>
    batchMean(isFate(outcome, Fate.queue).subarray(50_000), 0.2),
  ),
  onCourse(
    'queue',
    pieUpdate,
    [
      'The chance of a drop after one update, when the delay has grown to 100 s.',
      'RFC 8033, section 4.2: (0.125 (100 - 0.015) + 1.25 x 100) / 2048',
    ],
    (outcome) => {
      const dropped = isFate(outcome, Fate.queue);
      const before = sum(dropped.subarray(0, UPDATE));
      if (before > 0) return exact(before, 'no drop before');
      const chance = (0.125 * (100 - 0.015) + 1.25 * 100) / 2048;
      return share(sum(dropped.subarray(UPDATE + 1)), UPDATE - 1, chance);
    },
  ),
  onCourse(
    'queue',
    pieBurst,
    ['No packet of the first 500 ms is dropped.', 'RFC 8033, section 4.4: burst allowance'],
    ({ sentAt, fate }) =>
      exact(fate.filter((one, seq) => one === Fate.queue && sentAt[seq]! < 500 * MS).length, 0),
  ),
  onCourse(
    'queue',
    prio,
    ['The mean wait of those who go first, ms.', 'Cobham 1954: R / (1 - rho1), R = 0.32 ms'],
    (outcome) => batchMean(classWaits(outcome, 1), 0.32 / 0.6),
  ),
  onCourse(
    'queue',
    prio,
    ['The mean wait of the others, ms.', 'Cobham 1954: R / (1 - rho1)(1 - rho)'],
    (outcome) => batchMean(classWaits(outcome, 0), 0.32 / (0.6 * 0.2)),
  ),
];
