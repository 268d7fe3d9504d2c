/** Rate, burst and queue in front of a VM: a token bucket, or a wire that carries one packet at a time. */
import type { BandwidthSettings } from '../line.ts';
import { NO_LIMIT } from '../line.ts';
import type { Values } from '../params.ts';
import { defineLine } from '../stage.ts';
import { delayParams } from './delay.ts';
import { mtuParams } from './mtu.ts';

/** The queue is never shorter than this, however slow the link. */
export const LEAST_QUEUE_PACKETS = 30;

export const bandwidthParams = {
  bandwidthKbps: {
    kind: 'kilobits',
    identity: undefined,
    min: 0,
    aboveMin: true,
    max: 400_000_000,
    help: 'Rate towards the VM in kbit/s (1 kbit = 1,000 bit), counted on IP packets; absent: no limit. Rounded to whole bit/s.',
  },
  'bandwidth.model': {
    kind: 'choice',
    identity: 'tokenBucket',
    choices: ['tokenBucket', 'serialize'],
    help: 'tokenBucket: packets leave as soon as there are tokens. serialize: a wire, each packet takes size/rate.',
  },
  'bandwidth.burstBytes': {
    kind: 'bytes',
    identity: undefined,
    min: 68,
    max: 2 ** 32,
    help: "The token bucket's depth; default: one MTU, with slots what the rate brings in the longest of them if that is more.",
  },
  'bandwidth.queueBytes': {
    kind: 'bytes',
    identity: undefined,
    min: 0,
    max: 2 ** 40,
    help: 'So many bytes may wait. Default, unless another queue limit is given: 1.5 x rate x max(100 ms, 2 x latency), at least 30 packets.',
  },
  'bandwidth.queuePackets': {
    kind: 'count',
    identity: undefined,
    min: 0,
    max: 2 ** 24,
    help: 'So many packets may wait.',
  },
  'bandwidth.queueMs': {
    kind: 'milliseconds',
    identity: undefined,
    min: 0,
    max: 3_600_000,
    help: 'So long a queue may be at the present rate, in ms of sending.',
  },
  'bandwidth.peakKbps': {
    kind: 'kilobits',
    identity: undefined,
    min: 0,
    aboveMin: true,
    max: 400_000_000,
    help: "Rate within the token bucket's bursts, by a second bucket of one MTU (RFC 2698, tc-tbf); absent: bursts leave at once.",
  },
  'bandwidth.overheadBytes': {
    kind: 'count',
    identity: 0,
    min: -1500,
    max: 65535,
    help: 'Bytes that each packet takes on the link beside the IP packet, such as 38 for Ethernet; may be negative.',
  },
  'bandwidth.cellBytes': {
    kind: 'bytes',
    identity: 0,
    min: 0,
    max: 65535,
    help: 'The link carries whole cells with so many bytes of payload each: 48 for ATM. 0: no cells.',
  },
  'bandwidth.cellOverheadBytes': {
    kind: 'bytes',
    identity: 0,
    min: 0,
    max: 65535,
    help: 'Bytes that each cell takes beside its payload: 5 for ATM.',
  },
  'bandwidth.slotMinMs': {
    kind: 'milliseconds',
    identity: 0,
    min: 0,
    max: 3_600_000,
    help: 'Packets gather and leave together in slots (Wi-Fi, LTE, DOCSIS): a slot takes at least so long to come, in ms.',
  },
  'bandwidth.slotMaxMs': {
    kind: 'milliseconds',
    identity: 0,
    min: 0,
    max: 3_600_000,
    help: 'A slot takes at most so long to come, in ms; default: always the least time.',
  },
  'bandwidth.slotPackets': {
    kind: 'count',
    identity: 0,
    min: 0,
    max: 2 ** 24,
    help: 'So many packets leave in a slot; 0: all that wait.',
  },
  'bandwidth.slotBytes': {
    kind: 'bytes',
    identity: 0,
    min: 0,
    max: 2 ** 32,
    help: 'A slot is over with the packet that reaches so many bytes on the link; 0: no limit.',
  },
  'bandwidth.trace': {
    kind: 'numbers',
    reader: 'mahimahi',
    identity: undefined,
    min: 0,
    max: 86_400_000,
    whole: true,
    order: 'nonDecreasing',
    help: 'Instead of a rate: ms at which the link carries 1500 bytes, counted from when the trace comes into force, again and again (mahimahi).',
  },
  'bandwidth.discipline': {
    kind: 'choice',
    identity: 'droptail',
    choices: ['droptail', 'drophead', 'red', 'ared', 'codel', 'fqCodel', 'pie', 'prio', 'drr'],
    help: 'Who waits where, and who is dropped when: a plain queue, active queue management, or queues by flow or class.',
  },
  'bandwidth.ecn': {
    kind: 'boolean',
    identity: undefined,
    help: 'ECN-capable packets are marked where active queue management drops others (RFC 3168); default: only with fqCodel.',
  },
  'bandwidth.targetMs': {
    kind: 'milliseconds',
    identity: undefined,
    min: 0,
    aboveMin: true,
    max: 3_600_000,
    help: 'Delay in the queue, in ms, that codel and fqCodel (default 5), pie (15) and ared (5) aim at.',
  },
  'bandwidth.intervalMs': {
    kind: 'milliseconds',
    identity: undefined,
    min: 0,
    aboveMin: true,
    max: 3_600_000,
    help: 'Of codel and fqCodel: so long the delay has to stay above the target, in ms; default 100.',
  },
  'bandwidth.flows': {
    kind: 'count',
    identity: undefined,
    min: 1,
    max: 65536,
    help: 'Of fqCodel and drr: queues that flows are spread over; default 1024.',
  },
  'bandwidth.quantumBytes': {
    kind: 'bytes',
    identity: undefined,
    min: 1,
    max: 2 ** 20,
    help: 'Of fqCodel and drr: what a flow may send in a round; default 1514.',
  },
  'bandwidth.redMin': {
    kind: 'number',
    identity: undefined,
    min: 0,
    max: 2 ** 24,
    help: 'Of red and ared: average queue in packets from which on packets are dropped; 0: from the target and the rate.',
  },
  'bandwidth.redMax': {
    kind: 'number',
    identity: undefined,
    min: 0,
    max: 2 ** 24,
    help: 'Of red and ared: average queue in packets at which the chance of a drop is the largest; 0: from the target and the rate.',
  },
  'bandwidth.redWeight': {
    kind: 'probability',
    identity: undefined,
    help: 'Of red and ared: share of the present queue in the average; 0: from the rate.',
  },
  'bandwidth.redMaxProbability': {
    kind: 'probability',
    identity: undefined,
    help: 'Of red and ared: chance of a drop where the average reaches redMax.',
  },
  'bandwidth.redGentle': {
    kind: 'boolean',
    identity: undefined,
    help: 'Of red and ared: between redMax and twice that the chance grows on to 1 instead of jumping there; default true.',
  },
  'bandwidth.updateMs': {
    kind: 'milliseconds',
    identity: undefined,
    min: 0,
    aboveMin: true,
    max: 3_600_000,
    help: 'Of pie: time between two computations of its chance of a drop, in ms; default 15.',
  },
  'bandwidth.burstAllowanceMs': {
    kind: 'milliseconds',
    identity: undefined,
    min: 0,
    max: 3_600_000,
    help: 'Of pie: bursts of this length pass, in ms; default 150.',
  },
  'bandwidth.bands': {
    kind: 'count',
    identity: undefined,
    min: 1,
    max: 8,
    help: 'Of prio: classes of packets, by their DSCP; default 3.',
  },
} as const;

