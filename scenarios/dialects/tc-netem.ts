/** netem's options (iproute2 tc/q_netem.c, net/sched/sch_netem.c) as fields of a personality. */
import type { ParamValue } from '../../sim/index.ts';
import { tidy } from './dialect.ts';
import { hasUnit } from './tc-units.ts';
import type { OptionWords } from './tc-words.ts';

export type Fields = Record<string, ParamValue>;

/** What one discipline says. */
export interface Part {
  readonly fields: Fields;
  /** netem's own, which counts delayed packets as well. */
  readonly limit?: number;
}

/** Our largest rate. A netem with it or a faster one limits nothing: such a rate is given to keep packets in order. */
export const NO_RATE_KBPS = 400_000_000;

const DISTRIBUTIONS = ['uniform', 'normal', 'pareto', 'paretonormal'];
export const FILTERED =
  "the share is kept exactly here, while netem's own filter makes hits far rarer than what it is told (loss 10% 25% loses 1.75 %); --compat does as netem";

export const NOT_DELAYS =
  'each delay resembles the one before here, while netem makes it of bits that its filter leaves as random as they were; --compat does as netem';

/** Reads one netem; `compat` leaves netem's own formulas to netemCompat. */
export function readNetem(words: OptionWords, compat: boolean): Part {
  const fields: Fields = {};
  const state: { limit?: number; delay?: number; gap?: number; ecn?: true; hasLoss?: true; slot?: true } = {};

  const time = (): number => {
    const isBare = words.peek() !== undefined && !hasUnit(words.peek() ?? '');
    const value = words.time();
    if (isBare && value > 0) {
      const why =
        'a time without a unit is read as microseconds, as tc(8) says; iproute2 from 6.9 on takes ns here';
      words.note('interpreted', why);
    }
    return value;
  };
  const correlation = (path: string): void => {
    if (!words.nextIsNumber()) return;
    const value = words.percent();
    if (!(value > 0)) return;
    fields[path] = value;
    if (!compat) words.note('interpreted', FILTERED);
  };
  const delay = (): void => {
    state.delay = time();
    fields['latencyMs'] = state.delay;
    if (!words.nextIsNumber()) return;
    fields['jitterMs'] = time();
    if (!words.nextIsNumber()) return;
    const value = words.percent();
    if (!(value > 0)) return;
    fields['jitter.correlation'] = value;
    if (!compat) words.note('interpreted', NOT_DELAYS);
  };
  const loss = (): void => {
    if (state.hasLoss) words.problem(words.words(), 'one loss model', 'loss');
    state.hasLoss = true;
    const model = words.peek();
    if (model === 'state' || model === 'gemodel') words.word('');
    if (model === 'state') lossState(words, fields);
    else if (model === 'gemodel') lossGilbertElliott(words, fields);
    else {
      words.skip('random');
      fields['packetLossPercentage'] = words.percent();
      correlation('loss.correlation');
    }
  };
  const distribution = (): void => {
    const name = words.word('the name of a distribution');
    if (name === undefined) return;
    if (DISTRIBUTIONS.includes(name)) {
      if (name !== 'uniform') fields['jitter.distribution'] = name;
      return;
    }
    fields['jitter.distribution'] = 'table';
    fields['jitter.table'] = `${name}.dist`;
    words.note('interpreted', `tc has ${name}.dist in its own folder; put it beside the scenario`);
  };
  const rate = (): void => {
    if (words.peek()?.includes('%') === true) {
      words.problem(JSON.stringify(words.word('')), 'a rate: the speed of the device is not known here');
      return;
    }
    const kbps = words.rate();
    words.skip('packetoverhead');
    const overhead = words.nextIsSigned() ? words.number() : 0;
    words.skip('cellsize');
    const cell = words.nextIsNumber() ? words.count() : 0;
    words.skip('celloverhead');
    const cellOverhead = words.nextIsSigned() ? words.number() : 0;
    if (kbps >= NO_RATE_KBPS) {
      // Reordering by jitter is what a netem without a rate does.
      fields['bandwidth.model'] = 'serialize';
      return;
    }
    if (kbps === 0) return;
    fields['bandwidthKbps'] = kbps;
    fields['bandwidth.model'] = 'serialize';
    if (overhead !== 0) fields['bandwidth.overheadBytes'] = overhead;
    if (cell !== 0) fields['bandwidth.cellBytes'] = cell;
    if (cellOverhead !== 0) fields['bandwidth.cellOverheadBytes'] = cellOverhead;
    if (overhead === 0) words.note('interpreted', ETHERNET);
  };
  const slot = (): void => {
    state.slot = true;
    if (words.skip('distribution')) slotDistribution(words, fields, time);
    else {
      const least = time();
      fields['bandwidth.slotMinMs'] = least;
      fields['bandwidth.slotMaxMs'] = words.nextIsNumber() ? time() : least;
      if (Number(fields['bandwidth.slotMaxMs']) < least)
        words.problem(words.words(), 'a longest delay that is not shorter than the shortest');
    }
    if (words.skip('packets')) setPositive(fields, 'bandwidth.slotPackets', words.count());
    if (words.skip('bytes')) setPositive(fields, 'bandwidth.slotBytes', words.size());
  };

  words.readAll({
    limit() {
      state.limit = words.size();
    },
    latency: delay,
    delay,
    loss,
    drop: loss,
    seed() {
      words.word('a number');
      words.note('left out', "a scenario's own `seed` decides all chance");
    },
    ecn() {
      state.ecn = true;
    },
    reorder() {
      fields['reorder.percentage'] = words.percent();
      correlation('reorder.correlation');
    },
    corrupt() {
      fields['corrupt.percentage'] = words.percent();
      correlation('corrupt.correlation');
    },
    gap() {
      state.gap = words.count();
    },
    duplicate() {
      fields['duplicatePacketPercentage'] = words.percent();
      correlation('duplicate.correlation');
    },
    distribution,
    rate,
    slot,
  });

  if (Number(fields['reorder.percentage'] ?? 0) > 0) {
    if (!state.delay)
      words.problem('reorder without a delay', 'a delay, which reordered packets skip', 'reorder');
    if (state.gap !== undefined && state.gap > 1) fields['reorder.gap'] = state.gap;
  } else if ((state.gap ?? 0) > 0) {
    words.problem(`gap ${state.gap} without reorder`, 'reorder with a percentage', 'gap');
  }
  if (state.ecn && !state.hasLoss) words.problem('ecn without loss', 'a loss, which marks replace', 'ecn');
  else if (state.ecn) fields['loss.ecn'] = true;
  if (fields['jitter.distribution'] !== undefined && !(Number(fields['jitterMs'] ?? 0) > 0)) {
    words.problem('distribution without jitter', 'a delay with jitter: delay 100ms 20ms', 'distribution');
  }
  settleOrder(words, fields, compat);
  if (!compat && Number(fields['duplicatePacketPercentage'] ?? 0) > 0 && state.hasLoss) {
    const why =
      'a lost packet is not duplicated here, and a copy is not lost; netem draws duplication first and loss again for the copy';
    words.note('interpreted', why, 'loss and duplicate');
  }
  return { fields, ...(state.limit === undefined ? {} : { limit: state.limit }) };
}

