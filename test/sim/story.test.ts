/** Stories whose every number can be worked out by hand; draws by the generator itself. */
import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, seconds } from '../../engine/index.ts';
import { Story, type StoryEvent, World, type WorldSpec } from '../../sim/index.ts';
import { at, flow, once, personal, pool, vm, worldSpec } from '../support/world.ts';

type Told<W extends StoryEvent['what']> = Extract<StoryEvent, { what: W }>;

/** All that a world tells of those packets, and of what was made of them. */
async function story(parts: Partial<WorldSpec>, ...ids: readonly number[]): Promise<readonly StoryEvent[]> {
  const watch = new Story(ids);
  await new World(worldSpec(parts), { until: seconds(10), interval: seconds(1), watch }).run();
  return watch.events;
}

const all = <W extends StoryEvent['what']>(
  events: readonly StoryEvent[],
  what: W,
  packet?: number,
): Told<W>[] =>
  events.filter(
    (event): event is Told<W> => event.what === what && (packet === undefined || event.packet === packet),
  );

function only<W extends StoryEvent['what']>(
  events: readonly StoryEvent[],
  what: W,
  packet?: number,
): Told<W> {
  const found = all(events, what, packet);
  assert.is(found.length, 1, `${found.length} of ${what}: ${events.map((event) => event.what).join(' ')}`);
  return found[0] as Told<W>;
}

/** Packets of 1000 bytes from `a` to `b` at those instants. */
const list = (...times: readonly number[]) =>
  flow('list', { sentNs: Float64Array.from(times), sizes: new Int32Array(times.length).fill(1000) });

/** The draws of a stream, from its generator. */
function drawsOf(stream: string, count: number): number[] {
  const next = seedrandom.alea(`test/${stream}`);
  return Array.from({ length: count }, () => next());
}

test('without a personality a packet goes from its VM over the substrate to the other', async () => {
  const events = await story({ traffic: [once(500)] }, 1);
  assert.equal(
    events.map(({ what, at: time }) => [what, time]),
    ['made', 'towards', 'rewritten', 'arrived', 'received', 'ended'].map((what) => [what, 0]),
  );
  const made = only(events, 'made');
  assert.equal(
    [made.vm, made.host, made.source, made.target, made.size, made.ttl],
    ['a', 'h1', '10.0.0.1', '10.0.0.2', 500, 64],
  );
  assert.is(only(events, 'towards').personality, null);
});

test('a loss tells its draw, the threshold, and who set that', async () => {
  const packets = 20;
  const draws = drawsOf('b/loss', packets);
  const median = [...draws].sort((x, y) => x - y)[packets / 2]!;
  const parts = {
    ...personal({ b: { packetLossPercentage: median } }),
    traffic: [list(...draws.map((_, index) => ms(index)))],
  };
  const ids = draws.map((_, index) => index + 1);
  const events = await story(parts, ...ids);
  for (const id of ids) {
    const stage = only(events, 'stage', id);
    const value = draws[id - 1]!;
    assert.equal(stage.draws, [{ stream: 'b/loss', value, threshold: median }]);
    assert.is(stage.result, value < median ? 'dropped' : 'passed');
    const end = only(events, 'ended', id);
    assert.equal([end.fate, end.stage], value < median ? ['loss', 'loss'] : ['delivered', null]);
    const beginning = { at: 0, path: null };
    assert.equal(stage.fields, [{ path: 'packetLossPercentage', value: median, setBy: beginning }]);
  }
});

test('a model that remembers tells its state, and the chance that goes with it', async () => {
  // From the good state, in which nobody is lost, always to the bad one, in which everybody is, and back.
  const model = { 'loss.model': 'gilbertElliott', 'loss.p': 1, 'loss.r': 1 };
  const events = await story({ ...personal({ b: model }), traffic: [list(0, 1, 2)] }, 1, 2, 3);
  assert.equal(
    all(events, 'stage').map(({ memory, result }) => [memory, result]),
    [
      [{ state: 'good', chance: 0 }, 'passed'],
      [{ state: 'bad', chance: 1 }, 'dropped'],
      [{ state: 'good', chance: 0 }, 'passed'],
    ],
  );
});

