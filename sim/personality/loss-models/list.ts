/** Exactly these packets are lost, by number; as ns-3's ReceiveListErrorModel, from 1. */
import { defineLossModel } from './model.ts';

export const list = defineLossModel({
  name: 'list',
  summary: 'Exactly the listed packets are lost.',
  params: {
    'loss.packets': {
      kind: 'numbers',
      identity: undefined,
      reader: 'ordinals',
      whole: true,
      order: 'ascending',
      min: 1,
      max: 1_000_000_000_000,
      help: 'list: numbers of the packets that are lost, the first packet that comes here being 1.',
    },
  },
  needs: ['loss.packets'],
  active: (values) => values['loss.packets'] !== undefined && values['loss.packets'].length > 0,
  create({ random }) {
    let packets: readonly number[] = [];
    // Since the model has been in force; a new list goes on with it.
    let count = 0;
    let place = 0;
    return {
      configure(values) {
        packets = values['loss.packets'] ?? [];
        place = placeAfter(packets, count);
      },
      isLost() {
        random.pass();
        count++;
        if (place === packets.length || packets[place] !== count) return false;
        place++;
        return true;
      },
    };
  },
});

/** Where the numbers above `count` begin. */
function placeAfter(packets: readonly number[], count: number): number {
  let low = 0;
  let high = packets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (packets[middle]! > count) high = middle;
    else low = middle + 1;
  }
  return low;
}
