import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Board, boardLines, bodyLength } from '../../../app/top/board.ts';

const row = (id: string, throughputBps: number, droppedPackets: number, p50: number | null) => ({
  id,
  throughputBps,
  deliveredPackets: 1234,
  droppedPackets,
  backlogBytes: 3000,
  delays: [p50, p50 === null ? null : 2 * p50],
});

const BOARD: Board = {
  name: 'web',
  state: 'running at 1x',
  at: 12_500_000_000,
  duration: 30_000_000_000,
  totals: '10 sent',
  sections: [
    {
      name: 'VM',
      delayHeads: ['p50', 'max'],
      rows: [row('server', 1_500_000, 7, 40_250_000), row('a-client-with-a-long-name', 900, 9, null)],
    },
    { name: 'flow', delayHeads: ['p50'], rows: [{ ...row('stream', 8e6, 0, 1000), backlogBytes: null }] },
  ],
  commands: [{ at: 10e9, command: 'update', subject: 'wan', effect: 'latencyMs 40 -> 90' }],
};
const ESC = '\u001b';
const PLAIN = { width: 100, colour: false, sort: 'name' } as const;

test('what is on it', () => {
  assert.equal(boardLines(BOARD, PLAIN), [
    'web  12.5s of 30s  running at 1x',
    '10 sent',
    '',
    'VM                         throughput  delivered  dropped  backlog     p50     max',
    'server                      1.5Mbit/s      1,234        7  3,000 B  40.3ms  80.5ms',
    'a-client-with-a-long-name    900bit/s      1,234        9  3,000 B       -       -',
    '',
    'flow    throughput  delivered  dropped  p50',
    'stream     8Mbit/s      1,234        0  1us',
    '',
    '10s  update wan: latencyMs 40 -> 90',
  ]);
});

test('sorted by what one looks for', () => {
  const first = (sort: 'throughput' | 'dropped' | 'delay' | 'backlog') =>
    boardLines(BOARD, { ...PLAIN, sort })[4]?.split(' ')[0];
  assert.is(first('throughput'), 'server');
  assert.is(first('dropped'), 'a-client-with-a-long-name');
  assert.is(first('delay'), 'server');
  // Of equals, the scenario's first.
  assert.is(first('backlog'), 'server');
});

test('it fits, however narrow or low the terminal is', () => {
  for (const width of [12, 20, 33, 47, 60, 80])
    for (const height of [6, 9, 12, 30]) {
      const lines = boardLines(BOARD, { ...PLAIN, width, height, keys: 'q quit, s sort and much besides' });
      assert.is(lines.length, height, `${width} x ${height}`);
      // The first line is the terminal's to wrap or cut: it names the run.
      for (const line of lines.slice(1)) assert.ok(line.length <= Math.max(width, 20), `${width}: ${line}`);
    }
});

test('it scrolls to the last row, and no further', () => {
  const height = 8;
  const at = (scrolled: number) =>
    boardLines({ ...BOARD, commands: [] }, { ...PLAIN, height, scrolled }).slice(3);
  assert.match(at(0)[1] ?? '', /^server/);
  assert.match(at(1)[0] ?? '', /^server/);
  assert.equal(at(2), at(99));
  assert.match(at(99).at(-1) ?? '', /^stream/);
  assert.is(bodyLength(BOARD), 6);
});

test('colours only if asked for', () => {
  assert.not.ok(
    boardLines(BOARD, { ...PLAIN, keys: 'q' })
      .join('')
      .includes(ESC),
  );
  assert.ok(boardLines(BOARD, { ...PLAIN, colour: true })[0]?.startsWith(`${ESC}[1mweb${ESC}[22m`));
});

test.run();
