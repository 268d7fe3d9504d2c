/** How losses lie among a flow's packets: RFC 3357. Does not count them. */

/** Losses are noticeable when at most so far from the one before: RFC 3357, 6.1, whose example has this number. */
export const NOTICEABLE_DISTANCE = 99;

/** In packets, from one number to the next that it is about: neighbours are 1 apart. */
export interface Distances {
  readonly min: number;
  readonly mean: number;
}

/** What was counted of a flow. A burst is a run of consecutive losses: the RFC's loss period. */
export interface LossCounts {
  readonly losses: number;
  readonly bursts: number;
  readonly longest: number;
  /** The numbers of the first and the last packet that was lost. */
  readonly first: number;
  readonly last: number;
  /** The least distance from the last loss of a burst to the first of the next. */
  readonly closest: number;
  /** How many such distances are at most {@link NOTICEABLE_DISTANCE}. */
  readonly close: number;
}

export interface LossPattern {
  /** Lengths of the bursts, and how many there are. 0 without any. */
  readonly burst: { readonly mean: number; readonly max: number; readonly count: number };
  /** Between each two successive losses (5.2); null with fewer. */
  readonly lossDistance: Distances | null;
  /** From the last loss of a burst to the first of the next (6.4, inter-loss-period length); null with fewer than two. */
  readonly burstDistance: Distances | null;
  /** The share of the losses that are at most {@link NOTICEABLE_DISTANCE} from the one before (6.1). 0 without any. */
  readonly noticeableLoss: number;
}

export function lossPattern({
  losses,
  bursts,
  longest,
  first,
  last,
  closest,
  close,
}: LossCounts): LossPattern {
  // Distances add up to the one from the first to the last; those within bursts are all 1.
  const within = losses - bursts;
  const between = last - first - within;
  return {
    burst: { mean: losses === 0 ? 0 : losses / bursts, max: longest, count: bursts },
    lossDistance: losses < 2 ? null : { min: longest > 1 ? 1 : closest, mean: (last - first) / (losses - 1) },
    burstDistance: bursts < 2 ? null : { min: closest, mean: between / (bursts - 1) },
    noticeableLoss: losses === 0 ? 0 : (within + close) / losses,
  };
}
