import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { emptyFigures, LiveFigures, type Present } from '../../../app/operation/figures.ts';
import { Session } from '../../../app/session.ts';
import { Fate, Origin, RowFlag, Sample } from '../../../sim/index.ts';
import { chunkOf, flow, namesOf, tell } from '../../reports/support.ts';
import { lab } from './small-lab.ts';

const MS = 1e6;
const SECOND = 1e9;

const present = (more: Partial<Present> = {}): Present => ({
  backlogBytes: () => 0,
  links: [],
  inFlight: 0,
  events: 0,
  ...more,
});

/** Two VMs, `a` and `b`, and a flow from the first to the second. */
const live = (): LiveFigures => new LiveFigures(namesOf([flow()]));

test('a delivered packet counts for its sender, its receiver and its flow', () => {
  const figures = live();
  // 1000 bytes in half a second are 16,000 bit/s.
  tell(figures, [{ from: 0, at: 1, size: 1000, sentNs: 100 * MS, endNs: 103 * MS }]);
  const look = figures.take(0.5 * SECOND, present({ inFlight: 4, events: 12 }));
  const delay = { p50: 3 * MS, p95: 3 * MS, p99: 3 * MS, max: 3 * MS };
  assert.equal(look, {
    sequence: 0,
    start: 0,
    end: 0.5 * SECOND,
    vms: [
      {
        id: 'a',
        deliveredPackets: 0,
        deliveredBytes: 0,
        sentPackets: 1,
        throughputBps: 0,
        delay: null,
        backlogBytes: 0,
        dropped: {},
      },
      {
        id: 'b',
        deliveredPackets: 1,
        deliveredBytes: 1000,
        sentPackets: 0,
        throughputBps: 16_000,
        delay,
        backlogBytes: 0,
        dropped: {},
      },
    ],
    flows: [
      {
        id: 'stream',
        sentPackets: 1,
        deliveredPackets: 1,
        deliveredBytes: 1000,
        throughputBps: 16_000,
        delay,
        rtt: null,
        dropped: {},
      },
    ],
    links: [],
    totals: {
      sentPackets: 1,
      deliveredPackets: 1,
      deliveredBytes: 1000,
      inFlight: 4,
      events: 12,
      dropped: {},
    },
  });
});

test('counts go on from window to window; rates and delays do not', () => {
  const figures = live();
  tell(figures, [{ size: 500, sentNs: 0, endNs: 10 }]);
  assert.is(figures.take(SECOND, present()).vms[1]?.throughputBps, 4000);
  tell(figures, [
    { size: 100, sentNs: SECOND, endNs: SECOND + 20 },
    { size: 100, sentNs: SECOND, endNs: SECOND + 30 },
  ]);
  const second = figures.take(2 * SECOND, present());
  assert.is(second.sequence, 1);
  assert.is(second.start, SECOND);
  assert.is(second.vms[1]?.deliveredPackets, 3);
  assert.is(second.vms[1]?.deliveredBytes, 700);
  assert.is(second.vms[1]?.throughputBps, 1600);
  assert.equal(second.vms[1]?.delay, { p50: 20, p95: 30, p99: 30, max: 30 });
  const third = figures.take(3 * SECOND, present());
  assert.is(third.flows[0]?.deliveredBytes, 700);
  assert.is(third.flows[0]?.throughputBps, 0);
  assert.is(third.flows[0]?.delay, null);
});

test('a window without time has no rates', () => {
  const figures = live();
  tell(figures, [{ endNs: 0 }]);
  assert.is(figures.take(0, present()).vms[1]?.throughputBps, 0);
});

test('drops are told by reason, of the VM in front of which they happened', () => {
  const figures = live();
  tell(figures, [
    { fate: Fate.loss },
    { fate: Fate.loss },
    { fate: Fate.queue },
    { fate: Fate.noListener },
    // Nowhere near a VM.
    { fate: Fate.unassigned, at: -1 },
  ]);
  const { vms, flows, totals } = figures.take(SECOND, present());
  assert.equal(vms[0]?.dropped, {});
  assert.equal(vms[1]?.dropped, { loss: 2, queue: 1, 'no-listener': 1 });
  assert.equal(flows[0]?.dropped, { loss: 2, queue: 1, unassigned: 1, 'no-listener': 1 });
  assert.equal(totals.dropped, { loss: 2, queue: 1, unassigned: 1, 'no-listener': 1 });
  assert.is(totals.sentPackets, 5);
  assert.is(totals.deliveredPackets, 0);
});

