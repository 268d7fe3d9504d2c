/** Packets are lost for what they are: of this flow, among its first, so long. */
import { FLOW, SIZE } from '../../packet.ts';
import { defineLossModel } from './model.ts';

export const match = defineLossModel({
  name: 'match',
  summary: 'Packets that fulfil all given conditions are lost.',
  params: {
    'loss.matchFlow': {
      kind: 'flow',
      identity: undefined,
      help: 'match: packets of this traffic.',
    },
    'loss.matchFirst': {
      kind: 'count',
      identity: undefined,
      min: 1,
      max: 1_000_000_000,
      help: 'match: only the first so many packets of each flow that come here, whatever their length.',
    },
    'loss.matchLongerThan': {
      kind: 'bytes',
      identity: undefined,
      min: 0,
      max: 65535,
      help: 'match: IP packets longer than this.',
    },
  },
  needs: [],
  active: hasCondition,
  problems(values) {
    if (hasCondition(values)) return [];
    const allowed = 'with loss.matchFlow, loss.matchFirst or loss.matchLongerThan, or several of them';
    return [{ path: 'loss.model', found: 'match without a condition', allowed }];
  },
  create({ random, packets, surroundings }) {
    let flow: string | undefined;
    let first = Infinity;
    let longerThan = -1;
    const counts = new Counts();
    return {
      configure(values) {
        flow = values['loss.matchFlow'];
        first = values['loss.matchFirst'] ?? Infinity;
        longerThan = values['loss.matchLongerThan'] ?? -1;
      },
      isLost(packet) {
        random.pass();
        // Everybody counts, also while nobody asks: a condition that comes later means the same packets.
        const isFirst = counts.next(packets.ints[packet + FLOW]!) <= first;
        if (!isFirst || packets.ints[packet + SIZE]! <= longerThan) return false;
        return flow === undefined || surroundings.flowId(packet) === flow;
      },
    };
  },
});

interface MatchValues {
  readonly 'loss.matchFlow': string | undefined;
  readonly 'loss.matchFirst': number | undefined;
  readonly 'loss.matchLongerThan': number | undefined;
}

function hasCondition(values: MatchValues): boolean {
  return (
    values['loss.matchFlow'] !== undefined ||
    values['loss.matchFirst'] !== undefined ||
    values['loss.matchLongerThan'] !== undefined
  );
}

/** How many packets of each flow came since the model has been in force. */
class Counts {
  #counts = new Float64Array(8);

  next(flow: number): number {
    if (flow >= this.#counts.length) {
      const wider = new Float64Array(Math.max(flow + 1, this.#counts.length * 2));
      wider.set(this.#counts);
      this.#counts = wider;
    }
    return ++this.#counts[flow]!;
  }
}