test('a delay is what is fixed and what the draw makes of the jitter', async () => {
  const parts = { ...personal({ b: { latencyMs: 10, jitterMs: 2 } }), traffic: [list(ms(5))] };
  const events = await story(parts, 1);
  const [draw] = drawsOf('b/delay', 1) as [number];
  const delay = ms(10) + Math.floor((2 * draw - 1) * ms(2) + 0.5);
  const line = only(events, 'line');
  assert.equal([line.at, line.delay, line.shaped, line.due], [ms(5), delay, ms(5), ms(5) + delay]);
  assert.is(only(events, 'ended').at, ms(5) + delay);
});

test('without jitter nothing is drawn', async () => {
  const events = await story({ ...personal({ b: { latencyMs: 10 } }), traffic: [once(500)] }, 1);
  const line = only(events, 'line');
  assert.equal([line.draws, line.delay, line.due], [[], null, ms(10)]);
});

// 8 kbit/s are a byte a ms; the bucket holds one MTU of 1500 bytes.
const slow = { bandwidthKbps: 8 };

test('a packet that finds too few tokens waits for the rest of them', async () => {
  const events = await story({ ...personal({ b: slow }), traffic: [list(0, 0, ms(100))] }, 1, 2, 3);
  const lines = all(events, 'line');
  assert.equal(
    lines.map(({ before, shaped }) => [
      before.tokenBytes,
      before.waitingPackets,
      before.waitingBytes,
      shaped,
    ]),
    [
      [1500, 0, 0, 0],
      [500, 0, 0, ms(500)],
      // 100 bytes have come in; the one in front takes 1000 of them first.
      [600, 1, 1000, ms(1500)],
    ],
  );
});

test('a packet that finds the queue full is told how full', async () => {
  const limits = { ...slow, 'bandwidth.queueBytes': 1500 };
  const events = await story({ ...personal({ b: limits }), traffic: [list(0, 0, 0)] }, 3);
  const { before, dropped, shaped, due } = only(events, 'line');
  assert.equal([before.waitingBytes, before.queueBytes, before.queuePackets], [1000, 1500, null]);
  assert.equal([dropped, shaped, due], [true, null, null]);
  const end = only(events, 'ended');
  assert.equal([end.fate, end.stage], ['queue', 'bandwidth']);
});

test('a wire says until when it is busy; the packet on it does not wait', async () => {
  const wire = { ...slow, 'bandwidth.model': 'serialize' };
  const events = await story({ ...personal({ b: wire }), traffic: [list(0, 0, 0)] }, 1, 2, 3);
  assert.equal(
    all(events, 'line').map(({ before, shaped }) => [before.busyUntil, before.waitingPackets, shaped]),
    [
      [0, 0, ms(1000)],
      [ms(1000), 0, ms(2000)],
      [ms(2000), 1, ms(3000)],
    ],
  );
});

test('a command changes when a waiting packet leaves', async () => {
  const parts = {
    ...personal({ b: slow }),
    traffic: [list(0, 0)],
    timeline: [
      { ...at(ms(100), { op: 'update', personality: 'b', set: { bandwidthKbps: 16 } }), path: 'timeline[7]' },
    ],
  };
  const events = await story(parts, 2);
  const changed = only(events, 'changed');
  assert.equal(changed.by, { at: ms(100), path: 'timeline[7]' });
  assert.is(changed.personality?.version, 2);
  // Of 1000 bytes 500 were there and 100 have come; 400 come in 200 ms.
  assert.equal(
    [changed.before, changed.after],
    [
      { shaped: ms(500), due: ms(500) },
      { shaped: ms(300), due: ms(300) },
    ],
  );
  assert.is(only(events, 'ended').at, ms(300));
});

