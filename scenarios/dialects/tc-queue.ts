/** How long queues are: netpersona's own default, and what netem's `limit` makes of it. */
import type { Profile } from '../../sim/index.ts';

const LEAST_QUEUE_PACKETS = 30;
const DEFAULT_MTU = 1500;
/** No queue of a discipline without a rate gets this long. */
export const ENDLESS = 1_000_000;

export const numberOf = (fields: Profile, path: string): number | undefined => {
  const value = fields[path];
  return typeof value === 'number' ? value : undefined;
};

export const mtuOf = (fields: Profile): number => numberOf(fields, 'mtu') ?? DEFAULT_MTU;

/** 1.5 x rate x max(100 ms, 2 x latency), at least 30 packets: what waits where no limit is given. */
export function defaultQueueBytes(fields: Profile): number {
  const perMs = (numberOf(fields, 'bandwidthKbps') ?? 0) / 8;
  const duration = Math.max(100, 2 * (numberOf(fields, 'latencyMs') ?? 0));
  return Math.max(Math.floor(1.5 * perMs * duration), LEAST_QUEUE_PACKETS * mtuOf(fields));
}

/** What may wait, in bytes; packets count as full ones. */
export function queueBytes(fields: Profile): number {
  const limits = [
    numberOf(fields, 'bandwidth.queueBytes'),
    scaled(numberOf(fields, 'bandwidth.queuePackets'), mtuOf(fields)),
    scaled(numberOf(fields, 'bandwidth.queueMs'), (numberOf(fields, 'bandwidthKbps') ?? 0) / 8),
  ].filter((limit) => limit !== undefined);
  return limits.length === 0 ? defaultQueueBytes(fields) : Math.floor(Math.min(...limits));
}

const scaled = (value: number | undefined, by: number): number | undefined =>
  value === undefined ? undefined : value * by;

/** What may wait, in full packets. */
export const queuePackets = (fields: Profile): number =>
  numberOf(fields, 'bandwidth.queuePackets') ?? Math.max(1, Math.ceil(queueBytes(fields) / mtuOf(fields)));

/** Packets on their way through the delay at full rate: netem's limit counts them, too. */
export function delayedPackets(fields: Profile): number {
  const delay = (numberOf(fields, 'latencyMs') ?? 0) + (numberOf(fields, 'jitterMs') ?? 0);
  return Math.ceil(((numberOf(fields, 'bandwidthKbps') ?? 0) / 8) * (delay / mtuOf(fields)));
}