test('answers are sent too; copies, fragments and wholes are made on the way', () => {
  const figures = live();
  tell(figures, [
    { origin: Origin.sent, fate: Fate.fragmented },
    { origin: Origin.fragment, fate: Fate.reassembled },
    { origin: Origin.fragment, fate: Fate.reassembled },
    { origin: Origin.whole, size: 3000 },
    { origin: Origin.copy },
    { origin: Origin.answer, from: 1, at: 0 },
    { origin: Origin.sent, fate: Fate.inFlight },
  ]);
  const { vms, flows, totals } = figures.take(SECOND, present());
  assert.is(vms[0]?.sentPackets, 2);
  assert.is(vms[1]?.sentPackets, 1);
  assert.is(flows[0]?.sentPackets, 3);
  assert.is(totals.sentPackets, 3);
  assert.is(vms[1]?.deliveredPackets, 2);
  assert.is(vms[1]?.deliveredBytes, 4000);
  assert.is(flows[0]?.deliveredPackets, 3);
  assert.equal(totals.dropped, {});
});

test('the delay of a flow is that of its own direction, the delay of a VM that of everything', () => {
  const figures = live();
  tell(figures, [
    { sentNs: 0, endNs: 5 },
    { sentNs: 0, endNs: 11, from: 1, at: 0, flags: RowFlag.reverse },
    { sentNs: 0, endNs: 13, from: 1, at: 0, origin: Origin.answer },
  ]);
  const { vms, flows } = figures.take(SECOND, present());
  assert.is(flows[0]?.delay?.max, 5);
  assert.is(flows[0]?.deliveredPackets, 3);
  assert.is(vms[0]?.delay?.max, 13);
  assert.is(vms[1]?.delay?.max, 5);
});

test('packets of no flow count for their VMs', () => {
  const figures = live();
  tell(figures, [{ flow: -1 }]);
  const { vms, flows, totals } = figures.take(SECOND, present());
  assert.is(vms[1]?.deliveredPackets, 1);
  assert.is(flows[0]?.deliveredPackets, 0);
  assert.is(totals.deliveredPackets, 1);
});

test('round trips are of the questions answered in the window', () => {
  const figures = new LiveFigures(namesOf([flow(), flow({ id: 'pings', transactional: true })]));
  figures.sample(Sample.asked, 1, 0, 77);
  figures.sample(Sample.answered, 1, 5, 24);
  figures.sample(Sample.answered, 1, 9, 8);
  figures.sample(Sample.timedOut, 1, 9, 78);
  const { flows } = figures.take(SECOND, present());
  assert.is(flows[0]?.rtt, null);
  assert.equal(flows[1]?.rtt, { p50: 8, p95: 24, p99: 24, max: 24 });
  assert.is(figures.take(2 * SECOND, present()).flows[1]?.rtt, null);
});

test('a link’s load is what it carried in the window', () => {
  const figures = live();
  const link = { id: 'h1>h2', packets: 2, bytes: 1000, dropped: 1, rate: 32_000, up: true };
  const back = { id: 'h2>h1', packets: 0, bytes: 0, dropped: 0, rate: Infinity, up: false };
  assert.equal(figures.take(SECOND, present({ links: [link, back] })).links, [
    {
      from: 'h1',
      to: 'h2',
      packets: 2,
      bytes: 1000,
      dropped: 1,
      loadBps: 8000,
      utilization: 0.25,
      up: true,
    },
    { from: 'h2', to: 'h1', packets: 0, bytes: 0, dropped: 0, loadBps: 0, utilization: null, up: false },
  ]);
  const later = [{ ...link, packets: 4, bytes: 1500 }, back];
  const [there] = figures.take(2 * SECOND, present({ links: later })).links;
  assert.is(there?.loadBps, 4000);
  assert.is(there?.utilization, 0.125);
});

