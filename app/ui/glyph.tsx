/** A personality at a glance: one bar for each thing it does to packets, the higher the worse. */
import { draftOf } from './draft.ts';
import { percent, rate } from './format.ts';
import type { FieldValue, WrittenFields } from './types.ts';

const logShare = (value: number, least: number, most: number): number =>
  value <= least ? 0 : Math.min(1, Math.log(value / least) / Math.log(most / least));

const numberOf = (value: FieldValue | undefined): number => (typeof value === 'number' ? value : 0);

/** From 0 (as without it) to 1 (as bad as it gets): delay, jitter, loss, copies, rate, everything else. */
export function severities(fields: WrittenFields): readonly number[] {
  const draft = draftOf(fields);
  const { latencyMs, jitterMs, packetLossPercentage, duplicatePacketPercentage, bandwidthKbps } = draft;
  const others = Object.keys(draft).filter((path) => path.includes('.') || path === 'routingProfile');
  return [
    logShare(numberOf(latencyMs), 0.5, 2000),
    logShare(numberOf(jitterMs), 0.2, 500),
    logShare(numberOf(packetLossPercentage), 0.0001, 1),
    logShare(numberOf(duplicatePacketPercentage), 0.0001, 1),
    bandwidthKbps === undefined ? 0 : 1 - logShare(numberOf(bandwidthKbps), 32, 10_000_000),
    Math.min(1, others.length / 6),
  ];
}

const HEIGHT = 18;
const PITCH = 5;

export function Glyph({ fields }: { fields: WrittenFields | undefined }) {
  const bars = fields === undefined ? [] : severities(fields);
  return (
    <svg
      class="glyph"
      viewBox={`0 0 ${6 * PITCH} ${HEIGHT}`}
      width={6 * PITCH}
      height={HEIGHT}
      aria-hidden="true"
      focusable="false"
    >
      {[0, 1, 2, 3, 4, 5].map((bar) => {
        const share = bars[bar] ?? 0;
        const height = Math.max(2, Math.round(share * HEIGHT));
        const level = share === 0 ? 'none' : share < 0.45 ? 'mild' : share < 0.75 ? 'some' : 'much';
        return (
          <rect
            key={bar}
            x={bar * PITCH}
            y={HEIGHT - height}
            width="3.5"
            height={height}
            rx="1"
            class={`bar-${level}`}
          />
        );
      })}
    </svg>
  );
}

/** `40 ms ± 3 · 0.2 % loss · 50 Mbit/s`. */
export function summaryOf(fields: WrittenFields): string {
  const draft = draftOf(fields);
  const { latencyMs, jitterMs, packetLossPercentage, duplicatePacketPercentage, bandwidthKbps, mtu } = draft;
  const words: string[] = [];
  if (latencyMs || jitterMs) words.push(`${latencyMs ?? 0} ms${jitterMs ? ` ± ${jitterMs}` : ''}`);
  if (numberOf(packetLossPercentage) > 0) words.push(`${percent(numberOf(packetLossPercentage))} loss`);
  if (numberOf(duplicatePacketPercentage) > 0)
    words.push(`${percent(numberOf(duplicatePacketPercentage))} twice`);
  if (bandwidthKbps !== undefined) words.push(rate(numberOf(bandwidthKbps) * 1000));
  if (mtu !== undefined && mtu !== 1500) words.push(`MTU ${mtu}`);
  if (draft['routingProfile'] !== undefined && draft['routingProfile'] !== 'Static')
    words.push(String(draft['routingProfile']));
  const groups = new Set(
    Object.keys(draft).flatMap((path) => (path.includes('.') ? [path.split('.')[0]] : [])),
  );
  for (const group of groups) if (words.length < 5) words.push(`${group} …`);
  return words.length === 0 ? 'does nothing' : words.join(' · ');
}
