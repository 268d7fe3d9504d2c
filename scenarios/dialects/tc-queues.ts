/** The options of tbf and of the queues that may hang below it (iproute2 tc/q_*.c) as fields of a personality. */
import { tidy } from './dialect.ts';
import { ETHERNET, type Fields, type Part } from './tc-netem.ts';
import { leastBucketBytes } from './tc-queue.ts';
import type { OptionWords } from './tc-words.ts';

const MTU = 1500;

const QUEUES: Readonly<Record<string, (words: OptionWords) => Fields>> = {
  tbf: readTbf,
  codel: (words) => readCodel(words, 'codel'),
  fq_codel: (words) => readCodel(words, 'fqCodel'),
  pie: readPie,
  red: readRed,
  prio: readPrio,
  drr: (words) => {
    words.readAll({});
    return { 'bandwidth.discipline': 'drr' };
  },
  pfifo: (words) => readFifo(words, {}, 'bandwidth.queuePackets'),
  bfifo: (words) => readFifo(words, {}, 'bandwidth.queueBytes'),
  pfifo_head_drop: (words) =>
    readFifo(words, { 'bandwidth.discipline': 'drophead' }, 'bandwidth.queuePackets'),
};

export const readQueue = (words: OptionWords): Part => ({ fields: QUEUES[words.kind]?.(words) ?? {} });

/** tc-tbf(8). What it refuses is refused here. */
function readTbf(words: OptionWords): Fields {
  const fields: Fields = { 'bandwidth.model': 'tokenBucket' };
  const given: {
    rate?: number;
    burst?: number;
    limit?: number;
    latency?: number;
    peak?: number;
    mtu?: number;
  } = {};
  const burst = (): void => {
    given.burst = words.sizeAndCell();
  };
  const mtu = (): void => {
    given.mtu = words.sizeAndCell();
  };
  words.readAll({
    limit() {
      given.limit = words.size();
    },
    latency() {
      given.latency = words.time();
    },
    burst,
    buffer: burst,
    maxburst: burst,
    mtu,
    minburst: mtu,
    mpu() {
      if (words.size() > 0) words.note('left out', 'a packet counts as what it is, however small');
    },
    rate() {
      given.rate = words.rate();
    },
    peakrate() {
      given.peak = words.rate();
    },
    overhead() {
      fields['bandwidth.overheadBytes'] = words.number();
    },
    linklayer() {
      const layer = words.word('ethernet, atm or adsl');
      if (layer === 'atm' || layer === 'adsl')
        Object.assign(fields, { 'bandwidth.cellBytes': 48, 'bandwidth.cellOverheadBytes': 5 });
      else if (layer !== undefined && layer !== 'ethernet')
        words.problem(JSON.stringify(layer), 'ethernet, atm or adsl');
    },
  });
  const { rate, burst: depth, limit, latency, peak } = given;
  if (!(rate !== undefined && rate !== 0)) words.problem('nothing', 'a rate, which tbf needs', 'rate');
  if (!(depth !== undefined && depth !== 0)) words.problem('nothing', 'a burst, which tbf needs', 'burst');
  if (limit === undefined && latency === undefined)
    words.problem('nothing', 'limit or latency, one of which tbf needs', 'limit');
  if (limit !== undefined && latency !== undefined)
    words.problem('limit and latency', 'one of the two: they say the same', 'limit');
  if (peak !== undefined && given.mtu === undefined)
    words.problem('peakrate without mtu', 'mtu, which tbf needs with a peakrate', 'mtu');
  if (rate === undefined || depth === undefined) return fields;
  fields['bandwidthKbps'] = rate;
  if (depth < MTU) {
    words.note(
      'interpreted',
      `raised to the MTU, ${MTU}: packets larger than the bucket never leave it (tbf drops them)`,
      `burst of ${depth} bytes`,
    );
  } else if (depth > leastBucketBytes(fields)) fields['bandwidth.burstBytes'] = depth;
  if (peak !== undefined) fields['bandwidth.peakKbps'] = peak;
  if (given.mtu !== undefined && (given.mtu < MTU || given.mtu > leastBucketBytes(fields))) {
    words.note('left out', "the peak rate's bucket holds one MTU", `mtu of ${given.mtu} bytes`);
  }
  // As tc/q_tbf.c turns a latency into a limit: what leaves in that time, and a bucketful.
  const bytes =
    limit ??
    Math.floor(
      Math.min(
        (rate / 8) * (latency ?? 0) + depth,
        peak === undefined ? Infinity : (peak / 8) * (latency ?? 0) + (given.mtu ?? MTU),
      ),
    );
  if (Number.isFinite(bytes)) fields['bandwidth.queueBytes'] = bytes;
  if (fields['bandwidth.overheadBytes'] === undefined) words.note('interpreted', ETHERNET, `the rate of tbf`);
  return fields;
}

function readFifo(words: OptionWords, fields: Fields, path: string): Fields {
  words.readAll({
    limit() {
      fields[path] = path === 'bandwidth.queueBytes' ? words.size() : words.count();
    },
  });
  return fields;
}

