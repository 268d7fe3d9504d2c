/** A preflight in sentences, and the traps that its numbers show. */
import { formatNanos, ms } from '../../engine/index.ts';
import type { Profile } from '../../sim/index.ts';
import { isOn, numberOf, type PreflightFigures } from './figures.ts';

/** Below this, a share is not worth a warning. */
const NEGLIGIBLE = 0.001;

/** One line: what packets and connections will see. */
export function sentence(figures: PreflightFigures): string {
  const { oneWay, roundTrip, back, loss, rate, queue, tcp } = figures;
  const varies = oneWay.most > oneWay.least;
  const range = varies ? ` (${formatNanos(oneWay.least)} to ${formatNanos(oneWay.most)})` : '';
  const both = back === 'egress' ? '' : `, ${formatNanos(2 * roundTrip)} when the other end has it too`;
  const parts = [
    oneWay.most === 0 && roundTrip === 0
      ? 'no delay'
      : `one way ${formatNanos(oneWay.typical)}${range}; round trip ${formatNanos(roundTrip)}${both}`,
    loss === null ? 'loss as the traffic decides' : loss === 0 ? 'no loss' : `${percent(loss)} loss`,
    rate === null
      ? 'no rate limit'
      : `${rateText(rate)}, queue ${queue === null ? 'without limit' : queueText(queue)}`,
  ];
  const bound =
    tcp === null
      ? ''
      : `: TCP at most ${rateText(tcp.rate)}${tcp.by === 'loss' ? ', because of the loss' : ''}`;
  return parts.join('; ') + bound;
}

/** Each a sentence: what is likely not meant. */
export function warnings(profile: Profile, figures: PreflightFigures): string[] {
  const { queue, rate, roundTrip, bandwidthDelayProduct, reordered, clamped, loss } = figures;
  const found: string[] = [];
  if (isOn(profile, 'netemCompat')) found.push(...netemWarnings(profile, figures));
  else if (queue !== null && rate !== null && bandwidthDelayProduct !== null) {
    const holds = Math.min(queue.bytes ?? Infinity, (queue.packets ?? Infinity) * numberOf(profile, 'mtu'));
    if (holds < bandwidthDelayProduct) {
      found.push(
        `the queue holds ${bytesText(holds)}, less than rate times round trip, ${bytesText(bandwidthDelayProduct)}: one TCP connection will not fill the line`,
      );
    }
  }
  if (reordered > NEGLIGIBLE) {
    const remedy = isOn(profile, 'jitter.preserveOrder')
      ? ''
      : ' (jitter.preserveOrder: true keeps their order)';
    found.push(
      `packets overtake each other: about ${percent(reordered)} of full-size packets in a row arrive after a later one, which TCP takes for loss${remedy}`,
    );
  }
  if (clamped > NEGLIGIBLE) {
    found.push(
      `jitterMs is more than latencyMs: ${percent(clamped)} of the delays would be below zero and are none, so the mean is higher than latencyMs`,
    );
  }
  if (roundTrip > ms(1000)) {
    found.push('a round trip of more than a second: most clients time out and send again');
  }
  if (loss !== null && loss >= 1) found.push('nothing arrives');
  return found;
}

function netemWarnings(profile: Profile, { rate, queue, oneWay, loss }: PreflightFigures): string[] {
  const found: string[] = [];
  const asked = numberOf(profile, 'packetLossPercentage');
  if (numberOf(profile, 'loss.correlation') > 0 && loss !== null && Math.abs(loss - asked) > asked / 100) {
    found.push(`netem's correlation changes the rate: ${percent(loss)} are lost, not ${percent(asked)}`);
  }
  const limit = queue?.packets ?? Infinity;
  const delayed = rate === null ? 0 : (rate * oneWay.typical) / 8e9 / numberOf(profile, 'mtu');
  if (delayed > limit) {
    found.push(
      `netem's limit of ${limit} packets counts those that are only delayed: at the full rate ${Math.ceil(delayed)} are, and the rest is dropped`,
    );
  }
  return found;
}

/** Three digits. */
const short = (value: number): string => String(Number(value.toPrecision(3)));

export const percent = (share: number): string => `${short(share * 100)} %`;

export function rateText(bitsPerSecond: number): string {
  for (const [unit, size] of RATES)
    if (bitsPerSecond >= size) return `${short(bitsPerSecond / size)} ${unit}`;
  return `${short(bitsPerSecond)} bit/s`;
}
const RATES = [
  ['Gbit/s', 1e9],
  ['Mbit/s', 1e6],
  ['kbit/s', 1e3],
] as const;

function bytesText(bytes: number): string {
  if (bytes >= 1e6) return `${short(bytes / 1e6)} MB`;
  return bytes >= 1e3 ? `${short(bytes / 1e3)} kB` : `${short(bytes)} B`;
}

function queueText({ bytes, packets, drains }: NonNullable<PreflightFigures['queue']>): string {
  const sizes = [
    ...(packets === null ? [] : [`${packets} packets`]),
    ...(bytes === null ? [] : [bytesText(bytes)]),
  ];
  return sizes.length === 0 ? 'without limit' : `${sizes.join(' and ')} (${formatNanos(drains)})`;
}
