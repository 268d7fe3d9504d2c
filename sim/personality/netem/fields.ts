/** Which fields of a personality are options of netem, and which one each is. */
import { ms } from '../../../engine/index.ts';
import { chancesFor, generalIntuitive } from '../loss-models/general-intuitive.ts';
import { gilbertElliott } from '../loss-models/gilbert-elliott.ts';
import { markov4 } from '../loss-models/markov4.ts';
import type { Params, Values } from '../params.ts';
import { bandwidthParams } from '../stages/bandwidth.ts';
import { corruptParams } from '../stages/corrupt.ts';
import { delayParams } from '../stages/delay.ts';
import { disorderParams } from '../stages/disorder.ts';
import { duplicateParams } from '../stages/duplicate.ts';
import { lossParams } from '../stages/loss.ts';
import { distTable, normalDist, paretoDist, paretonormalDist } from './dist-tables.ts';
import type { GilbertElliottOptions } from './gilbert-elliott.ts';
import { percent } from './integers.ts';
import type { FourStateOptions } from './loss-4state.ts';
import type { NetemLoss, NetemOptions } from './qdisc.ts';
import type { RateOptions } from './rate.ts';
import { MOST_JITTER } from './tabledist.ts';

/** What tc sends when `limit` is not given. */
export const DEFAULT_LIMIT = 1000;

const pick = <P extends Params, const Path extends keyof P>(params: P, ...paths: Path[]): Pick<P, Path> =>
  Object.fromEntries(paths.map((path) => [path, params[path]])) as Pick<P, Path>;

/** The stages whose work netem does. */
export const NETEM_REPLACES = ['loss', 'duplicate', 'corrupt', 'queue', 'bandwidth', 'delay', 'disorder'];

/** Loss models that netem has, or that are one of its own in other words. */
export const NETEM_LOSS_MODELS = ['random', 'gilbertElliott', 'burst', 'markov4', 'generalIntuitive'];

export const netemReads = {
  ...delayParams,
  ...pick(disorderParams, 'jitter.preserveOrder', 'reorder.percentage', 'reorder.correlation', 'reorder.gap'),
  ...pick(lossParams, 'packetLossPercentage', 'loss.model', 'loss.correlation', 'loss.ecn'),
  ...gilbertElliott.params,
  ...markov4.params,
  ...generalIntuitive.params,
  ...duplicateParams,
  ...pick(corruptParams, 'corrupt.percentage', 'corrupt.correlation'),
  ...pick(
    bandwidthParams,
    'bandwidthKbps',
    'bandwidth.queuePackets',
    'bandwidth.overheadBytes',
    'bandwidth.cellBytes',
    'bandwidth.cellOverheadBytes',
    'bandwidth.slotMinMs',
    'bandwidth.slotMaxMs',
    'bandwidth.slotPackets',
    'bandwidth.slotBytes',
  ),
} as const;

export type NetemValues = Values<typeof netemReads>;

/** The options that say in netem's words what the fields say; packets are as long as IP says, as on a device without a link layer. */
export function netemOptions(values: NetemValues): NetemOptions {
  const reorder = percent(values['reorder.percentage']);
  return {
    latency: ms(values.latencyMs),
    jitter: Math.min(ms(values.jitterMs), MOST_JITTER),
    delayCorrelation: percent(values['jitter.correlation']),
    delayTable: delayTable(values),
    limit: values['bandwidth.queuePackets'] ?? DEFAULT_LIMIT,
    loss: lossOf(values),
    ecn: values['loss.ecn'],
    duplicate: percent(values.duplicatePacketPercentage),
    duplicateCorrelation: percent(values['duplicate.correlation']),
    corrupt: percent(values['corrupt.percentage']),
    corruptCorrelation: percent(values['corrupt.correlation']),
    reorder,
    reorderCorrelation: percent(values['reorder.correlation']),
    gap: reorder > 0 ? values['reorder.gap'] : 0,
    rate: rateOf(values),
    slot: {
      min: ms(values['bandwidth.slotMinMs']),
      max: ms(Math.max(values['bandwidth.slotMinMs'], values['bandwidth.slotMaxMs'])),
      packets: values['bandwidth.slotPackets'],
      bytes: values['bandwidth.slotBytes'],
    },
  };
}

/** tc cuts the rate to whole bytes a second, and the kernel takes 0 for no rate. */
function rateOf(values: NetemValues): RateOptions | null {
  const rate = Math.floor(((values.bandwidthKbps ?? 0) * 1000) / 8);
  if (rate === 0) return null;
  return {
    rate,
    packetOverhead: values['bandwidth.overheadBytes'],
    cellSize: values['bandwidth.cellBytes'],
    cellOverhead: values['bandwidth.cellOverheadBytes'],
  };
}

function delayTable(values: NetemValues): Int16Array | null {
  switch (values['jitter.distribution']) {
    case 'normal':
      return normalDist();
    case 'pareto':
      return paretoDist();
    case 'paretonormal':
      return paretonormalDist();
    case 'table':
      return values['jitter.table'] === undefined ? null : distTable(values['jitter.table']);
    case 'uniform':
      return null;
  }
}

function lossOf(values: NetemValues): NetemLoss {
  const loss = values.packetLossPercentage;
  switch (values['loss.model']) {
    case 'gilbertElliott': {
      const p = values['loss.p'];
      const [h, k] = [values['loss.h'], values['loss.k']];
      return { model: 'gemodel', ...gemodel(p, values['loss.r'] ?? 1 - p, 1 - h, 1 - k) };
    }
    case 'burst': {
      const length = values['loss.meanBurst'] ?? 1;
      return { model: 'gemodel', ...gemodel(loss / (length * (1 - loss)), 1 / length, 1, 0) };
    }
    case 'markov4': {
      const p13 = values['loss.p13'];
      return {
        model: 'state',
        ...state({
          p13,
          p31: values['loss.p31'] ?? 1 - p13,
          p32: values['loss.p32'],
          p23: values['loss.p23'],
          p14: values['loss.p14'],
        }),
      };
    }
    case 'generalIntuitive': {
      const chances = chancesFor({
        loss,
        meanBurst: values['loss.meanBurst'] ?? 1,
        density: values['loss.density'],
        isolated: values['loss.isolated'],
        meanGoodRun: values['loss.meanGoodRun'],
      });
      return { model: 'state', ...state(chances) };
    }
    default:
      return {
        model: 'random',
        probability: percent(loss),
        correlation: percent(values['loss.correlation'] ?? 0),
      };
  }
}

/** tc takes 1-h and 1-k, and turns 1-h back into h. */
const gemodel = (p: number, r: number, oneMinusH: number, oneMinusK: number): GilbertElliottOptions => ({
  p: percent(p),
  r: percent(r),
  h: percent(1) - percent(oneMinusH),
  k1: percent(oneMinusK),
});

const state = ({ p13, p31, p32, p23, p14 }: FourStateOptions): FourStateOptions => ({
  p13: percent(p13),
  p31: percent(p31),
  p32: percent(p32),
  p23: percent(p23),
  p14: percent(p14),
});
