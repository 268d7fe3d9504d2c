/**
 * Linux's netem instead of our own stages, for those who compare with it. Reads the other stages' fields as tc would, and does their work:
 * same order, same arithmetic, same flaws. See `../netem/qdisc.ts` for whose, and what each flaw is.
 */
import { NETEM_REPLACES, netemOptions, netemReads } from '../netem/fields.ts';
import { NETEM_DRAWS, NetemQdisc } from '../netem/qdisc.ts';
import { defineGate } from '../stage.ts';

export const netem = defineGate({
  name: 'netem',
  summary:
    "Applies loss, duplication, corruption, delay and rate by the formulas of Linux's netem, with their flaws.",
  params: {
    netemCompat: {
      kind: 'boolean',
      identity: false,
      help: "true: what Linux's netem would do with these values, instead of what they say: correlation changes loss rates, jitter reorders, delayed packets count towards bandwidth.queuePackets (limit, default 1000), bandwidthKbps acts behind the delay. Lengths are IP packets'; bandwidth.overheadBytes: 14 is Ethernet.",
    },
  },
  reads: netemReads,
  replaces: NETEM_REPLACES,
  drawsPerPacket: NETEM_DRAWS,
  active: (values) => values.netemCompat,
  create(tools) {
    const { kernel, packets, random, onward, drop } = tools;
    const [starts, slots] = [tools.stream('starts'), tools.stream('slots')];
    const qdisc = new NetemQdisc({ kernel, packets, random, starts, slots, onward, drop });
    return {
      configure(values) {
        if (values.netemCompat) qdisc.change(netemOptions(values));
        else qdisc.stop();
      },
      admit(packet) {
        qdisc.enqueue(packet);
        return false;
      },
      queue: {
        backlogBytes: () => qdisc.bytes,
        takeBacklogPeak: () => qdisc.takePeakBytes(),
        limits: () => qdisc.limits(),
        evict: () => qdisc.release(),
        adopt: (backlog) => qdisc.adopt(backlog.packets),
      },
    };
  },
});
