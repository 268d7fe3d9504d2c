import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  describePresets,
  type Preset,
  type Provenance,
  readPreset,
  seriesLines,
  writtenSeries,
} from '../../../scenarios/index.ts';
import { type Cell, type Delay, type Row, TABLE, type Value } from './presets-table.ts';
import { shippedPresets } from './resources.ts';

const presets = shippedPresets();
/** Beyond the table: made of traces. */
const OTHERS = ['lte-driving'];

function presetCalled(name: string): Preset {
  const preset = presets.get(name);
  assert.ok(preset, name);
  return preset;
}

test('every preset of the table ships, and no other', () => {
  assert.equal([...presets.keys()].sort(), [...Object.keys(TABLE), ...OTHERS].sort());
});

for (const [name, row] of Object.entries(TABLE)) {
  test(`${name} has the numbers of its source, and says where they come from`, () => {
    const preset = presetCalled(name);
    checkNumber(preset, 'bandwidthKbps', row.down, 1);
    checkNumber(preset, 'up.bandwidthKbps', row.up, 1);
    checkNumber(preset, 'jitterMs', row.jitter, 1);
    checkNumber(
      preset,
      'up.jitterMs',
      row.jitterUp ?? (preset.up?.['jitterMs'] === undefined ? null : row.jitter),
      1,
    );
    checkNumber(preset, 'packetLossPercentage', row.loss, 100);
    checkDelay(preset, row.delay);
    checkBasis(preset, row);
  });
}

const isEstimate = (cell: Cell): cell is { readonly est: Value } =>
  cell !== null && typeof cell === 'object' && 'est' in cell;

function settingOf({ profile, up }: Preset, field: string): unknown {
  return field.startsWith('up.') ? up?.[field.slice(3)] : profile[field];
}

/** `scale`: from the file's unit to the table's. */
function checkNumber(preset: Preset, field: string, cell: Cell, scale: number): void {
  const value = settingOf(preset, field);
  // No number, or zero: the field does nothing.
  if (cell === null || cell === 0) {
    assert.is(value ?? 0, 0, field);
    return;
  }
  const wanted = isEstimate(cell) ? cell.est : cell;
  assert.type(value, 'number', field);
  checkWithin((value as number) * scale, wanted, field);
  const { kind } = preset.provenance[field] as Provenance;
  assert.is(kind === 'estimate', isEstimate(cell), `${field} is ${kind}`);
}

function checkWithin(value: number, wanted: Value, what: string): void {
  const [least, most] = typeof wanted === 'number' ? [wanted, wanted] : wanted;
  assert.ok(value >= least - 1e-9 && value <= most + 1e-9, `${what} is ${value}, not ${least} to ${most}`);
}

function checkDelay(preset: Preset, delay: Delay): void {
  const note = preset.provenance['latencyMs']?.note ?? '';
  if ('unspecified' in delay) {
    checkNumber(preset, 'latencyMs', delay.unspecified, 1);
    checkNumber(preset, 'up.latencyMs', null, 1);
    assert.match(note, /^The source does not say which direction; taken as one-way, towards the VM\./);
    return;
  }
  if ('down' in delay) {
    checkNumber(preset, 'latencyMs', delay.down, 1);
    checkNumber(preset, 'up.latencyMs', delay.up, 1);
    return;
  }
  for (const field of ['latencyMs', 'up.latencyMs']) {
    checkNumber(preset, field, delay.is, 1);
    const said = preset.provenance[field]?.note ?? '';
    // The conversion is in words, with the number that was published.
    assert.match(said, /Half of the (median )?RTT of /, field);
    const ends = typeof delay.rtt === 'number' ? [delay.rtt] : delay.rtt;
    const numbers = Array.from(said.matchAll(/[\d.]+\d|\d/g), ([text]) => Number(text));
    assert.ok(
      ends.every((end) => numbers.includes(end)),
      `${field}: ${said}`,
    );
  }
}

/** Somebody else's numbers name the source. */
function checkBasis({ provenance }: Preset, { basis }: Row): void {
  assert.ok(
    Object.values(provenance).some(({ source }) => basis.test(source)),
    `no source is ${basis}`,
  );
}

