/** Loss, RFC 7680 and its patterns, RFC 3357: a model says who is lost; whoever is, is dropped or marked (RFC 3168). */
import { FLAGS, PacketFlag } from '../../packet.ts';
import { Fate } from '../../trace.ts';
import { lossModels } from '../loss-models/index.ts';
import type { AnyLossModel, AnyLossValues, LossModel } from '../loss-models/model.ts';
import { lossShare } from '../loss-models/params.ts';
import { random as plain } from '../loss-models/random.ts';
import type { Params } from '../params.ts';
import { defineGate } from '../stage.ts';

const modelParams: Params = Object.assign({}, ...lossModels.map((model) => model.params));

export const lossParams = {
  ...lossShare,
  'loss.model': {
    kind: 'choice',
    identity: plain.name,
    choices: lossModels.map((model) => model.name),
    help: `Who is lost. ${lossModels.map((model) => `${model.name}: ${model.summary}`).join(' ')}`,
  },
  ...plain.params,
  ...modelParams,
  'loss.ecn': {
    kind: 'boolean',
    identity: false,
    help: 'Packets that can say so (ECN-capable transport, RFC 3168) are marked "congestion experienced" instead of lost.',
  },
} as const;

/** Null: nobody is lost. */
function activeModel(values: AnyLossValues): AnyLossModel | null {
  const model = lossModels.find((each) => each.name === values['loss.model']);
  return model?.active(values) ? model : null;
}

export const loss = defineGate({
  name: 'loss',
  summary: 'Discards packets: each with the same chance, in bursts, or chosen ones.',
  params: lossParams,
  // Of every model, so that another one shifts nobody's draws.
  drawsPerPacket: 1,
  active: (values) => activeModel(values) !== null,
  create(tools) {
    const { random, packets, drop } = tools;
    // By far the most frequent case needs no model: without correlation a packet's draw says it all. Then `model` is null.
    let probability = 0;
    let definition: AnyLossModel | null = null;
    let model: LossModel<AnyLossValues> | null = null;
    let marks = false;
    return {
      configure(values) {
        const wanted = activeModel(values);
        const isPlain = wanted?.name === plain.name && values['loss.correlation'] === 0;
        probability = isPlain ? values.packetLossPercentage : 0;
        marks = values['loss.ecn'];
        // A model that goes, or has nothing to do, is forgotten with all it remembered.
        const next = isPlain ? null : wanted;
        if (next !== definition) model = next?.create(tools) ?? null;
        definition = next;
        model?.configure(values);
      },
      memory: () => model?.memory?.() ?? null,
      admit(packet) {
        if (!(model === null ? random.chance(probability) : model.isLost(packet))) return true;
        if (!marks || !packets.has(packet, PacketFlag.ecnCapable)) return drop(packet, Fate.loss);
        packets.ints[packet + FLAGS]! |= PacketFlag.marked;
        return true;
      },
    };
  },
});
