/**
 * The benches, compiled and run one process a time, all programs in turn, so that a slow minute hits them alike.
 *
 *     npm run bench                                    our own figures, five rounds
 *     npm run bench -- w2 w3 --rounds 9
 *     npm run bench -- --peer '/path/w234_ns3 {w} p2p' --peer '/path/w234 {w} ladder'
 *
 * A peer is any command that prints a line of JSON with `sys`, and `pps` or `eps`; {w} becomes the workload (w2, w3, w4) and {n} the
 * number of pending events of w1. Prints medians, and the ratio to each peer.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    peer: { type: 'string', multiple: true, default: [] },
  },
});
const rounds = Number(values.rounds);
const wanted = positionals.length > 0 ? positionals : ['w1', 'w2', 'w3', 'w4', 'growth', 'memory', 'groups'];

const node = (script, ...args) => [process.execPath, `${root}out/bench/test/bench/${script}`, ...args];
const peers = (workload, pending) =>
  values.peer
    .filter((command) => command.includes(pending === undefined ? '{w}' : '{n}'))
    .map((command) =>
      command
        .replaceAll('{w}', workload)
        .replaceAll('{n}', pending ?? '')
        .split(/\s+/),
    );
const streams = (workload) => [
  node('w234.bench.js', workload, 'engine'),
  node('w234.bench.js', workload, 'world'),
  ...peers(workload),
];
const GROUPS = {
  w1: ['1000', '100000', '1000000'].map((pending) => [
    `W1, ${pending} pending`,
    [
      ...['ladder', 'heap', 'heap-js'].map((queue) => node('w1.bench.js', queue, pending)),
      ...peers('w1', pending),
    ],
  ]),
  w1x: ['ties', 'zero', 'bimodal', 'pareto', 'far'].flatMap((spread) =>
    ['1000', '100000'].map((pending) => [
      `W1, ${pending} pending, ${spread}`,
      ['ladder', 'heap'].map((queue) => node('w1.bench.js', queue, pending, spread)),
    ]),
  ),
  w2: [['W2, one link', streams('w2')]],
  w3: [['W3, shaped bottleneck', streams('w3')]],
  w4: [['W4, star of 100 VMs', streams('w4')]],
  growth: [
    [
      'growth: W4 with 100 and with 10,000 VMs',
      ['100', '10000'].map((vms) => node('w234.bench.js', 'w4', 'world', '1000000', '1', vms)),
    ],
  ],
  groups: [
    [
      'groups: a pipeline with the seven core fields, with one group more, with all',
      [
        'seven',
        'jitter',
        'loss',
        'duplicate',
        'corrupt',
        'reorder',
        'bandwidth',
        'outage',
        'netem',
        'all',
      ].map((group) => node('groups.bench.js', group)),
    ],
  ],
  memory: [
    [
      'memory: W4, and ten times as long',
      ['1000000', '10000000'].map((packets) => node('w234.bench.js', 'w4', 'world', packets)),
    ],
  ],
};

execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}test/bench`], {
  stdio: 'inherit',
});
for (const name of wanted) {
  const group = GROUPS[name];
  if (group === undefined) {
    console.error(`unknown bench '${name}': there are ${Object.keys(GROUPS).join(', ')}`);
    process.exit(2);
  }
  for (const [title, commands] of group) compare(title, commands);
}

function compare(title, commands) {
  const runs = commands.map(() => []);
  for (let round = 0; round < rounds; round++) {
    commands.forEach(([program, ...args], i) => {
      const out = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
      runs[i].push(JSON.parse(out.trim().split('\n').at(-1)));
    });
  }
  const rows = runs.map((results, i) => ({
    name: `${results[0].sys}${title.startsWith('growth') || title.startsWith('memory') ? ` ${commands[i].slice(4).join(' ')}` : ''}`,
    rate: median(results.map((result) => result.pps ?? result.eps)),
    megabytes: median(results.map((result) => result.rssKB ?? Number.NaN)) / 1024,
  }));
  console.log(`\n${title}: median of ${rounds}, million a second; then the ratio to each of the others`);
  for (const row of rows) {
    const ratios = rows.map((other) => (row.rate / other.rate).toFixed(2).padStart(7)).join('');
    const memory = Number.isNaN(row.megabytes) ? '' : `${row.megabytes.toFixed(0)} MB`;
    console.log(
      `${row.name.padEnd(34)}${(row.rate / 1e6).toFixed(2).padStart(7)}${memory.padStart(8)}  ${ratios}`,
    );
  }
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
