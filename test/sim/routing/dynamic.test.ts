import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createQueue, Kernel, ms } from '../../../engine/index.ts';
import { OFFSET_TTL_PROTOCOL, PacketPool, PORTS, SOURCE } from '../../../sim/packet.ts';
import { DynamicRouter, FLOW_IDLE } from '../../../sim/routing/index.ts';
import { at, column, flow, personal, pool, run, vm, where } from '../../support/world.ts';

/** Two members, 7 and 8, and packets of any flow at any time. */
class Bench {
  readonly kernel = new Kernel(createQueue('heap'));
  readonly packets = new PacketPool(1);
  readonly rates = new Map([
    [7, 0],
    [8, 0],
  ]);
  readonly backlogs = new Map<number, number>();
  readonly dead = new Set<number>();
  readonly router: DynamicRouter;
  readonly #packet = this.packets.take();

  constructor(hysteresis = 0.1, window = ms(100)) {
    const view = {
      isAlive: (vm: number) => !this.dead.has(vm),
      backlogBytes: (vm: number) => this.backlogs.get(vm) ?? 0,
      rate: (vm: number) => this.rates.get(vm) ?? 0,
    };
    this.router = new DynamicRouter(Int32Array.of(7, 8), view, this.kernel, this.packets, window, hysteresis);
  }