/** The default sizes depend on them. */
export const bandwidthReads = { ...mtuParams, ...delayParams } as const;

export type BandwidthValues = Values<typeof bandwidthParams & typeof bandwidthReads>;

/** Whole bit/s, at least 1; 0 for no rate. */
export const bitsPerSecond = (kbps: number | undefined): number =>
  kbps === undefined ? 0 : Math.max(1, Math.floor(kbps * 1000 + 0.5));

/** How much may wait for a link with that rate in bit/s. Infinity for no limit; without a rate only what was said counts. */
export function queueLimits(
  values: BandwidthValues,
  rate: number,
): Pick<BandwidthSettings, 'queueBytes' | 'queuePackets'> {
  const packets = values['bandwidth.queuePackets'];
  const bytes = values['bandwidth.queueBytes'];
  const duration = rate === 0 ? undefined : values['bandwidth.queueMs'];
  const perMs = rate / 8000;
  let queueBytes = bytes ?? Infinity;
  if (duration !== undefined) {
    queueBytes = Math.min(queueBytes, Math.floor(perMs * duration));
  } else if (bytes === undefined && packets === undefined && rate > 0) {
    queueBytes = Math.max(
      Math.floor(1.5 * perMs * Math.max(100, 2 * values.latencyMs)),
      LEAST_QUEUE_PACKETS * values.mtu,
    );
  }
  return { queueBytes, queuePackets: packets ?? Infinity };
}

export const bandwidth = defineLine({
  name: 'bandwidth',
  summary: 'Limits the rate towards the VM; packets that find the queue full are dropped.',
  params: bandwidthParams,
  reads: bandwidthReads,
  active: (values) => values.bandwidthKbps !== undefined,
  configure(line, values) {
    const rate = bitsPerSecond(values.bandwidthKbps);
    if (rate === 0) {
      line.configureBandwidth(NO_LIMIT);
      return;
    }
    line.configureBandwidth({
      model: values['bandwidth.model'],
      rate,
      burstBytes: values['bandwidth.burstBytes'] ?? values.mtu,
      ...queueLimits(values, rate),
    });
  },
});
