/** The routing profile of the VM that was addressed: may move a packet's destination (SPEC 4). */
import { ms } from '../../../engine/index.ts';
import { defineGate } from '../stage.ts';

export const routing = defineGate({
  name: 'routing',
  summary: 'Moves packets to other members of a pool (Dynamic) or, now and then, anywhere (Chaotic).',
  params: {
    routingProfile: {
      kind: 'choice',
      identity: 'Static',
      choices: ['Static', 'Dynamic', 'Chaotic'],
      help: 'Static: the predefined way. Dynamic: the least loaded candidate. Chaotic: sometimes a random address.',
    },
    'routing.chaosProbability': {
      kind: 'probability',
      identity: 0.01,
      help: 'Chaotic: chance per packet that its destination becomes a random valid address.',
    },
    'routing.chaosScope': {
      kind: 'choice',
      identity: 'assigned',
      choices: ['assigned', 'subnet'],
      help: "Chaotic: addresses of live VMs, or every usable address of the destination's subnet.",
    },
    'routing.loadWindowMs': {
      kind: 'milliseconds',
      identity: 100,
      min: 1,
      max: 3_600_000,
      help: 'Dynamic: load is averaged exponentially over this time.',
    },
    'routing.hysteresis': {
      kind: 'number',
      identity: 0.1,
      min: 0,
      max: 1,
      help: 'Dynamic: the choice moves only when the best is better by this share.',
    },
  },
  drawsPerPacket: 2,
  active: (values) => values.routingProfile !== 'Static',
  create({ random, surroundings }) {
    let chaotic = false;
    let probability = 0;
    let scope: 'assigned' | 'subnet' = 'assigned';
    let loadWindow = 0;
    let hysteresis = 0;
    return {
      configure(values) {
        chaotic = values.routingProfile === 'Chaotic';
        probability = values['routing.chaosProbability'];
        scope = values['routing.chaosScope'];
        loadWindow = ms(values['routing.loadWindowMs']);
        hysteresis = values['routing.hysteresis'];
      },
      admit(packet) {
        if (!chaotic) {
          random.pass(2);
          surroundings.rebalance(packet, loadWindow, hysteresis);
          return true;
        }
        // Two draws a packet, hit or not: whether, and where to.
        const hit = random.chance(probability);
        const draw = random.uniform();
        if (hit) surroundings.scatter(packet, draw, scope);
        return true;
      },
    };
  },
});