  /** Who gets a packet of that flow at that time; its 8,000 bits count as load. */
  choose(time: number, port: number, source = 1): number {
    this.kernel.now = time;
    const { ints } = this.packets;
    ints[this.#packet + SOURCE] = source;
    ints[this.#packet + PORTS] = (port << 16) | 80;
    ints[this.#packet + OFFSET_TTL_PROTOCOL] = (64 << 8) | 17;
    const vm = this.router.choose(this.#packet);
    this.router.onLoad(vm, 8000);
    return vm;
  }
}

/** A packet of a new flow every ms from `start` on; who got each. */
const newFlows = (bench: Bench, start: number, count: number): number[] =>
  Array.from({ length: count }, (_, n) => bench.choose(ms(start + n), 1 + ((start + n) % 60_000), start + n));
const share = (choices: readonly number[], vm: number): number =>
  choices.filter((choice) => choice === vm).length / choices.length;
const moves = (choices: readonly number[]): number =>
  choices.filter((choice, n) => n > 0 && choice !== choices[n - 1]).length;

test('equal members share the load equally, and the choice moves now and then, not with every packet', () => {
  const choices = newFlows(new Bench(), 0, 5000).slice(1000);
  assert.ok(Math.abs(share(choices, 7) - 0.5) < 0.03, `${share(choices, 7)}`);
  // At 8 Mbit/s in all a window holds 400 kbit a member; a lead of 10 % is 5 packets, from -10 % to +10 % it takes 10.
  const period = choices.length / moves(choices);
  assert.ok(period > 7 && period < 15, `${period}`);
  const nervous = newFlows(new Bench(0), 0, 5000).slice(1000);
  assert.ok(moves(nervous) > 4 * moves(choices), `${moves(nervous)} and ${moves(choices)}`);
});

test('a member that is slowed gets less, in proportion to its rate, and the choice does not flap', () => {
  const bench = new Bench();
  bench.rates.set(7, 10e6).set(8, 10e6);
  const before = newFlows(bench, 0, 3000).slice(1000);
  assert.ok(Math.abs(share(before, 7) - 1 / 2) < 0.03);
  bench.rates.set(7, 2e6);
  const after = newFlows(bench, 3000, 4000).slice(500);
  assert.ok(Math.abs(share(after, 7) - 1 / 6) < 0.03, `${share(after, 7)}`);
  assert.ok(moves(after) < after.length / 6, `${moves(after)} moves of ${after.length}`);
});

test('a backlog counts as load', () => {
  const bench = new Bench();
  bench.rates.set(7, 10e6).set(8, 10e6);
  bench.backlogs.set(7, 1e6);
  assert.equal(new Set(newFlows(bench, 0, 50)), new Set([8]));
});

test('a member without a rate counts as the fastest', () => {
  const bench = new Bench();
  bench.rates.set(7, 1e6).set(8, 0);
  const choices = newFlows(bench, 0, 3000).slice(1000);
  assert.ok(Math.abs(share(choices, 7) - 0.5) < 0.03, `${share(choices, 7)}`);
});

test('the load of a window fades by 1/e in its time', () => {
  // 7 has 40 packets at 0. 8 takes the next flows until it has as many but the 10 % that 7 would have to be better by.
  const bench = new Bench();
  for (let n = 0; n < 40; n++) bench.router.onLoad(7, 8000);
  let taken = 0;
  // At one window's age they are 40 / e = 14.7 packets; 8 stays chosen while 7 is not better by 10 %: 14.7 >= 0.9 n up to n = 16.
  while (bench.choose(ms(100), 1000 + taken) === 8) taken++;
  assert.is(taken, 17);
});

test('a flow stays where it is until it has been idle for 50 ms', () => {
  const bench = new Bench();
  assert.is(bench.choose(0, 1000), 7);
  // 7 is now by far the busier one, and new flows go to 8.
  for (let n = 0; n < 100; n++) bench.router.onLoad(7, 80_000);
  assert.is(bench.choose(ms(1), 2000), 8);
  for (let time = FLOW_IDLE - 1; time < ms(2000); time += FLOW_IDLE - 1) {
    bench.router.onLoad(7, 800_000);
    assert.is(bench.choose(time, 1000), 7);
  }
  const last = bench.kernel.now;
  assert.is(bench.choose(last + FLOW_IDLE, 1000), 8);
});

test('a flow leaves a member that dies at once, and nobody is chosen when all are dead', () => {
  const bench = new Bench();
  assert.is(bench.choose(0, 1000), 7);
  bench.dead.add(7);
  assert.is(bench.choose(1, 1000), 8);
  bench.dead.add(8);
  assert.is(bench.choose(2, 1000), -1);
});

test('flows are told apart by source, ports and protocol', () => {
  const bench = new Bench();
  assert.is(bench.choose(0, 1000, 1), 7);
  for (let n = 0; n < 100; n++) bench.router.onLoad(7, 80_000);
  assert.is(bench.choose(1, 1000, 2), 8);
  assert.is(bench.choose(1, 1001, 1), 8);
  assert.is(bench.choose(1, 1000, 1), 7);
});

test('thousands of flows are remembered, and idle ones forgotten', () => {
  const bench = new Bench();
  for (let port = 1; port <= 9000; port++) bench.choose(port * 1000, port);
  // The first ones have been idle for less than 50 ms: they are where they were.
  const again = Array.from({ length: 9000 }, (_, n) => bench.choose(ms(10), n + 1));
  const same = Array.from({ length: 9000 }, (_, n) => bench.choose(ms(11), n + 1));
  assert.equal(same, again);
});

const members = [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3')];
const dynamicPool = { ...pool('10.0.0.100', 'b', 'c'), routingProfile: 'Dynamic' as const };

test('in a world: a long flow to a pool stays on its member although that is slow, and goes when it loses power', async () => {
  const { rows } = await run({
    vms: members,
    pools: [dynamicPool],
    ...personal({ b: { bandwidthKbps: 100 }, c: { bandwidthKbps: 100_000 } }),
    traffic: [flow('cbr', { to: { address: '10.0.0.100' }, interval: ms(10), packetSize: 1000, count: 100 })],
    timeline: [at(ms(505), { op: 'power', vm: 'b', on: false })],
  });
  const sent = where(rows, { origin: 'sent' }).sort((x, y) => x.seq - y.seq);
  assert.equal(column(sent, 'at'), [...Array(51).fill('b'), ...Array(49).fill('c')]);
});

test('in a world: questions with pauses go to the faster member, and are answered with the address of the pool', async () => {
  const { rows, samples } = await run({
    vms: members,
    pools: [dynamicPool],
    ...personal({ b: { bandwidthKbps: 20 }, c: { bandwidthKbps: 20_000 } }),
    traffic: [
      flow('ping', {
        to: { address: '10.0.0.100' },
        interval: ms(60),
        packetSize: 1000,
        count: 100,
        timeout: ms(9000),
      }),
    ],
  });
  const questions = where(rows, { kind: 'echoRequest' });
  // 8,000 bits are 400 ms of b's time, and fade below c's 0.9 ms (8,000 / (1 - e^-0.6) at 20 Mbit/s) in ln(450) x 100 ms =
  // 611 ms: b has every 11th or 12th turn.
  const turns = where(questions, { at: 'b' }).length;
  assert.ok(turns >= 8 && turns <= 10, `${turns}`);
  const answers = where(rows, { kind: 'echoReply' });
  assert.equal(new Set(column(answers, 'source')), new Set(['10.0.0.100']));
  assert.is(where(samples, { kind: 'answered' }).length, 100);
});

test('in a world: a personality of profile Dynamic moves packets to another member of the pool, and the personality stays', async () => {
  const { rows } = await run({
    vms: members,
    pools: [pool('10.0.0.100', 'b', 'c')],
    ...personal({ b: { routingProfile: 'Dynamic', latencyMs: 7 } }),
    traffic: [
      flow('cbr', { id: 'busy', interval: ms(1), packetSize: 1500, count: 3000 }),
      flow('cbr', { id: 'slow', interval: ms(60), packetSize: 1000, count: 50, port: 9001 }),
    ],
  });
  // The busy one is never idle, and stays where it was addressed to.
  assert.equal([...new Set(column(where(rows, { flow: 'busy', origin: 'sent' }), 'at'))], ['b']);
  for (const row of where(rows, { flow: 'slow', origin: 'sent' })) {
    assert.is(row.to, 'b');
    assert.is(row.at, 'c');
    assert.is(row.path, 'c');
    assert.is(row.endNs - row.sentNs, ms(7));
  }
});

test.run();