test('the backlog is the present one, in whole bytes', () => {
  const { vms } = live().take(SECOND, present({ backlogBytes: (vm) => vm * 1500.4 }));
  assert.equal(
    vms.map(({ backlogBytes }) => backlogBytes),
    [0, 1500],
  );
});

test('VMs and flows that come later have rows from then on', () => {
  const vms = ['a', 'b'];
  const flows = [flow()];
  const figures = new LiveFigures(namesOf(flows, vms));
  tell(figures, [{}]);
  figures.take(SECOND, present());
  vms.push('c', 'd');
  flows.push(flow({ id: 'late' }));
  figures.ended(chunkOf([{ from: 0, at: 3, flow: 1, size: 40 }]));
  const look = figures.take(2 * SECOND, present());
  assert.equal(
    look.vms.map(({ id, deliveredPackets }) => [id, deliveredPackets]),
    [
      ['a', 0],
      ['b', 1],
      ['c', 0],
      ['d', 1],
    ],
  );
  assert.is(look.flows[1]?.deliveredBytes, 40);
  assert.is(look.totals.sentPackets, 2);
});

test('before the beginning there is nothing', () => {
  const empty = emptyFigures();
  assert.equal(new LiveFigures(namesOf([], [])).take(0, present()), empty);
});

test('at its end, a run has the counts of its report', async () => {
  const session = new Session(lab());
  const { world } = session;
  const figures = new LiveFigures(world.names);
  world.attach(figures);
  const { summary } = await session.run();
  const look = figures.take(world.kernel.now, {
    backlogBytes: (vm) => world.fabric.steering.backlogBytes(vm),
    links: world.loads(),
    inFlight: world.packets.live,
    events: world.kernel.events,
  });
  const some = <K extends string>(counts: Readonly<Record<K, number>>) =>
    Object.fromEntries(Object.entries<number>(counts).filter(([, count]) => count > 0));
  const { totals } = summary;
  assert.ok(totals.sent > 500 && totals.dropReasons.loss > 0);
  assert.is(look.totals.sentPackets, totals.sent + totals.answers);
  assert.is(look.totals.deliveredPackets, totals.delivered);
  assert.equal(look.totals.dropped, some(totals.dropReasons));
  assert.is(look.vms.length, summary.vms.length);
  summary.vms.forEach((vm, i) => {
    const row = look.vms[i];
    assert.is(row?.id, vm.id);
    assert.is(row?.deliveredPackets, vm.deliveredPackets);
    assert.is(row?.deliveredBytes, vm.deliveredBytes);
    assert.is(row?.throughputBps, vm.throughput);
    assert.is(row?.sentPackets, vm.egress.created.sent + vm.egress.created.answer);
    assert.equal(row?.dropped, some(vm.dropReasons));
    assert.is(row?.delay?.max, vm.delay?.max);
  });
  summary.flows.forEach((flowOf, i) => {
    const row = look.flows[i];
    assert.is(row?.id, flowOf.id);
    assert.is(row?.sentPackets, flowOf.packets.created.sent + flowOf.packets.created.answer);
    assert.is(row?.deliveredPackets, flowOf.packets.ended.delivered);
    const { p50 = Number.NaN, p99 = Number.NaN, max = Number.NaN } = flowOf.delay ?? {};
    assert.ok(Math.abs((row?.delay?.p50 ?? 0) - p50) <= p50 / 30);
    assert.ok(Math.abs((row?.delay?.p99 ?? 0) - p99) <= p99 / 30);
    assert.is(row?.delay?.max, max);
    assert.is(row?.rtt?.max ?? null, flowOf.rtt?.max ?? null);
  });
  summary.links.forEach((link, i) => {
    const row = look.links[i];
    assert.is(`${row?.from}>${row?.to}`, link.id);
    assert.is(row?.packets, link.packets);
    assert.is(row?.bytes, link.bytes);
    assert.is(row?.dropped, link.dropped);
  });
});

test.run();
