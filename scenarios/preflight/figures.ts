/** What a personality will mean, worked out before anything runs. Numbers only; the words are elsewhere. */
import { ms, type Nanos, type QuantileTable, uniformTable } from '../../engine/index.ts';
import {
  FIELDS,
  lossShare,
  netemLossShare,
  type ParamValue,
  type Profile,
  type QueueLimits,
  queueOutlook,
  variationOf,
} from '../../sim/index.ts';

export interface QueueFigures {
  /** What may wait; null: no limit of that kind. */
  readonly bytes: number | null;
  readonly packets: number | null;
  /** How long a queue full of the largest packets takes to leave, in ns. */
  readonly drains: Nanos;
}

export interface PreflightFigures {
  /** One way, towards the VM, without waiting for bandwidth, in ns. `most` is the end of the distribution. */
  readonly oneWay: { readonly least: Nanos; readonly typical: Nanos; readonly most: Nanos };
  /** There and back, in ns. */
  readonly roundTrip: Nanos;
  /** Which way back that is: the personality's own egress, or none, as long as nobody gives the other end one too. */
  readonly back: 'egress' | 'none';
  /** Share of packets that never arrive, apart from a full queue; null: that depends on the traffic. */
  readonly loss: number | null;
  /** Extra copies per packet. */
  readonly duplicates: number;
  /** Mean bit/s; null: no limit. */
  readonly rate: number | null;
  readonly queue: QueueFigures | null;
  /** Rate times round trip: what a sender must have under way to fill the line, bytes; null without a rate. */
  readonly bandwidthDelayProduct: number | null;
  /** Share of packets that arrive after a later one, of full-size packets that come as close as the rate allows, 1 ms without one. */
  readonly reordered: number;
  /** Share of packets whose delay would be below zero. */
  readonly clamped: number;
  /**
   * What one TCP connection can carry at most, bit/s of payload: the rate, or where random loss sets a lower bound, MSS / RTT * 1.22 /
   * sqrt(loss) (Mathis et al., 1997); null: no bound.
   */
  readonly tcp: { readonly rate: number; readonly by: 'rate' | 'loss' } | null;
}

const BY_PATH = new Map(FIELDS.map((field) => [field.path, field]));

const setting = (profile: Profile, path: string): ParamValue | undefined => {
  const field = BY_PATH.get(path);
  return profile[path] ?? field?.default ?? field?.identity;
};

export const numberOf = (profile: Profile, path: string): number => {
  const value = setting(profile, path);
  return typeof value === 'number' ? value : 0;
};

export const isOn = (profile: Profile, path: string): boolean => setting(profile, path) === true;

/** IP and TCP headers without options. */
const TCP_HEADERS = 40;

/** `egress`: the profile that the personality names for packets from the VM; null: none. */
export function preflight(profile: Profile, egress: Profile | null): PreflightFigures {
  const oneWay = delayOf(profile);
  const roundTrip = oneWay.typical + (egress === null ? 0 : delayOf(egress).typical);
  const loss = lossOf(profile);
  const settings = queueOutlook(profile);
  const rate = settings?.rate ?? null;
  const mtu = numberOf(profile, 'mtu');
  return {
    oneWay,
    roundTrip,
    back: egress === null ? 'none' : 'egress',
    loss,
    duplicates: numberOf(profile, 'duplicatePacketPercentage'),
    rate,
    queue: settings === null ? null : queueOf(settings, mtu),
    bandwidthDelayProduct: rate === null ? null : Math.floor((rate * roundTrip) / 8e9),
    reordered: reorderedShare(profile, rate === null ? ms(1) : Math.max(1, (mtu * 8e9) / rate)),
    clamped: clampedShare(profile),
    tcp: tcpBound(rate, mtu, roundTrip, 1 - (1 - (loss ?? 0)) * (1 - ((egress && lossOf(egress)) ?? 0))),
  };
}

