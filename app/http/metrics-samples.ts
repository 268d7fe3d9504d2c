/** Figures of VMs, flows and links as samples of metrics. Does not know how they are written. */
import type { ControlState, DelayFigures, Figures, VmLive } from '../operation/run.ts';
import type { MetricName } from './metrics-table.ts';

export type Labels = Readonly<Record<string, string>>;
export type Samples = readonly (readonly [MetricName, Labels, number])[];

export function vmSamples({ vms, totals }: Figures, control: ControlState): Samples {
  const up = new Map(control.vms.map((vm) => [vm.id, vm.up]));
  // Nowhere near a VM: then sums over VMs are those of the run.
  const elsewhere = Object.entries(totals.dropped).map(
    ([reason, count]) =>
      [reason, count - sumOf(vms, ({ dropped }) => dropped[reason as DropReason] ?? 0)] as const,
  );
  return [
    ...vms.flatMap((vm): Samples => {
      const labels = { vm: vm.id };
      return [
        ['netpersona_vm_up', labels, up.get(vm.id) === false ? 0 : 1],
        ['netpersona_sent_packets_total', labels, vm.sentPackets],
        ['netpersona_delivered_packets_total', labels, vm.deliveredPackets],
        ['netpersona_delivered_bytes_total', labels, vm.deliveredBytes],
        ...dropSamples('netpersona_dropped_packets_total', labels, Object.entries(vm.dropped)),
        ['netpersona_backlog_bytes', labels, vm.backlogBytes],
        ...delaySamples('netpersona_delay_seconds', labels, vm.delay),
      ];
    }),
    ...dropSamples(
      'netpersona_dropped_packets_total',
      { vm: '' },
      elsewhere.filter(([, count]) => count > 0),
    ),
  ];
}

export const flowSamples = ({ flows }: Figures): Samples =>
  flows.flatMap((flow): Samples => {
    const labels = { flow: flow.id };
    return [
      ['netpersona_flow_sent_packets_total', labels, flow.sentPackets],
      ['netpersona_flow_delivered_packets_total', labels, flow.deliveredPackets],
      ['netpersona_flow_delivered_bytes_total', labels, flow.deliveredBytes],
      ...dropSamples('netpersona_flow_dropped_packets_total', labels, Object.entries(flow.dropped)),
      ...delaySamples('netpersona_flow_delay_seconds', labels, flow.delay),
      ...delaySamples('netpersona_flow_rtt_seconds', labels, flow.rtt),
    ];
  });

export const linkSamples = ({ links }: Figures): Samples =>
  links.flatMap(({ from, to, up, packets, bytes, dropped, utilization }): Samples => {
    const labels = { from, to };
    return [
      ['netpersona_link_up', labels, up ? 1 : 0],
      ['netpersona_link_transmitted_packets_total', labels, packets],
      ['netpersona_link_transmitted_bytes_total', labels, bytes],
      ['netpersona_link_dropped_packets_total', labels, dropped],
      ...(utilization === null ? [] : [['netpersona_link_utilization_ratio', labels, utilization] as const]),
    ];
  });

/** Instead of the name of a VM, flow or host. No id is like that. */
const ALL = '*';
/** Labels that say what is told, not of whom. */
const KEPT: ReadonlySet<string> = new Set(['reason', 'stat']);

/** All VMs, flows or links as one: sums, the longest delay, the greatest utilization, up when all are. */
export function merged(samples: Samples): Samples {
  const sums = new Map<string, Samples[number]>();
  for (const [name, labels, value] of samples) {
    // Of quantiles there is no quantile.
    if (labels['stat'] !== undefined && labels['stat'] !== 'max') continue;
    const common = Object.fromEntries(
      Object.entries(labels).map(([label, text]) => [label, KEPT.has(label) || text === '' ? text : ALL]),
    );
    const key = JSON.stringify([name, common]);
    const before = sums.get(key)?.[2];
    sums.set(key, [name, common, before === undefined ? value : together(name, before, value)]);
  }
  return [...sums.values()];
}

function together(name: MetricName, one: number, other: number): number {
  if (name.endsWith('_up')) return Math.min(one, other);
  return name.endsWith('_seconds') || name.endsWith('_ratio') ? Math.max(one, other) : one + other;
}

type DropReason = keyof VmLive['dropped'];

const sumOf = <T>(rows: readonly T[], figure: (row: T) => number): number =>
  rows.reduce((sum, row) => sum + figure(row), 0);

const dropSamples = (
  name: MetricName,
  labels: Labels,
  dropped: readonly (readonly [string, number])[],
): Samples => dropped.map(([reason, count]) => [name, { ...labels, reason }, count]);

const STATS = ['p50', 'p95', 'p99', 'max'] as const;

const delaySamples = (name: MetricName, labels: Labels, delay: DelayFigures | null): Samples =>
  delay === null ? [] : STATS.map((stat) => [name, { ...labels, stat }, delay[stat] / 1e9]);
