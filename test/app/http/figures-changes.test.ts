import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { changesSince, isLarge } from '../../../app/http/figures-changes.ts';
import type { Figures, FlowLive, LinkLive, VmLive } from '../../../app/operation/run.ts';
import { figuresOf } from './talking-run.ts';

const DELAY = { p50: 1, p95: 1, p99: 1, max: 1 };

const vm = (more: Partial<VmLive> = {}): VmLive => ({
  id: 'a',
  deliveredPackets: 5,
  deliveredBytes: 500,
  sentPackets: 2,
  throughputBps: 0,
  delay: null,
  backlogBytes: 90,
  dropped: { loss: 1 },
  ...more,
});

const flow = (more: Partial<FlowLive> = {}): FlowLive => ({
  id: 'stream',
  deliveredPackets: 5,
  deliveredBytes: 500,
  sentPackets: 2,
  throughputBps: 0,
  delay: null,
  rtt: null,
  dropped: { loss: 1 },
  ...more,
});

const link = (more: Partial<LinkLive> = {}): LinkLive => ({
  from: 'eu',
  to: 'us',
  packets: 1,
  bytes: 100,
  dropped: 0,
  loadBps: 0,
  utilization: 0,
  up: true,
  ...more,
});

const look = (more: Partial<Figures> = {}): Figures => ({ ...figuresOf(1, 0), ...more });

test('up to 200 VMs, flows and directions of links each are few', () => {
  assert.not(isLarge(look({ vms: Array(200).fill(vm()), links: Array(200).fill(link()) })));
  assert.ok(isLarge(look({ vms: Array(201).fill(vm()) })));
  assert.ok(isLarge(look({ flows: Array(201).fill(flow()) })));
  assert.ok(isLarge(look({ links: Array(201).fill(link()) })));
});

test('a VM without change is left out, whatever it did before', () => {
  const { vms, partial, end } = changesSince(
    look({ vms: [vm({ throughputBps: 800, delay: DELAY })] }),
    look({ vms: [vm()], end: 99 }),
  );
  assert.equal(vms, []);
  assert.is(partial, true);
  assert.is(end, 99);
});

test('whatever a VM has to tell, its row is there', () => {
  const news: Partial<VmLive>[] = [
    { deliveredPackets: 6 },
    { deliveredBytes: 501 },
    { sentPackets: 3 },
    { throughputBps: 1 },
    { delay: DELAY },
    { backlogBytes: 0 },
    { dropped: { loss: 2 } },
    { dropped: { loss: 1, queue: 1 } },
  ];
  for (const each of news) {
    const now = look({ vms: [vm({ id: 'quiet' }), vm(each)] });
    const before = look({ vms: [vm({ id: 'quiet' }), vm()] });
    assert.equal(changesSince(before, now).vms, [vm(each)], JSON.stringify(each));
  }
});

test('a flow’s answers are news', () => {
  const flows = [flow(), flow({ id: 'pings', rtt: DELAY })];
  const before = [flow(), flow({ id: 'pings' })];
  assert.equal(changesSince(look({ flows: before }), look({ flows })).flows, flows.slice(1));
});

test('whatever a link has to tell, its row is there', () => {
  for (const each of [{ packets: 2 }, { bytes: 101 }, { dropped: 1 }, { loadBps: 8 }, { up: false }]) {
    const links = [link({ from: 'us', to: 'eu' }), link(each)];
    const before = [link({ from: 'us', to: 'eu' }), link()];
    assert.equal(changesSince(look({ links: before }), look({ links })).links, [link(each)]);
  }
});

test('rows that are new are there', () => {
  const now = look({ vms: [vm(), vm({ id: 'b' })], flows: [flow()], links: [link()] });
  const { vms, flows, links } = changesSince(look({ vms: [vm()] }), now);
  assert.equal(
    vms.map(({ id }) => id),
    ['b'],
  );
  assert.is(flows.length, 1);
  assert.is(links.length, 1);
});

test.run();