test('what is longer than the MTU is cut: each fragment has its own life', async () => {
  const events = await story({ ...personal({ b: { mtu: 1500 } }), traffic: [once(1800)] }, 1);
  const cut = only(events, 'stage', 1);
  assert.equal([cut.stage, cut.children, cut.result], ['mtu', [2, 3], 'taken']);
  // 1780 bytes of payload in runs of 1480 (RFC 791).
  assert.equal(
    [2, 3].map((id) => {
      const { size, offset, moreFragments, fragmentOf } = only(events, 'made', id);
      return [size, offset, moreFragments, fragmentOf];
    }),
    [
      [1500, 0, true, 1],
      [320, 1480, false, 1],
    ],
  );
  assert.equal(
    [1, 2, 3, 4].map((id) => only(events, 'ended', id).fate),
    ['fragmented', 'reassembled', 'reassembled', 'delivered'],
  );
  assert.is(only(events, 'made', 4).origin, 'whole');
  assert.is(only(events, 'received', 3).completes, 4);
});

test('what must not be cut is dropped, and its sender told', async () => {
  const events = await story({ ...personal({ b: { mtu: 1400 } }), traffic: [once(1500, { df: true })] }, 1);
  const stage = only(events, 'stage');
  assert.equal([stage.result, stage.size, stage.fields[0]?.value], ['dropped', 1500, 1400]);
  const { vm: who, error, mtu } = only(events, 'complained');
  assert.equal([who, error, mtu], ['b', 'tooBig', 1400]);
});

test('a copy is born where its original is copied, and goes on from there', async () => {
  const parts = { ...personal({ b: { duplicatePacketPercentage: 1, latencyMs: 10 } }), traffic: [once(500)] };
  const events = await story(parts, 1);
  assert.equal(only(events, 'stage', 1).children, [2]);
  assert.is(only(events, 'made', 2).copyOf, 1);
  assert.is(only(events, 'line', 2).due, ms(10));
  assert.equal(
    all(events, 'ended').map(({ packet, at: time }) => [packet, time]),
    [
      [1, ms(10)],
      [2, ms(10)],
    ],
  );
});

test('flipped bits are told where they flip, and found where they are checked', async () => {
  const parts = { ...personal({ b: { 'corrupt.percentage': 1, 'corrupt.bits': 3 } }), traffic: [once(500)] };
  const events = await story(parts, 1);
  const [hit] = only(events, 'stage').damage;
  assert.equal([hit?.bits, hit?.where, hit?.isSilent], [3, 'any', false]);
  assert.equal(
    only(events, 'stage').draws.map(({ value }) => value),
    drawsOf('b/corrupt', 2),
  );
  assert.is(only(events, 'ended').fate, 'checksum');
});

test('Chaotic tells the draw, and where the packet goes instead', async () => {
  const parts = {
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3')],
    ...personal({ b: { routingProfile: 'Chaotic', 'routing.chaosProbability': 1 } }),
    traffic: [list(...Array.from({ length: 20 }, (_, index) => ms(index)))],
  };
  // Nobody listens on c, which says so: those answers have ids, too.
  const events = await story(parts, ...Array.from({ length: 40 }, (_, index) => index + 1));
  const draws = drawsOf('b/routing', 40);
  const sent = all(events, 'made').filter(({ origin }) => origin === 'sent');
  assert.is(sent.length, 20);
  for (const { packet, seq } of sent) {
    const [stage] = all(events, 'stage', packet) as [Told<'stage'>];
    const [whether, where] = [draws[2 * seq]!, draws[2 * seq + 1]!];
    assert.equal(
      stage.draws.map(({ value, threshold }) => [value, threshold]),
      [
        [whether, 1],
        [where, null],
      ],
    );
    // Live VMs but the sender, in the order of their addresses.
    assert.equal(stage.moved, where >= 0.5 ? { from: 'b', to: 'c' } : null);
    assert.is(only(events, 'ended', packet).fate, where >= 0.5 ? 'no-listener' : 'delivered');
  }
});

test('a pool tells its members, those that are off, and whom it chose', async () => {
  const parts = {
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2', { power: false }), vm('c', '10.0.0.3')],
    pools: [pool('10.0.0.100', 'b', 'c')],
    traffic: [once(500, { to: { address: '10.0.0.100' } })],
  };
  const { of, name, profile, candidates, chosen } = only(await story(parts, 1), 'choice');
  assert.equal([of, name, profile, chosen], ['pool', '10.0.0.100', 'Static', 'c']);
  assert.equal(candidates, [
    { vm: 'b', isUp: false },
    { vm: 'c', isUp: true },
  ]);
});

