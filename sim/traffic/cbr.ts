/** Packets at a constant rate. */
import { defineTraffic, SINK } from './definition.ts';
import { StreamSource } from './stream.ts';

export const cbr = defineTraffic({
  name: 'cbr',
  summary: 'One packet every interval, all of one size.',
  transactional: false,
  roams: false,
  create: (spec, ground) => new StreamSource(spec, ground),
  receive: () => SINK,
});
