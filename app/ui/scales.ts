/** Sliders: from a position to a value and back. Small values need as much room as large ones, so most scales are logarithmic. */

/** Of every slider; 0 is its left end. */
export const POSITIONS = 1000;

export interface Scale {
  /** undefined: the field is absent. */
  valueAt(position: number): number | undefined;
  /** Values beyond an end are at that end. */
  positionOf(value: number | undefined): number;
}

const clamped = (position: number): number => Math.round(Math.min(POSITIONS, Math.max(0, position)));
const rounded = (value: number): number => Number(value.toPrecision(2));

/** The left end is 0, the rest goes from `least` to `most`, by factors. */
function fromZero(least: number, most: number): Scale {
  const decades = Math.log10(most / least);
  // So much of the slider is 0: enough to hit it.
  const zero = 20;
  return {
    valueAt: (position) =>
      position < zero ? 0 : rounded(least * 10 ** ((decades * (position - zero)) / (POSITIONS - zero))),
    positionOf: (value = 0) =>
      value < least ? 0 : clamped(zero + ((POSITIONS - zero) * Math.log10(value / least)) / decades),
  };
}

/** By factors; the right end is no limit. */
function toNoLimit(least: number, most: number): Scale {
  const decades = Math.log10(most / least);
  const room = POSITIONS - 20;
  return {
    valueAt: (position) =>
      position > room ? undefined : rounded(least * 10 ** ((decades * position) / room)),
    positionOf: (value) =>
      value === undefined ? POSITIONS : Math.min(room, clamped((room * Math.log10(value / least)) / decades)),
  };
}

function steps(least: number, most: number, step: number, absent: number): Scale {
  return {
    valueAt: (position) => least + Math.round(((most - least) * position) / POSITIONS / step) * step,
    positionOf: (value = absent) => clamped((POSITIONS * (value - least)) / (most - least)),
  };
}

export const SCALES: Readonly<Record<string, Scale>> = {
  latencyMs: fromZero(0.1, 10_000),
  jitterMs: fromZero(0.1, 10_000),
  packetLossPercentage: fromZero(1e-4, 1),
  duplicatePacketPercentage: fromZero(1e-4, 1),
  bandwidthKbps: toNoLimit(8, 10_000_000),
  mtu: steps(68, 9068, 4, 1500),
};