test('the assignment for packets from one VM goes before the one for all', async () => {
  const parts: Partial<WorldSpec> = {
    personalities: { near: { latencyMs: 1 }, far: { latencyMs: 9 } },
    assignments: [
      { vm: 'b', personality: 'near' },
      { vm: 'b', personality: 'far', from: { host: 'h1' } },
    ],
    traffic: [once(500)],
  };
  const fact = only(await story(parts, 1), 'towards').personality;
  assert.equal(
    [fact?.id, fact?.scope, fact?.others],
    ['far', 'host h1', [{ scope: '', personality: 'near' }]],
  );
});

test("what a VM sends meets the egress of its personality, before the receiver's own", async () => {
  const parts: Partial<WorldSpec> = {
    personalities: { line: { latencyMs: 1, egress: 'up' }, up: { latencyMs: 20 }, far: { latencyMs: 3 } },
    assignments: [
      { vm: 'a', personality: 'line' },
      { vm: 'b', personality: 'far' },
    ],
    traffic: [once(500)],
  };
  const events = await story(parts, 1);
  assert.equal(
    all(events, 'towards').map((event) => [event.vm, event.isEgress, event.personality?.id, event.at]),
    [
      ['a', true, 'up', 0],
      ['b', false, 'far', ms(20)],
    ],
  );
  assert.is(all(events, 'towards')[0]?.personality?.egressOf, 'line');
  assert.is(only(events, 'ended').at, ms(23));
});

test('a version and a field are their last changes; other fields stay as they were', async () => {
  const parts = {
    ...personal({ b: { latencyMs: 1, jitterMs: 0, mtu: 1400 } }),
    traffic: [list(ms(500))],
    timeline: [
      { ...at(ms(100), { op: 'update', personality: 'b', set: { latencyMs: 2 } }), path: 'timeline[0]' },
      {
        ...at(ms(200), { op: 'update', personality: 'b', set: { latencyMs: 3, mtu: 1400 } }),
        path: 'timeline[1]',
      },
      { ...at(ms(900), { op: 'update', personality: 'b', set: { latencyMs: 4 } }), path: 'timeline[2]' },
    ],
  };
  const events = await story(parts, 1);
  const fact = only(events, 'towards').personality;
  assert.equal([fact?.version, fact?.versionBy], [3, { at: ms(200), path: 'timeline[1]' }]);
  const { fields } = only(events, 'line');
  assert.equal(
    fields.find(({ path }) => path === 'latencyMs'),
    { path: 'latencyMs', value: 3, setBy: { at: ms(200), path: 'timeline[1]' } },
  );
});

test('a link tells its queue, when the last bit is sent, and when it arrives', async () => {
  const parts = {
    links: [{ between: ['h1', 'h2'] as const, latency: ms(5), bandwidth: 8000, queuePackets: 1 }],
    traffic: [list(0, 0, 0)],
  };
  const events = await story(parts, 1, 2, 3);
  assert.equal(
    all(events, 'link').map(({ link, before, leaves, arrives, dropped }) => [
      link,
      before.waitingPackets,
      leaves,
      arrives,
      dropped,
    ]),
    [
      ['h1>h2', 0, ms(1000), ms(1005), false],
      ['h1>h2', 0, ms(2000), ms(2005), false],
      ['h1>h2', 1, null, null, true],
    ],
  );
  assert.equal([only(events, 'ended', 3).fate, only(events, 'ended', 3).stage], ['queue', 'link']);
});

test('who took the link down is told, of a packet before it and of one on it', async () => {
  const parts = {
    links: [{ between: ['h1', 'h2'] as const, latency: ms(50), bandwidth: Infinity, queuePackets: Infinity }],
    traffic: [list(0, ms(20))],
    timeline: [{ ...at(ms(10), { op: 'link', between: ['h1', 'h2'], up: false }), path: 'timeline[0]' }],
  };
  const events = await story(parts, 1, 2);
  const by = { at: ms(10), path: 'timeline[0]' };
  assert.equal(
    all(events, 'ended').map((end) => [end.packet, end.at, end.fate, end.by, end.between]),
    [
      [1, ms(10), 'link-down', by, null],
      [2, ms(20), 'link-down', by, ['h1', 'h2']],
    ],
  );
});