function delayOf(profile: Profile): PreflightFigures['oneWay'] {
  const latency = ms(numberOf(profile, 'latencyMs'));
  const jitter = ms(numberOf(profile, 'jitterMs'));
  const table = variation(profile);
  return {
    least: Math.max(0, latency + Math.round(table.min * jitter)),
    typical: Math.max(0, latency + Math.round(table.mean * jitter)),
    most: Math.max(0, latency + Math.round(table.max * jitter)),
  };
}

function variation(profile: Profile): QuantileTable {
  return variationOf(profile) ?? uniformTable();
}

/** Loss, outages that drop, and damage that the receiver notices, one after the other. */
function lossOf(profile: Profile): number | null {
  const loss = isOn(profile, 'netemCompat') ? netemLossShare(profile) : lossShare(profile);
  if (loss === null) return null;
  const up = numberOf(profile, 'outage.dropEvery');
  const down = numberOf(profile, 'outage.dropFor');
  const outage = up + down > 0 ? down / (up + down) : 0;
  const damage = isOn(profile, 'corrupt.silent') ? 0 : numberOf(profile, 'corrupt.percentage');
  return 1 - (1 - loss) * (1 - outage) * (1 - damage);
}

function queueOf({ rate, queueBytes, queuePackets }: QueueLimits, mtu: number): QueueFigures {
  const finite = (limit: number): number | null => (limit === Infinity ? null : limit);
  return {
    bytes: finite(queueBytes),
    packets: finite(queuePackets),
    drains: Math.round((Math.min(queueBytes, queuePackets * mtu) * 8e9) / rate),
  };
}

/** Quantiles that stand for a distribution in sums over pairs. */
const SAMPLES = 512;

function quantiles(table: QuantileTable): Float64Array {
  return Float64Array.from({ length: SAMPLES }, (_, i) => table.quantile((i + 0.5) / SAMPLES));
}

/** P(D1 - D2 > gap) of two delays, where jitter may reorder; packets that skip the delay by `reorder`. */
function reorderedShare(profile: Profile, gap: Nanos): number {
  const jitter = ms(numberOf(profile, 'jitterMs'));
  const byJitter = keepsOrder(profile) || jitter === 0 ? 0 : swapped(variation(profile), gap / jitter);
  const chance = numberOf(profile, 'reorder.percentage');
  const delayed = numberOf(profile, 'latencyMs') > 0 || jitter > 0;
  const skipping = chance === 0 || !delayed ? 0 : 1 / (numberOf(profile, 'reorder.gap') - 1 + 1 / chance);
  return 1 - (1 - byJitter) * (1 - skipping);
}

/** sch_netem keeps it only where it has a rate. */
function keepsOrder(profile: Profile): boolean {
  if (isOn(profile, 'netemCompat')) return profile['bandwidthKbps'] !== undefined;
  return isOn(profile, 'jitter.preserveOrder');
}

function swapped(table: QuantileTable, gap: number): number {
  const values = quantiles(table);
  let pairs = 0;
  let below = 0;
  // Both ascend: how many are more than the gap below the first.
  for (const first of values) {
    while (below < SAMPLES && values[below]! < first - gap) below++;
    pairs += below;
  }
  return pairs / (SAMPLES * SAMPLES);
}

function clampedShare(profile: Profile): number {
  const jitter = numberOf(profile, 'jitterMs');
  if (jitter === 0) return 0;
  const least = -numberOf(profile, 'latencyMs') / jitter;
  return quantiles(variation(profile)).filter((value) => value < least).length / SAMPLES;
}

function tcpBound(rate: number | null, mtu: number, roundTrip: Nanos, loss: number): PreflightFigures['tcp'] {
  const share = Math.max(1, mtu - TCP_HEADERS) / mtu;
  const byRate = rate === null ? Infinity : rate * share;
  const byLoss =
    loss > 0 && roundTrip > 0 ? ((mtu - TCP_HEADERS) * 8e9 * 1.22) / (roundTrip * Math.sqrt(loss)) : Infinity;
  if (byRate === Infinity && byLoss === Infinity) return null;
  return byLoss < byRate ? { rate: byLoss, by: 'loss' } : { rate: byRate, by: 'rate' };
}
