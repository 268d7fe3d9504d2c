/** What both can say goes there and comes back; whatever is typed is answered. */
import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { exportTc, importPersonalities, parseScenario } from '../../../scenarios/index.ts';

const seeded = { seed: 20260923, numRuns: 200 };

const percent = fc.integer({ min: 1, max: 9999 }).map((n) => `${n / 100}%`);
const time = fc.oneof(
  fc.integer({ min: 1, max: 5000 }).map((n) => `${n}ms`),
  fc.integer({ min: 1, max: 999_999 }).map((n) => `${n}us`),
  fc.integer({ min: 1, max: 60 }).map((n) => `${n}s`),
);
const rate = fc
  .tuple(fc.integer({ min: 1, max: 9999 }), fc.constantFrom('kbit', 'mbit', 'kbps', 'kibit', 'bit'))
  .map(([n, unit]) => `${unit === 'bit' ? n * 100 : n}${unit}`);
const size = fc.integer({ min: 2, max: 5000 }).map((n) => `${n}kb`);
const maybe = (arbitrary: fc.Arbitrary<string>) => fc.option(arbitrary, { nil: '' });
const words = (...parts: readonly (fc.Arbitrary<string> | string)[]) =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((all) => all.filter((part) => part !== '').join(' '));

const loss = fc.oneof(
  words('loss', percent, maybe(percent)),
  words('loss gemodel', percent, percent, percent, percent),
  words('loss state', percent, '20% 30%', percent, '0%'),
);
const limit = fc.integer({ min: 1, max: 100_000 }).map((n) => `limit ${n}`);
const netem = words(
  'netem delay',
  time,
  maybe(words(time, maybe(percent), maybe(fc.constantFrom('distribution normal', 'distribution pareto')))),
  maybe(words(loss, maybe(fc.constant('ecn')))),
  maybe(words('duplicate', percent, maybe(percent))),
  maybe(words('corrupt', percent, maybe(percent))),
  maybe(words('reorder', percent, maybe(percent), maybe(fc.constant('gap 5')))),
  maybe(words('slot', time, 'packets 7')),
);
const shaped = words(
  netem,
  maybe(words('rate', rate, maybe(fc.constantFrom('20', '-14', '20 48 5')))),
  maybe(limit),
);
const queue = fc.oneof(
  words('codel', maybe(limit), maybe(words('target', time)), maybe(fc.constant('ecn'))),
  words('fq_codel', maybe(limit), maybe(fc.constant('flows 64 quantum 300')), maybe(fc.constant('noecn'))),
  words('pie', maybe(limit), maybe(words('tupdate', time)), maybe(fc.constant('ecn'))),
  words(
    'red limit 90000 min 5000 max 15000 avpkt 1000',
    maybe(fc.constantFrom('burst 20', 'burst 55')),
    'probability 0.1',
  ),
  words('prio', maybe(fc.constant('bands 4'))),
  words('pfifo', limit),
  words('pfifo_head_drop', limit),
);
const bucket = words('tbf rate', rate, 'burst', size, fc.oneof(words('limit', size), words('latency', time)));
const chain = fc.tuple(fc.option(netem), bucket, fc.option(queue)).map((parts) =>
  parts
    .filter((part) => part !== null)
    .map(
      (part, index) =>
        `tc qdisc add dev eth0 ${index === 0 ? 'root' : `parent ${index}:1`} handle ${index + 1}: ${part}`,
    )
    .join('\n'),
);

/** Undefined for what the format refuses, such as a rate of more than it has. */
function fieldsOf(text: string) {
  const outcome = importPersonalities({ text, name: 'line', from: 'tc' });
  return outcome.ok ? outcome.value.personalities[0]?.fields : undefined;
}

test.prop([fc.oneof(shaped, chain)], seeded)('tc there and back is the same personality', (text) => {
  const fields = fieldsOf(text);
  fc.pre(fields !== undefined);
  const { commands } = exportTc(fields, 'eth0');
  expect(fieldsOf(commands.join('\n'))).toEqual(fields);
});

const SCENARIO = `seed: 1
duration: 1s
networks: [{ id: n, subnet: 10.0.0.0/24 }]
vms: [{ id: a, network: n }]
include: line.yaml
assignments: { a: line }
`;

test.prop([fc.oneof(shaped, chain)], { ...seeded, numRuns: 100 })(
  'what is imported is a part of a scenario',
  (text) => {
    const outcome = importPersonalities({ text, name: 'line', from: 'tc' });
    fc.pre(outcome.ok);
    const include = () => ({ name: 'line.yaml', text: outcome.value.yaml });
    const scenario = parseScenario(SCENARIO, { name: 'x.yaml', include });
    expect(scenario.ok ? [] : scenario.problems).toEqual([]);
    expect(scenario.ok && scenario.value.world.personalities['line']).toEqual(
      outcome.value.personalities[0]?.fields,
    );
  },
);

const typed = fc.array(
  fc.oneof(
    fc.constantFrom(
      ...'tc qdisc add dev eth0 root netem tbf loss delay rate gemodel limit \\ \n && ; # % 10 10ms'.split(
        ' ',
      ),
    ),
    fc.string(),
  ),
  { maxLength: 30 },
);

test.prop(
  [typed, fc.constantFrom('tc', 'mahimahi', 'toxiproxy', 'chaos-mesh', 'atc', 'devtools', undefined)],
  seeded,
)('whatever is typed is answered with personalities or with problems', (parts, from) => {
  const outcome = importPersonalities({ text: parts.join(' '), from });
  expect(outcome.ok || outcome.problems.length > 0).toBe(true);
});

const json = fc.jsonValue({ maxDepth: 4 });
const keyed = fc.dictionary(
  fc.constantFrom(
    'toxics',
    'type',
    'attributes',
    'up',
    'down',
    'delay',
    'latency',
    'download',
    'upload',
    'kind',
    'spec',
    'action',
  ),
  json,
);

test.prop(
  [
    fc.oneof(json, keyed, fc.array(keyed)),
    fc.constantFrom('toxiproxy', 'chaos-mesh', 'atc', 'devtools', undefined),
  ],
  seeded,
)('whatever stands in a document is answered with personalities or with problems', (document, from) => {
  const outcome = importPersonalities({ text: JSON.stringify(document), from });
  expect(outcome.ok || outcome.problems.length > 0).toBe(true);
});