export const ETHERNET =
  'the rate counts IP packets here; tc also counts the 14 bytes of an Ethernet header, as overheadBytes 14 would';

/** A netem with a rate keeps packets in order; one without lets jitter reorder them. */
function settleOrder(words: OptionWords, fields: Fields, compat: boolean): void {
  const hasRate = fields['bandwidth.model'] === 'serialize';
  if (fields['bandwidthKbps'] === undefined) delete fields['bandwidth.model'];
  if (compat || hasRate || !(Number(fields['jitterMs'] ?? 0) > 0)) return;
  fields['jitter.preserveOrder'] = false;
  const why = 'netem lets jitter reorder packets; take preserveOrder away for a line that keeps their order';
  words.note('interpreted', why, 'delay with jitter');
}

/** Defaults as in tc/q_netem.c. */
function lossState(words: OptionWords, fields: Fields): void {
  const defaults = [undefined, undefined, 0, 1, 0];
  fields['loss.model'] = 'markov4';
  ['p13', 'p31', 'p32', 'p23', 'p14'].forEach((name, index) => {
    const isLabelled = words.skip(name);
    const isGiven = index === 0 || isLabelled || words.nextIsNumber();
    const otherwise = index === 1 ? tidy(1 - Number(fields['loss.p13'])) : defaults[index];
    fields[`loss.${name}`] = isGiven ? words.percent() : (otherwise ?? Number.NaN);
  });
}

/** netem takes the chances of loss in the bad and the good state, 1-h and 1-k. */
function lossGilbertElliott(words: OptionWords, fields: Fields): void {
  fields['loss.model'] = 'gilbertElliott';
  words.skip('p');
  const p = words.percent();
  fields['loss.p'] = p;
  fields['loss.r'] = words.skip('r') || words.nextIsNumber() ? words.percent() : tidy(1 - p);
  fields['loss.h'] = words.skip('1-h') || isPercentage(words) ? tidy(1 - words.percent()) : 0;
  fields['loss.k'] = words.skip('1-k') || isPercentage(words) ? tidy(1 - words.percent()) : 1;
}

const isPercentage = (words: OptionWords): boolean => words.nextIsNumber();

function slotDistribution(words: OptionWords, fields: Fields, time: () => number): void {
  const name = words.word('the name of a distribution');
  const delay = time();
  const jitter = time();
  fields['bandwidth.slotMinMs'] = tidy(Math.max(0, delay - jitter));
  fields['bandwidth.slotMaxMs'] = tidy(delay + jitter);
  if (name !== 'uniform') words.note('interpreted', 'slots are uniform here, over the same delay and jitter');
}

/** 0 means no limit. */
function setPositive(fields: Fields, path: string, value: number): void {
  if (value !== 0) fields[path] = value;
}
