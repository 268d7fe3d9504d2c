/** The figures that an expectation may ask for: their names, units and meanings. Measuring them is the reports' business. */
import { DROP_REASONS } from '../../sim/index.ts';

/** Values are ns, bit/s, bytes, a share from 0 to 1, a whole number of things, or a number. */
export type MetricUnit = 'nanos' | 'bitsPerSecond' | 'bytes' | 'share' | 'count' | 'number';
/** What a figure can be about. */
export type MetricSubject = 'flow' | 'vm' | 'link' | 'pool' | 'total';

type Definition = readonly [unit: MetricUnit, help: string];
type Definitions = Readonly<Record<string, Definition>>;

const under = (name: string, parts: Definitions): Definitions =>
  Object.fromEntries(Object.entries(parts).map(([part, definition]) => [`${name}.${part}`, definition]));

const SHARES = { p50: '50 %', p90: '90 %', p95: '95 %', p99: '99 %', p999: '99.9 %' } as const;

const percentiles = (parts: readonly (keyof typeof SHARES)[], of: string): Definitions =>
  Object.fromEntries(parts.map((part) => [part, ['nanos', `${SHARES[part]} of ${of} are not above it.`]]));

const spread = (what: string, of: string): Definitions => ({
  min: ['nanos', `The least ${what}.`],
  mean: ['nanos', `The mean ${what}.`],
  ...percentiles(['p50', 'p90', 'p99', 'p999'], of),
  max: ['nanos', `The largest ${what}.`],
});

const variation = (of: string, most: string): Definitions => ({
  ...percentiles(['p50', 'p95', 'p99', 'p999'], of),
  max: ['nanos', most],
});

const BACKLOG: Definitions = {
  'backlog.mean': ['bytes', 'Bytes waiting: the mean over the ends of intervals.'],
  'backlog.max': ['bytes', 'The most bytes that ever waited.'],
};

const FLOW: Definitions = {
  sent: ['count', 'Packets sent; questions asked, where the kind asks any.'],
  delivered: ['count', 'Packets that arrived, each counted once; questions answered.'],
  loss: [
    'share',
    'Lost, of those that are not still in flight (RFC 7680); questions: timed out after all retries.',
  ],
  duplicates: ['count', 'Arrivals beyond the first of each packet.'],
  reordered: ['count', 'Packets that arrived after a later one (RFC 4737).'],
  goodput: [
    'bitsPerSecond',
    'Bits that arrived, each packet once, over the time in which the flow was active.',
  ],
  ...under(
    'delay',
    spread('one-way delay (RFC 7679) of the packets that arrived', 'the delays of packets that arrived'),
  ),
  ...under('rtt', spread('round trip, from question to answer', 'the round trips')),
  ipdv: [
    'nanos',
    'The mean |D(i) - D(i-1)| of neighbours that both arrived (RFC 3393); questions: of round trips.',
  ],
  jitter: ['nanos', 'RFC 3550, 6.4.1, at the end.'],
  'burst.mean': ['number', 'Packets lost in a row (RFC 3357, loss period): the mean. 0 without loss.'],
  'burst.max': ['count', 'The most packets lost in a row.'],
  'burst.count': ['count', 'How many times one or more packets in a row were lost.'],
  ...under('ipdv', variation('the |D(i) - D(i-1)|', 'The largest |D(i) - D(i-1)|.')),
  ...under(
    'pdv',
    variation(
      'the D(i) - Dmin (RFC 5481), delays above the least',
      'The largest delay above the least; questions: of round trips.',
    ),
  ),
  'lossDistance.min': [
    'count',
    'From one lost packet to the next (RFC 3357): the least. Neighbours are 1 apart.',
  ],
  'lossDistance.mean': ['number', 'From one lost packet to the next: the mean.'],
  'burstDistance.min': [
    'count',
    'From the last of a run of lost packets to the first of the next (RFC 3357): the least.',
  ],
  'burstDistance.mean': [
    'number',
    'From the last of a run of lost packets to the first of the next: the mean.',
  ],
  noticeableLoss: [
    'share',
    'Of the lost packets, those lost at most 99 after another (RFC 3357, noticeable rate). 0 without loss.',
  ],
  'duplication.fraction': ['share', 'Duplicates per packet that arrived (RFC 5560, 5.1).'],
  'duplication.replicated': [
    'share',
    'Of the packets that arrived, those that arrived more than once (RFC 5560, 5.2).',
  ],
  'reordering.ratio': [
    'share',
    'Of the packets that arrived, those that arrived after a later one (RFC 4737, 4.1).',
  ],
  'reordering.extent.mean': [
    'number',
    'Arrivals from the earliest that should have been later (RFC 4737, 4.2): the mean of reordered packets. 0 without any.',
  ],
  'reordering.extent.max': ['count', 'The largest extent.'],
  'reordering.lateTime.mean': [
    'nanos',
    'The time since that arrival (RFC 4737, 4.3): the mean of reordered packets.',
  ],
  'reordering.lateTime.max': ['nanos', 'The longest such time.'],
  'reordering.n1': ['share', 'Packets that arrived right after a later one (RFC 4737, 5: 1-reordering).'],
  'reordering.n2': ['share', 'Packets that arrived right after two later ones.'],
  'reordering.n3': ['share', 'Packets that arrived right after three later ones: TCP takes them for lost.'],
};

const DEFINITIONS: Readonly<Record<MetricSubject, Definitions>> = {
  flow: FLOW,
  vm: {
    throughput: ['bitsPerSecond', 'Bits delivered to it, over the whole run.'],
    ...BACKLOG,
    dropped: ['count', 'Packets towards it that ended on the last leg.'],
    share: ['share', 'Its part of all bytes delivered to VMs.'],
  },
  link: {
    throughput: ['bitsPerSecond', 'Bits carried, over the whole run.'],
    ...BACKLOG,
    dropped: ['count', 'Packets that it dropped.'],
    share: ['share', 'The part of its rate that was used.'],
  },
  pool: {
    throughput: ['bitsPerSecond', 'Bits delivered to its members, over the whole run.'],
    dropped: ['count', 'Packets to its address that were dropped.'],
    share: ['share', 'The part of its packets that the member got.'],
  },
  total: {
    sent: ['count', 'Packets sent by programs and traffic.'],
    delivered: ['count', 'Packets of any origin that were delivered.'],
    dropped: ['count', 'Packets dropped for any reason.'],
    ...under(
      'dropped',
      Object.fromEntries(
        DROP_REASONS.map((reason) => [reason, ['count', 'Packets dropped for this reason.']]),
      ),
    ),
    duplicates: ['count', 'Extra copies made.'],
    fragments: ['count', 'Fragments made.'],
    answers: ['count', 'Packets sent by VMs’ IP hosts in answer.'],
    inFlight: ['count', 'Packets on the way when the run ended.'],
  },
};

const each = <Part>(
  part: (definition: Definition) => Part,
): Readonly<Record<MetricSubject, Readonly<Record<string, Part>>>> =>
  Object.fromEntries(
    Object.entries(DEFINITIONS).map(([subject, definitions]) => [
      subject,
      Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, part(definition)])),
    ]),
  ) as Record<MetricSubject, Record<string, Part>>;

/** Every metric of every kind of subject, and its unit. */
export const METRICS = each(([unit]) => unit);
/** What each means, in a sentence. */
export const METRIC_HELP = each(([, help]) => help);