/** RFC 8289, RFC 8290. fq_codel marks by default, codel does not. */
function readCodel(words: OptionWords, discipline: 'codel' | 'fqCodel'): Fields {
  const fields: Fields = { 'bandwidth.discipline': discipline };
  const leave = (why: string) => (): void => {
    words.word('a value');
    words.note('left out', why);
  };
  words.readAll({
    limit() {
      fields['bandwidth.queuePackets'] = words.count();
    },
    target() {
      fields['bandwidth.targetMs'] = words.time();
    },
    interval() {
      fields['bandwidth.intervalMs'] = words.time();
    },
    ecn() {
      if (discipline === 'codel') fields['bandwidth.ecn'] = true;
    },
    noecn() {
      if (discipline === 'fqCodel') fields['bandwidth.ecn'] = false;
    },
    ce_threshold: leave('there is no second threshold for marks'),
    ...(discipline === 'codel'
      ? {}
      : {
          flows() {
            fields['bandwidth.flows'] = words.count();
          },
          quantum() {
            fields['bandwidth.quantumBytes'] = words.count();
          },
          memory_limit: leave('memory is not limited'),
          ce_threshold_selector: leave('there is no second threshold for marks'),
          drop_batch: leave('always 64, as by default'),
        }),
  });
  return fields;
}

/** RFC 8033. */
function readPie(words: OptionWords): Fields {
  const fields: Fields = { 'bandwidth.discipline': 'pie' };
  const constant = (name: string, usual: number) => (): void => {
    if (words.count() !== usual) words.note('left out', `${name} is that of RFC 8033`);
  };
  words.readAll({
    limit() {
      fields['bandwidth.queuePackets'] = words.count();
    },
    target() {
      fields['bandwidth.targetMs'] = words.time();
    },
    tupdate() {
      fields['bandwidth.updateMs'] = words.time();
    },
    // In sixteenths: 2 is 0.125, 20 is 1.25.
    alpha: constant('alpha', 2),
    beta: constant('beta', 20),
    ecn() {
      fields['bandwidth.ecn'] = true;
    },
    noecn: () => {},
    bytemode: () => words.note('left out', 'drops are drawn per packet, whatever its size'),
    nobytemode: () => {},
    dq_rate_estimator: () => words.note('left out', 'the delay is measured'),
    no_dq_rate_estimator: () => {},
  });
  return fields;
}

/** Thresholds in bytes become packets of `avpkt` bytes; the weight is that of tc/tc_red.c. */
function readRed(words: OptionWords): Fields {
  const given: { limit?: number; min?: number; max?: number; avpkt?: number; burst?: number } = {};
  const fields: Fields = { 'bandwidth.discipline': 'red', 'bandwidth.redGentle': false };
  const adaptive = (): void => {
    fields['bandwidth.discipline'] = 'ared';
  };
  words.readAll({
    limit() {
      given.limit = words.size();
    },
    min() {
      given.min = words.size();
    },
    max() {
      given.max = words.size();
    },
    avpkt() {
      given.avpkt = words.size();
    },
    burst() {
      given.burst = words.count();
    },
    probability() {
      fields['bandwidth.redMaxProbability'] = words.number();
    },
    bandwidth() {
      words.rate();
      words.note('left out', 'the average decays in idle times by the rate of the personality');
    },
    ecn() {
      fields['bandwidth.ecn'] = true;
    },
    harddrop: () => {},
    nodrop: () => words.note('left out', 'packets that cannot be marked are dropped'),
    adaptive,
    adaptative: adaptive,
  });
  const { limit, avpkt } = given;
  if (!limit) words.problem('nothing', 'a limit, which red needs', 'limit');
  if (!avpkt) words.problem('nothing', 'avpkt, which red needs', 'avpkt');
  if (!limit || !avpkt) return fields;
  const max = given.max || (given.min ? given.min * 3 : Math.floor(limit / 4));
  const min = given.min || Math.floor(max / 3);
  const burst = given.burst || Math.floor((2 * min + max) / (3 * avpkt));
  const weight = redWeight(min / avpkt, burst);
  if (weight === null) words.problem(`burst ${burst}`, `at least ${1 + Math.floor(min / avpkt)}`, 'burst');
  else fields['bandwidth.redWeight'] = weight;
  fields['bandwidth.queueBytes'] = limit;
  fields['bandwidth.redMin'] = tidy(min / avpkt);
  fields['bandwidth.redMax'] = tidy(max / avpkt);
  return fields;
}

/** The largest power of a half W with burst + 1 - min <= (1 - (1 - W)^burst) / W; null when there is none. `min` in packets. */
export function redWeight(min: number, burst: number): number | null {
  const packets = burst + 1 - min;
  if (packets < 1) return null;
  for (let weight = 0.5; weight > 2 ** -32; weight /= 2) {
    if (packets <= (1 - (1 - weight) ** burst) / weight) return weight;
  }
  return null;
}

function readPrio(words: OptionWords): Fields {
  const fields: Fields = { 'bandwidth.discipline': 'prio' };
  words.readAll({
    bands() {
      const bands = words.count();
      if (bands !== 3) fields['bandwidth.bands'] = bands;
    },
    priomap() {
      while (words.nextIsNumber()) words.count();
      words.note('interpreted', 'packets are put into bands by their DSCP, not by a map');
    },
    multiqueue: () => {},
  });
  return fields;
}
