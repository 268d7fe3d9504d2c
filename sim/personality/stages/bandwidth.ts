/** Rate, burst and queue in front of a VM: a token bucket, or a wire that carries one packet at a time. */
import { NO_LIMIT } from '../line.ts';
import { defineLine } from '../stage.ts';
import { delayParams } from './delay.ts';
import { mtuParams } from './mtu.ts';

/** The queue is never shorter than this, however slow the link. */
export const LEAST_QUEUE_PACKETS = 30;

export const bandwidth = defineLine({
  name: 'bandwidth',
  summary: 'Limits the rate towards the VM; packets that find the queue full are dropped.',
  params: {
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
      help: "The token bucket's depth; default: one MTU.",
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
  },
  // The default sizes depend on them.
  reads: { ...mtuParams, ...delayParams },
  active: (values) => values.bandwidthKbps !== undefined,
  configure(line, values) {
    const kbps = values.bandwidthKbps;
    if (kbps === undefined) {
      line.configureBandwidth(NO_LIMIT);
      return;
    }
    const rate = Math.max(1, Math.floor(kbps * 1000 + 0.5));
    const packets = values['bandwidth.queuePackets'];
    const bytes = values['bandwidth.queueBytes'];
    const duration = values['bandwidth.queueMs'];
    const limited = packets !== undefined || bytes !== undefined || duration !== undefined;
    const perMs = rate / 8000;
    const byDefault = Math.max(
      Math.floor(1.5 * perMs * Math.max(100, 2 * values.latencyMs)),
      LEAST_QUEUE_PACKETS * values.mtu,
    );
    line.configureBandwidth({
      model: values['bandwidth.model'],
      rate,
      burstBytes: values['bandwidth.burstBytes'] ?? values.mtu,
      queuePackets: packets ?? Infinity,
      queueBytes: limited
        ? Math.min(bytes ?? Infinity, duration === undefined ? Infinity : Math.floor(perMs * duration))
        : byDefault,
    });
  },
});
