/** Every n-th packet is lost: no chance in it. */
import { defineLossModel } from './model.ts';

export const nth = defineLossModel({
  name: 'nth',
  summary: 'Every n-th packet is lost.',
  params: {
    'loss.every': {
      kind: 'count',
      identity: undefined,
      min: 1,
      max: 1_000_000_000,
      help: 'nth: of so many packets the last one is lost.',
    },
    'loss.offset': {
      kind: 'count',
      identity: 0,
      min: 0,
      max: 1_000_000_000,
      help: 'nth: so many packets get through before the counting begins.',
    },
  },
  needs: ['loss.every'],
  active: (values) => values['loss.every'] !== undefined,
  share: (values) => 1 / (values['loss.every'] ?? Infinity),
  create({ random }) {
    let every = 1;
    let offset = 0;
    // Since the model has been in force; new settings go on with it.
    let count = 0;
    return {
      configure(values) {
        every = values['loss.every'] ?? 1;
        offset = values['loss.offset'];
      },
      isLost() {
        random.pass();
        count++;
        return count > offset && (count - offset) % every === 0;
      },
    };
  },
});
