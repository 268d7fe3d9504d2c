/** One-way delay and its variation (RFC 7679, RFC 5481). Order is kept: no packet overtakes the one before it. */
import { ms } from '../../../engine/index.ts';
import { NO_DELAY } from '../delays.ts';
import { defineLine } from '../stage.ts';

export const delayParams = {
  latencyMs: {
    kind: 'milliseconds',
    identity: 0,
    min: 0,
    max: 3_600_000,
    help: 'One-way delay towards the VM, in ms.',
  },
  jitterMs: {
    kind: 'milliseconds',
    identity: 0,
    min: 0,
    max: 3_600_000,
    help: 'The delay varies uniformly by up to this, either way; a sum below 0 is delivered at once and counted.',
  },
} as const;

export const delay = defineLine({
  name: 'delay',
  summary: 'Delays packets, each by its own draw, in order.',
  params: delayParams,
  reads: {},
  active: (values) => values.latencyMs > 0 || values.jitterMs > 0,
  configure(line, values) {
    const none = values.latencyMs === 0 && values.jitterMs === 0;
    line.configureDelay(none ? NO_DELAY : { latency: ms(values.latencyMs), jitter: ms(values.jitterMs) });
  },
});