for (const hold of [false, true]) {
  test(`a partition ${hold ? 'holds a packet until it is healed' : 'drops it'}, and is named`, async () => {
    const parts: Partial<WorldSpec> = {
      traffic: [list(ms(10))],
      timeline: [
        {
          ...at(ms(5), { op: 'partition', id: 'split', between: ['a'], and: ['b'], oneWay: false, hold }),
          path: 'timeline[0]',
        },
        { ...at(ms(50), { op: 'heal' }), path: 'timeline[1]' },
      ],
    };
    const events = await story(parts, 1);
    const split = [{ id: 'split', by: { at: ms(5), path: 'timeline[0]' } }];
    const end = only(events, 'ended');
    if (hold) assert.equal(only(events, 'held').partitions, split);
    else assert.equal(end.partitions, split);
    assert.equal([end.fate, end.at], hold ? ['delivered', ms(50)] : ['link-down', ms(10)]);
  });
}

test('a VM that is off is told with who switched it off', async () => {
  const parts: Partial<WorldSpec> = {
    traffic: [list(ms(10))],
    timeline: [{ ...at(ms(5), { op: 'power', vm: 'b', on: false }), path: 'timeline[0]' }],
  };
  const end = only(await story(parts, 1), 'ended');
  assert.equal([end.fate, end.vm, end.by], ['vm-down', 'b', { at: ms(5), path: 'timeline[0]' }]);
});

test('an outage says that the link is down', async () => {
  const line = { 'outage.dropEvery': 10, 'outage.dropFor': 10 };
  const events = await story({ ...personal({ b: line }), traffic: [list(ms(5), ms(15))] }, 1, 2);
  assert.equal(
    all(events, 'stage').map(({ stage, result }) => [stage, result]),
    [
      ['outage', 'passed'],
      ['outage', 'dropped'],
    ],
  );
  assert.is(only(events, 'ended', 2).by, null);
});

test('a queue that is told packet by packet says how much waits in it', async () => {
  const codel = { ...slow, 'bandwidth.discipline': 'codel', 'bandwidth.queueBytes': 1500 };
  const events = await story({ ...personal({ b: codel }), traffic: [list(0, 0, 0, 0)] }, 1, 2, 3, 4);
  assert.equal(
    all(events, 'stage').map(({ queue, result }) => [queue?.bytes, queue?.queueBytes, result]),
    [
      [0, 1500, 'passed'],
      [0, 1500, 'taken'],
      [1000, 1500, 'dropped'],
      [1000, 1500, 'dropped'],
    ],
  );
});

test('jitter out of order tells each delay', async () => {
  const line = { latencyMs: 10, jitterMs: 5, 'jitter.preserveOrder': false };
  const events = await story({ ...personal({ b: line }), traffic: [list(0)] }, 1);
  const [draw] = drawsOf('b/delay', 1) as [number];
  const delay = ms(10) + Math.floor((2 * draw - 1) * ms(5) + 0.5);
  assert.equal([only(events, 'stage').stage, only(events, 'stage').delay], ['disorder', delay]);
  assert.is(only(events, 'ended').at, delay);
});

test('an answer is told where it is sent; a time that is over ends an assignment', async () => {
  const ping = flow('ping', { interval: seconds(20), packetSize: 100, timeout: seconds(1) });
  const parts: Partial<WorldSpec> = {
    personalities: { far: { latencyMs: 50, bandwidthKbps: 8 } },
    assignments: [{ vm: 'b', personality: 'far', ttl: ms(20) }],
    traffic: [ping],
  };
  const events = await story(parts, 1);
  assert.is(only(events, 'towards').personality?.expires, ms(20));
  assert.equal([only(events, 'changed').by, only(events, 'changed').personality], [null, null]);
  assert.equal(only(events, 'received').children, [2]);
});

test.run();
