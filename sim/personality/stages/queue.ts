/** The queue in front of a VM, told packet by packet: whatever the line cannot compute when a packet arrives. */
import { QueueGate } from '../service/queue-gate.ts';
import { needsQueueGate } from '../service/settings.ts';
import { DRAWS_PER_PACKET } from '../service/waiting-room.ts';
import { defineGate } from '../stage.ts';
import { bandwidthParams, bandwidthReads } from './bandwidth.ts';

export const queue = defineGate({
  name: 'queue',
  summary: 'Queues packets by a discipline, and lets them go by tokens, a wire, slots or a trace.',
  params: {},
  reads: { ...bandwidthParams, ...bandwidthReads },
  replaces: ['bandwidth'],
  drawsPerPacket: DRAWS_PER_PACKET,
  active: needsQueueGate,
  create: (tools) => new QueueGate(tools),
});
