/** How long queues and buckets are: netpersona's own defaults, and what netem's `limit` makes of them. */
import { FIELDS, type Profile, type QueueSettings, queueSettings } from '../../sim/index.ts';

/** The limit of a netem that should drop nothing by itself. */
export const ENDLESS = 1_000_000;

const QUEUE_LIMITS = ['bandwidth.queueBytes', 'bandwidth.queuePackets', 'bandwidth.queueMs'];

export const numberOf = (fields: Profile, path: string): number | undefined => {
  const value = fields[path];
  return typeof value === 'number' ? value : undefined;
};

export const without = (fields: Profile, ...paths: readonly string[]): Profile =>
  Object.fromEntries(Object.entries(fields).filter(([path]) => !paths.includes(path)));

/** What the queue in front of a VM would be, all defaults resolved. */
export function settingsOf(fields: Profile): QueueSettings {
  const values = FIELDS.map(({ path, identity, default: otherwise }) => [
    path,
    fields[path] ?? otherwise ?? identity,
  ]);
  return queueSettings(Object.fromEntries(values) as Parameters<typeof queueSettings>[0]);
}

export const mtuOf = (fields: Profile): number => numberOf(fields, 'mtu') ?? settingsOf({}).discipline.mtu;

/** What waits, in bytes, where no limit is given. */
export const defaultQueueBytes = (fields: Profile): number =>
  settingsOf(without(fields, ...QUEUE_LIMITS)).limits.queueBytes;

export const defaultQueuePackets = (fields: Profile): number =>
  Math.ceil(defaultQueueBytes(fields) / mtuOf(fields));

export const defaultBurstBytes = (fields: Profile): number =>
  settingsOf(without(fields, 'bandwidth.burstBytes')).burstBytes;

/** What may wait, in bytes; packets count as full ones. */
export function queueBytes(fields: Profile): number {
  const limits = settingsOf(fields).limits;
  return Math.min(limits.queueBytes, limits.queuePackets * mtuOf(fields));
}

/** What may wait, in full packets. */
export function queuePackets(fields: Profile): number {
  const limits = settingsOf(fields).limits;
  return Math.max(1, Math.min(limits.queuePackets, Math.ceil(limits.queueBytes / mtuOf(fields))));
}

/** Packets on their way through the delay at full rate: netem's limit counts them, too. */
export function delayedPackets(fields: Profile): number {
  const delay = (numberOf(fields, 'latencyMs') ?? 0) + (numberOf(fields, 'jitterMs') ?? 0);
  return Math.ceil(((numberOf(fields, 'bandwidthKbps') ?? 0) / 8) * (delay / mtuOf(fields)));
}

const ETHERNET_BYTES = 14;

/** tbf's bucket for one packet: measured with its Ethernet header, in the frame or the cells that tbf is told of. Less drops it. */
export function leastBucketBytes(fields: Profile): number {
  const bytes =
    mtuOf(fields) + ETHERNET_BYTES + Math.max(0, numberOf(fields, 'bandwidth.overheadBytes') ?? 0);
  return hasAtmCells(fields) ? Math.ceil(bytes / 48) * 53 : bytes;
}

/** The only cells that tbf knows. */
export const hasAtmCells = (fields: Profile): boolean =>
  numberOf(fields, 'bandwidth.cellBytes') === 48 && numberOf(fields, 'bandwidth.cellOverheadBytes') === 5;
