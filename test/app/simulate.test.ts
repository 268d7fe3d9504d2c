import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type PacketRecord, ScenarioError, simulate, simulateFile } from '../../app/index.ts';
import { SMALL } from './small-scenarios.ts';

const FIRST = 'scenarios/library/transatlantic-web.yaml';

test('a scenario in, figures out: as text, as an object, from a file', async () => {
  const fromText = await simulate(SMALL);
  assert.is(fromText.summary.flows[0]?.sent, 1000);
  assert.ok(fromText.ok);
  const { scenarios } = await import('../../app/index.ts');
  const parsed = scenarios.parseScenario(SMALL);
  assert.ok(parsed.ok);
  const fromObject = await simulate(parsed.value.source as object);
  assert.is(fromObject.json(), fromText.json());
  const fromFile = await simulateFile(FIRST, { until: '2s' });
  assert.equal([fromFile.summary.name, fromFile.summary.partial], ['transatlantic web', true]);
});

test('options change what they say, and nothing else', async () => {
  const { digest } = await simulate(SMALL);
  assert.is((await simulate(SMALL, { seed: 1, queue: 'heap-js' })).digest, digest);
  assert.is.not((await simulate(SMALL, { seed: 2 })).digest, digest);
  const lossless = await simulate(SMALL, { set: { 'personalities.wan.packetLossPercentage': 0 } });
  assert.is(lossless.summary.totals.dropped, 0);
  assert.is((await simulate(SMALL, { until: 100 })).summary.duration, 1e8);
});

test('packets come one by one, as the file would have them', async () => {
  const packets: PacketRecord[] = [];
  const { summary } = await simulate(SMALL, { packets: (packet) => packets.push(packet) });
  assert.is(packets.length, 1000);
  assert.is(packets.filter(({ fate }) => fate === 'loss').length, summary.totals.dropReasons.loss);
  const first = packets.find(({ fate }) => fate === 'delivered');
  assert.ok(first);
  const { id, shapedNs, ...rest } = first;
  const sentNs = (id - 1) * 1e6;
  assert.equal(rest, {
    copyOf: null,
    fragmentOf: null,
    flow: 'stream',
    from: 'alice',
    to: 'bob',
    routedTo: 'bob',
    size: 100,
    sentNs,
    deliveredNs: sentNs + 1e7,
    endedNs: sentNs + 1e7,
    fate: 'delivered',
  });
});

test('a program may be a function', async () => {
  const traffic = '  - { id: job, kind: program, from: alice, to: bob, module: none.ts }\n';
  const trips: (number | null)[] = [];
  await simulate(SMALL + traffic, {
    set: { 'personalities.wan.packetLossPercentage': 0 },
    programs: {
      job: async (vm) => {
        trips.push(await vm.ping({ vm: 'bob' }));
      },
    },
  });
  assert.equal(trips, [1e7]);
});

test('a run can be watched and stopped', async () => {
  const controller = new AbortController();
  const long = SMALL.replace('1s', '1h');
  const seen: number[] = [];
  const { summary } = await simulate(long, {
    signal: controller.signal,
    onProgress: ({ now, duration }) => {
      seen.push(now / duration);
      controller.abort();
    },
  });
  assert.is(summary.partial, true);
  assert.ok(seen.length >= 1 && summary.duration > 0 && summary.duration < 3.6e12);
});

test('a scenario that is none is refused with every problem', async () => {
  try {
    await simulate({ seed: 1, duration: '1s', networks: [], vms: [], hots: [] });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, ScenarioError);
    assert.ok((error as ScenarioError).problems.some(({ nearest }) => nearest === 'hosts'));
  }
});

test("an error of the caller's own function stays what it is", async () => {
  const own = new TypeError('mine');
  try {
    await simulate(SMALL, {
      packets: () => {
        throw own;
      },
    });
    assert.unreachable();
  } catch (error) {
    assert.is(error, own);
  }
});

test.run();
