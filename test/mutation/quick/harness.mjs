/**
 * What the tests take for uvu, vitest and fast-check's vitest while mutants are switched: all tests are only collected, so that one process can run any of
 * them, again and again. Knows nothing of mutants.
 */
import { dequal } from 'dequal';
import * as fc from 'fast-check';

export { fc };

/** Every test that has been loaded: {file, name, isProperty, run(share)}. `share`: of the runs of a property. */
export const collected = [];
let file = '';

/** Loads a test file; what it declares is of this name. */
export async function collect(name, load) {
  file = name;
  await load();
}

export function test(name, handler) {
  collected.push({ file, name, isProperty: false, run: async () => void (await handler()) });
}
test.run = () => {};
test.skip = () => {};

test.prop = (arbitraries, options = {}) => {
  const runs = options.numRuns ?? 100;
  return (name, predicate) => {
    const isList = Array.isArray(arbitraries);
    const property = isList
      ? fc.asyncProperty(...arbitraries, async (...values) => predicate(...values))
      : fc.asyncProperty(fc.record(arbitraries), async (values) => predicate(values));
    const run = async (share) => {
      const numRuns = Math.max(1, Math.ceil(runs * share));
      // Whether it fails is all that is asked: no shrinking.
      await fc.assert(property, { ...options, numRuns, endOnFailure: true });
    };
    collected.push({ file, name, isProperty: true, run });
  };
};

function must(holds) {
  if (!holds) throw new Error('not as expected');
}

/** As vitest's toEqual: fields that are undefined are as good as absent. */
function defined(value) {
  if (Array.isArray(value)) return value.map(defined);
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, defined(inner)]));
}

export const expect = (found) => ({
  toBe: (wanted) => must(Object.is(found, wanted)),
  toEqual: (wanted) => must(dequal(defined(found), defined(wanted))),
  toBeGreaterThan: (bound) => must(found > bound),
  toBeGreaterThanOrEqual: (bound) => must(found >= bound),
  toBeLessThan: (bound) => must(found < bound),
  toBeLessThanOrEqual: (bound) => must(found <= bound),
  not: {
    toBe: (wanted) => must(!Object.is(found, wanted)),
    toEqual: (wanted) => must(!dequal(defined(found), defined(wanted))),
  },
});
