import { fc, test } from '@fast-check/vitest';
import { stringify } from 'csv-stringify/sync';
import { expect } from 'vitest';
import { CsvBuffer, putNumber } from '../../reports/csv-bytes.ts';
import { PACKET_COLUMNS, PacketSink } from '../../reports/packets.ts';
import { FATES } from '../../sim/index.ts';
import { Files, flow, namesOf, type Row, tell } from './support.ts';

const nasty = fc.oneof(
  fc.string({
    unit: fc.constantFrom('"', ',', '\n', '\r', 'a', 'é', '\u6f22', '\u{1f600}', ' ', ';', "'", '='),
  }),
  fc.string({ unit: 'binary' }),
);
const time = fc.oneof(
  fc.nat(),
  fc.integer({ min: 0, max: 2 ** 51 - 1 }),
  fc.constantFrom(0, 999_999_999, 1e9, 1e18 / 1e3),
);
const row = fc.record({
  copyOf: fc.constantFrom(0, 0, 3, 4_294_967_297),
  fragmentOf: fc.constantFrom(0, 0, 12),
  flow: fc.integer({ min: -1, max: 2 }),
  from: fc.integer({ min: 0, max: 2 }),
  to: fc.integer({ min: -1, max: 4 }),
  path: fc.integer({ min: 0, max: 4 }),
  size: fc.integer({ min: 20, max: 65_535 }),
  sentNs: time,
  shapedNs: fc.oneof(time, fc.constant(Number.NaN)),
  endNs: time,
  fate: fc.integer({ min: 0, max: FATES.length - 1 }),
});

function expected(rows: readonly Required<Pick<Row, keyof Row>>[], words: readonly string[]): string {
  const names = namesOf(
    words.map((id) => flow({ id })),
    words,
  );
  const empty = (value: number): number | null => (value === 0 || Number.isNaN(value) ? null : value);
  const lines = rows.map((one) => [
    one.id,
    empty(one.copyOf),
    empty(one.fragmentOf),
    names.flows[one.flow]?.id ?? '',
    names.vms[one.from],
    one.to < 0 ? '' : names.address(one.to),
    names.path(one.path),
    one.size,
    one.sentNs,
    Number.isNaN(one.shapedNs) ? null : one.shapedNs,
    one.fate === 0 ? one.endNs : null,
    FATES[one.fate],
  ]);
  return stringify([[...PACKET_COLUMNS], ...lines]);
}

test.prop(
  {
    words: fc.array(nasty, { minLength: 3, maxLength: 3 }),
    rows: fc.array(row, { maxLength: 60 }),
    order: fc.infiniteStream(fc.nat()),
    chunk: fc.integer({ min: 1, max: 20 }),
  },
  { seed: 41, numRuns: 300 },
)(
  'packets.csv is what csv-stringify writes, in order of sending whatever the order of ending',
  ({ words, rows, order, chunk }) => {
    const whole = rows.map((one, index) => ({ ...one, id: index + 1 }));
    const shuffled = [...whole];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = order.next().value! % (i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    const files = new Files();
    const sink = new PacketSink(
      namesOf(
        words.map((id) => flow({ id })),
        words,
      ),
      files.open,
    );
    tell(sink, shuffled, chunk);
    sink.close();
    const bytes = Buffer.from(expected(whole as Required<Row>[], words));
    expect(Buffer.concat(files.bytes.get('packets.csv')!).equals(bytes)).toBe(true);
  },
);

test('a packet in flight for very long holds back all later ones, and none is missing', () => {
  const files = new Files();
  const sink = new PacketSink(namesOf([flow()]), files.open);
  const rows = Array.from({ length: 30_000 }, (_, i) => ({ id: i + 1, seq: i, endNs: i }));
  tell(sink, [...rows.slice(1), rows[0]!]);
  sink.close();
  const ids = files
    .text('packets.csv')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',')[0]));
  expect(ids).toEqual(rows.map(({ id }) => id));
});

test.prop(
  [
    fc.oneof(
      fc.nat(),
      fc.maxSafeNat(),
      fc.integer({ min: 0, max: 15 }).map((n) => 10 ** n - 1),
    ),
  ],
  {
    seed: 42,
    numRuns: 2000,
  },
)('a number has the digits that the language gives it', (value) => {
  const bytes = new Uint8Array(20);
  const end = putNumber(bytes, 1, value);
  expect(Buffer.from(bytes.subarray(1, end)).toString()).toBe(String(value));
});

test('the buffer hands on everything, however large a field is', () => {
  const files = new Files();
  const buffer = new CsvBuffer(files.open('x'), ['a']);
  for (const size of [10, 200_000, 5]) {
    buffer.reserve(size);
    buffer.bytes.fill(0x78, buffer.at, buffer.at + size);
    buffer.at += size;
  }
  buffer.close();
  expect(files.text('x')).toBe(`a\n${'x'.repeat(200_015)}`);
});
