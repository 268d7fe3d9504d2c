import { ms, seconds } from '../../../engine/index.ts';
import { Fate } from '../../../sim/trace.ts';
import { flow } from '../../support/world.ts';
import { exact, MILLION, type Proof, share } from '../proof.ts';
import { watch } from '../village.ts';

const profile = { egress: 'uplink' };

/** How many are lost from the VM, a, and towards it. */
async function losses(): Promise<{ readonly from: number; readonly towards: number }> {
  const lost = [0, 0];
  const cbr = { interval: ms(1), packetSize: 100, count: MILLION };
  await watch(
    {
      traffic: [
        flow('cbr', { ...cbr, id: 'from' }),
        flow('cbr', { ...cbr, id: 'towards', from: ['b'], to: { vm: 'a' }, fromText: 'b', toText: 'a' }),
      ],
      personalities: { phone: profile, uplink: { packetLossPercentage: 0.02 } },
      assignments: [{ vm: 'a', personality: 'phone' }],
    },
    seconds(1001),
    ({ packets }, packet) => {
      if (packets.fate(packet) === Fate.loss) lost[packets.flow(packet)]! += 1;
    },
  );
  return { from: lost[0]!, towards: lost[1]! };
}

const TRAFFIC = 'uplink: packetLossPercentage: 0.02';

export const proofs: readonly Proof[] = [
  {
    stage: 'egress',
    profile,
    traffic: TRAFFIC,
    packets: 2 * MILLION,
    promise: 'What the VM sends meets the other personality.',
    source: 'binomial law',
    measure: async () => share((await losses()).from, MILLION, 0.02),
  },
  {
    stage: 'egress',
    profile,
    traffic: TRAFFIC,
    packets: 2 * MILLION,
    promise: 'What is sent to the VM does not: packets lost.',
    source: 'by hand',
    measure: async () => exact((await losses()).towards, 0),
  },
];