test('each value has a source, a year and a kind; what is nobody’s number says so', () => {
  for (const preset of presets.values()) {
    const { name, profile, up = {}, provenance } = preset;
    const fields = [
      ...Object.keys(profile),
      ...Object.keys(up).map((field) => `up.${field}`),
      ...seriesLines(preset).map((line) => line.name),
    ];
    assert.equal(Object.keys(provenance).sort(), fields.sort(), name);
    for (const { source, kind, year } of Object.values(provenance)) {
      assert.ok(year >= 2017 && year <= 2026, name);
      if (source === 'netpersona: no published number') assert.is(kind, 'estimate', name);
    }
  }
});

test('jitter and loss that nobody published are estimates', () => {
  for (const { name, profile, up = {}, provenance } of presets.values()) {
    for (const field of ['jitterMs', 'packetLossPercentage']) {
      for (const [path, value] of [
        [field, profile[field]],
        [`up.${field}`, up[field]],
      ] as const) {
        const from = provenance[path];
        const isPublished = from !== undefined && !from.source.startsWith('netpersona: no published');
        assert.ok((value ?? 0) === 0 || isPublished || from?.kind === 'estimate', `${name} ${path}`);
      }
    }
  }
});

test('a black hole is none that delivers in the end', () => {
  const { profile, up, provenance } = presetCalled('blackhole');
  assert.equal([profile, up], [{ packetLossPercentage: 1 }, { packetLossPercentage: 1 }]);
  assert.match(provenance['packetLossPercentage']?.note ?? '', /"no connectivity".* a pipe of 1 kbit\/s/);
});

test('millimetre waves are blocked now and then, and lose in bursts', () => {
  const { profile, provenance } = presetCalled('5g-mmwave');
  assert.is(profile['loss.model'], 'burst');
  assert.is(profile['outage.law'], 'exponential');
  for (const field of ['loss.meanBurst', 'outage.holdEvery', 'outage.holdFor'])
    assert.is(provenance[field]?.kind, 'estimate', field);
});

test('DevTools and WebPageTest say what they really apply, or that it is a round trip', () => {
  // DevTools: 400 ms and 500 kbit/s are the targets of Slow 3G; it delays requests by 2000 ms and applies 0.8 of the rate.
  const { provenance } = presetCalled('3g-devtools');
  assert.match(provenance['latencyMs']?.note ?? '', /2000 ms/);
  assert.match(provenance['bandwidthKbps']?.note ?? '', /0\.8/);
});

const refused = (text: string): readonly (readonly [string, string])[] => {
  const outcome = readPreset('bad', text);
  return outcome.ok ? [] : outcome.problems.map(({ path, found }) => [path, found] as const);
};

test('a value without a source is refused, and so is a source without a value', () => {
  assert.equal(
    refused(`summary: Bad
personality: { latencyMs: 3, jitterMs: 1 }
provenance:
  latencyMs: { source: somebody, year: 2020, kind: guess }
  mtu: { source: somebody, year: 2020, kind: measured }
`),
    [
      ['provenance.latencyMs.kind', '"guess"'],
      ['provenance.jitterMs', 'nothing'],
      ['provenance.mtu', 'the source of a value that is not set'],
    ],
  );
});

const SOURCE = '{ source: somebody, year: 2020, kind: measured }';
const timed = (series: string, fields: readonly string[]): string => `summary: Timed
personality: { latencyMs: 3 }
up: { latencyMs: 4 }
series: ${series}
provenance: { ${['latencyMs', 'up.latencyMs', ...fields].map((field) => `${field}: ${SOURCE}`).join(', ')} }
`;

