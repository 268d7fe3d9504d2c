/**
 * W1, the hold model: N pending; pop the earliest, push it again later, over and over. One process measures one queue.
 *
 *     npx tsx test/bench/w1.bench.ts <ladder|heap|heap-js> <N> [exp|ties|zero|bimodal|pareto|far] [holds]
 *
 * `--keys` makes keys of the times as the kernel does (time * 4 + 2); without it a key is a time, as in the peers.
 * Prints one line of JSON; `chk` proves the order of all pops.
 */

import type { EventQueue, QueueName } from '../../engine/event-queue.ts';
import { createQueue } from '../../engine/queues.ts';
import { Xoshiro } from '../support/xoshiro.ts';

const TABLE = 65536;

const asKeys = process.argv.includes('--keys');
const [name = 'ladder', pendingText = '1000', spread = 'w1', holdsText] = process.argv
  .slice(2)
  .filter((word) => word !== '--keys');
const pending = Number(pendingText);
const holds = Number(holdsText ?? (spread !== 'w1' || pending >= 1e6 ? 2e6 : 5e6));
const increments = tabulate(spread);

hold(create(1000), 1000, 200_000); // Warms the compiler up, as the peers do.
const { seconds, checksum } = hold(create(pending), pending, holds);
console.log(
  JSON.stringify({
    w: spread === 'w1' ? 'W1' : 'W1X',
    sys: `netpersona ${name}${asKeys ? ' keys' : ''}`,
    dist: spread,
    N: pending,
    wall: Number(seconds.toFixed(6)),
    eps: Math.round(holds / seconds),
    rssKB: process.resourceUsage().maxRSS,
    chk: checksum,
  }),
);

function create(capacity: number): EventQueue {
  return createQueue(name as QueueName, capacity);
}

function hold(queue: EventQueue, count: number, steps: number): { seconds: number; checksum: number } {
  let step = 0;
  for (let slot = 0; slot < count; slot++) {
    const time = spread === 'ties' ? 0 : increments[step++ & (TABLE - 1)]!;
    queue.push(asKeys ? time + 2 : time, slot);
  }
  let checksum = 0;
  const began = performance.now();
  for (let i = 0; i < steps; i++) {
    const slot = queue.pop(Infinity);
    checksum = (Math.imul(checksum, 31) + slot) | 0;
    queue.push(queue.key + increments[step++ & (TABLE - 1)]!, slot);
  }
  return { seconds: (performance.now() - began) / 1e3, checksum };
}

/** Increments in ns, the peers' tables; in units of keys with `--keys`. */
function tabulate(shape: string): Float64Array {
  const random = new Xoshiro(1);
  const table = new Float64Array(TABLE);
  for (let i = 0; i < TABLE; i++) {
    const e = random.exp();
    const ns = shape === 'w1' ? Math.floor(e * 1e9 + 0.5) : Math.floor(draw(shape, e, random.u()));
    table[i] = asKeys ? ns * 4 : ns;
  }
  return table;
}

function draw(shape: string, e: number, u: number): number {
  switch (shape) {
    case 'ties':
      return 1e6;
    case 'zero':
      return u < 0.5 ? 0 : e * 1e9;
    case 'bimodal':
      return u < 0.9 ? e * 1e3 : e * 1e9;
    case 'pareto':
      return 1e3 * (1 - u) ** (-1 / 1.1);
    case 'far':
      return u < 0.01 ? 1e12 : e * 1e3;
    default:
      return e * 1e9;
  }
}
