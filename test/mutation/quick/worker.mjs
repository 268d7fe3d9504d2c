/** A thread with all tests loaded. Either measures them and who covers what, or switches mutants on, one after the other. */
import { parentPort, workerData } from 'node:worker_threads';

const { entry, work, quickShare } = workerData;
globalThis.__stryker__ = {};
const mutation = globalThis.__stryker__;
globalThis.countsCover = work === undefined;
const { collected } = await import(entry);

if (work === undefined) await measure();
else for (const each of work) await attempt(each);

/** Runs every test as it is: with counting, then for its time, and once more with fewer runs of a property. */
async function measure() {
  const tests = [];
  const timed = async (run) => {
    const began = performance.now();
    await run();
    return performance.now() - began;
  };
  for (const [index, { file, name, isProperty, run }] of collected.entries()) {
    mutation.currentTestId = String(index);
    globalThis.countsCover = true;
    try {
      await run(1);
      mutation.currentTestId = undefined;
      globalThis.countsCover = false;
      const ms = await timed(() => run(1));
      const quickMs = isProperty ? await timed(() => run(quickShare)) : ms;
      tests.push({ file, name, isProperty, ms, quickMs });
    } catch (error) {
      // Such a test would kill everything.
      parentPort.postMessage({ failed: `${file}: ${name}: ${error}` });
      return;
    }
  }
  const { perTest = {}, static: atLoad = {} } = mutation.mutantCoverage ?? {};
  const cover = tests.map((_, index) => perTest[index] ?? {});
  parentPort.postMessage({ tests, cover, atLoad: Object.keys(atLoad) });
}

/** Until the first test that fails. `tests`: [index, share, how often it passed the place of the mutant when that was off]. */
async function attempt({ id, tests }) {
  parentPort.postMessage({ begun: id });
  let killer = null;
  for (const [index, share, hits] of tests) {
    parentPort.postMessage({ at: index });
    mutation.activeMutant = id;
    mutation.hitCount = 0;
    // Who passes so much more often goes in circles.
    mutation.hitLimit = hits * 30 + 10_000;
    try {
      await collected[index].run(share);
    } catch {
      killer = index;
      break;
    } finally {
      mutation.activeMutant = undefined;
    }
  }
  parentPort.postMessage({ ended: id, killer });
}