test('a series is read for both ways, one value standing for all levels', () => {
  const outcome = readPreset(
    'timed',
    timed(
      '{ every: 2s, levels: { latencyMs: [5, 6ms, 7], up.latencyMs: [8] }, change: { before: 10ms, set: { latencyMs: 9 } } }',
      ['series.every', 'series.latencyMs', 'series.up.latencyMs', 'series.change', 'series.change.latencyMs'],
    ),
  );
  assert.ok(outcome.ok);
  const { series, upSeries } = outcome.value;
  const every = 2e9;
  assert.equal(series, {
    every,
    levels: 3,
    fields: { latencyMs: [5, 6, 7] },
    change: { before: 1e7, after: 0, values: { latencyMs: 9 } },
  });
  assert.equal(upSeries, { every, levels: 3, fields: { latencyMs: [8, 8, 8] } });
  assert.equal(writtenSeries(outcome.value), {
    every: 2000,
    levels: { latencyMs: [5, 6, 7], 'up.latencyMs': [8, 8, 8] },
    change: { before: 10, after: 0, set: { latencyMs: 9 } },
  });
  assert.equal(
    seriesLines(outcome.value).map(({ value }) => value),
    ['2s, 3 levels, again after 6s', '5 to 7, median 6', '8', '10ms before to 0ns after', '9'],
  );
});

test('what is wrong with a series is told', () => {
  const series = ['series.every', 'series.latencyMs'];
  const wrong = (text: string, fields: readonly string[] = series) => refused(timed(text, fields));
  assert.equal(wrong('{ every: 1s, levels: { latencyMs: [5] } }', ['series.every']), [
    ['provenance["series.latencyMs"]', 'nothing'],
  ]);
  assert.equal(wrong('{ every: 0s, levels: { latencyMs: [5] } }'), [['series.every', '"0s"']]);
  assert.equal(wrong('{ every: 1s, levels: { latencyMs: [5, -1] } }'), [
    ['series.levels.latencyMs[1]', '-1'],
  ]);
  assert.equal(
    wrong('{ every: 1s, levels: { latencyMs: [5, 6, 7], up.latencyMs: [1, 2] } }', [
      ...series,
      'series.up.latencyMs',
    ]),
    [['series.levels["up.latencyMs"]', 'a list of 2']],
  );
  assert.equal(wrong('{ every: 1s, levels: { jitterMs: [5] } }', ['series.every', 'series.jitterMs']), [
    ['series.levels.jitterMs', 'jitterMs'],
  ]);
  assert.equal(wrong('{ every: 1s, levels: { latncyMs: [5] } }', ['series.every']), [
    ['series.levels.latncyMs', '"latncyMs"'],
  ]);
  const change = [...series, 'series.change', 'series.change.latencyMs'];
  assert.equal(
    wrong('{ every: 1s, levels: { latencyMs: [5] }, change: { before: 1s, set: { latencyMs: 1 } } }', change),
    [['series.change', '1000 ms']],
  );
  assert.equal(
    wrong('{ every: 1s, levels: { latencyMs: [5] }, change: { after: 1ms, set: { mtu: 1 } } }', [
      ...series,
      'series.change',
    ]),
    [['series.change.set.mtu', '"mtu"']],
  );
});

test('the page lists each preset, marks what is an estimate, and numbers the sources', () => {
  const page = describePresets([
    presetCalled('lte'),
    presetCalled('leo-starlink'),
    presetCalled('lte-driving'),
  ]);
  // Half of 31 to 39 ms is 15.5 to 19.5 ms; 32.7 Mbit/s was measured, the way up was not.
  assert.match(
    page,
    /^\| `lte` \| .* \| 18 \/ 18 \| 5\* \/ - \| 0\.001\* \/ - \| 32700 \/ 10000\* \| {2}\| 1, 2 \|$/m,
  );
  assert.match(page, /^`leo-starlink` changes over time:$/m);
  assert.match(page, /^\| `series\.latencyMs` \| 10 to 50, median 25 \| \d \|$/m);
  assert.match(page, /^\| `lte-driving` .*`bandwidth\.trace` 13000 numbers\*/m);
  assert.match(page, /^1\. .*\(20\d\d\)$/m);
  const whole = describePresets(presets.values());
  for (const name of presets.keys()) assert.ok(whole.includes(`\n| \`${name}\` |`), name);
});

test.run();
