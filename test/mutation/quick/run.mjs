/**
 * Would the tests notice if a stage were wrong? All mutants that Stryker makes of sim/personality, tried in threads that have all
 * tests loaded: milliseconds for most, where a process for each takes seconds.
 *
 *   npm run mutation:quick [-- --only 'stages/(loss|delay)'] [--threads 2]
 *
 * Each mutant meets the tests that pass its place: quick ones first, with a tenth of the runs of each property, then all others,
 * whole. Those that survive are named in out/mutants.json. Exit code 1 when less than 85 % are killed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { buildMutants } from './build.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: String(Math.min(4, availableParallelism())) },
  },
});
const AIM = 0.85;
const QUICK_SHARE = 0.1;
/** A quick test takes no longer. */
const QUICK_MS = 60;
/** A test may take so many times as long as it usually does, and that besides. */
const PATIENCE = 20;
const GRACE_MS = 5000;
/** A thread is given so many mutants at once. */
const PORTION = 50;

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', '..', '..', 'out');
const say = (text) => process.stderr.write(`${text}\n`);

say('making mutants ...');
const { entry, mutants } = await buildMutants(join(out, 'mutants'));
say(`measuring the tests without any of ${mutants.length} ...`);
const { tests, cover, atLoad } = await measured();
say(`${tests.length} tests, ${Math.round(tests.reduce((sum, { ms }) => sum + ms, 0) / 1000)} s`);
const plans = planned(new RegExp(values.only));
const results = await tried(plans);
report(results);

function measured() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(here, 'worker.mjs'), { workerData: { entry, quickShare: QUICK_SHARE } });
    worker.on('error', reject);
    worker.on('message', (message) => {
      if (message.failed !== undefined) reject(new Error(`fails without a mutant: ${message.failed}`));
      else resolve(message);
    });
  });
}

/** What each mutant has to stand: [index, share, hits] of tests, quick ones first. */
function planned(only) {
  const passing = new Map();
  cover.forEach((hits, index) => {
    for (const [id, count] of Object.entries(hits)) {
      if (!passing.has(id)) passing.set(id, []);
      passing.get(id).push([index, count]);
    }
  });
  return mutants
    .filter(({ file, isIgnored }) => !isIgnored && only.test(file))
    .map((mutant) => {
      const those = passing.get(mutant.id) ?? [];
      const by = (time) => (a, b) => time(tests[a[0]]) - time(tests[b[0]]);
      const quick = those
        .filter(([index]) => tests[index].quickMs <= QUICK_MS)
        .sort(by(({ quickMs }) => quickMs))
        .map(([index, hits]) => [index, tests[index].isProperty ? QUICK_SHARE : 1, hits]);
      const whole = those
        .filter(([index]) => tests[index].quickMs > QUICK_MS || tests[index].isProperty)
        .sort(by(({ ms }) => ms))
        .map(([index, hits]) => [index, 1, hits]);
      return { ...mutant, tests: [...quick, ...whole] };
    });
}

/** Each with its end: `killed` by a test, `endless`, `survived`; `unseen` by any test; or `at load`, where nothing can be switched any more. */
async function tried(all) {
  const isAtLoad = new Set(atLoad);
  const found = new Map(
    all
      .filter((mutant) => mutant.tests.length === 0)
      .map(({ id }) => [id, { end: isAtLoad.has(id) ? 'at load' : 'unseen' }]),
  );
  const waiting = all.filter((mutant) => mutant.tests.length > 0);
  const total = waiting.length;
  const began = performance.now();
  let told = 0;
  const settle = (id, result) => {
    found.set(id, result);
    const done = total - waiting.length;
    if (done - told < 200) return;
    told = done;
    say(`${done} of ${total}, ${Math.round((performance.now() - began) / 1000)} s`);
  };
  const thread = async () => {
    while (waiting.length > 0) await portion(waiting.splice(0, PORTION), settle);
  };
  await Promise.all(Array.from({ length: Number(values.threads) }, thread));
  return all.map((mutant) => ({ ...mutant, ...found.get(mutant.id) }));
}

/** One thread's mutants. A thread that hangs or dies is replaced, and its mutant is killed by that. */
async function portion(work, settle) {
  let left = work;
  while (left.length > 0) left = await attempts(left, settle);
}

function attempts(work, settle) {
  return new Promise((resolve) => {
    const left = new Map(work.map((mutant) => [mutant.id, mutant]));
    const worker = new Worker(join(here, 'worker.mjs'), {
      workerData: { entry, quickShare: QUICK_SHARE, work: work.map(({ id, tests }) => ({ id, tests })) },
      resourceLimits: { maxOldGenerationSizeMb: 1500 },
    });
    let current;
    let at;
    let since = performance.now();
    const end = (result) => {
      settle(current, result);
      left.delete(current);
      current = undefined;
    };
    const close = async () => {
      clearInterval(watch);
      await worker.terminate();
      resolve([...left.values()]);
    };
    const watch = setInterval(() => {
      if (current === undefined || at === undefined) return;
      if (performance.now() - since < GRACE_MS + PATIENCE * tests[at].ms) return;
      end({ end: 'endless', killer: at });
      void close();
    }, 250);
    worker.on('error', () => {
      // Out of memory, mostly.
      if (current !== undefined) end({ end: 'endless', killer: at });
      void close();
    });
    worker.on('message', (message) => {
      since = performance.now();
      if (message.begun !== undefined) [current, at] = [message.begun, undefined];
      else if (message.at !== undefined) at = message.at;
      else end(message.killer === null ? { end: 'survived' } : { end: 'killed', killer: message.killer });
      if (left.size === 0) void close();
    });
  });
}

function report(all) {
  // Texts and tables that are read once, when the module loads.
  const seen = all.filter(({ end }) => end !== 'at load');
  const isDead = ({ end }) => end === 'killed' || end === 'endless';
  const share = (some) =>
    `${some.filter(isDead).length} of ${some.length} (${((100 * some.filter(isDead).length) / some.length).toFixed(1)} %)`;
  for (const file of [...new Set(seen.map((mutant) => mutant.file))].sort())
    console.log(`${file}  ${share(seen.filter((mutant) => mutant.file === file))}`);
  console.log(
    `killed ${share(seen)}; besides, ${all.length - seen.length} that take effect when a module loads`,
  );
  mkdirSync(out, { recursive: true });
  const told = all.map(({ file, line, column, name, from, to, end, killer }) => ({
    ...{ file, line, column, name, from, to, end },
    ...(killer === undefined ? {} : { killer: `${tests[killer]?.file}: ${tests[killer]?.name}` }),
  }));
  writeFileSync(join(out, 'mutants.json'), `${JSON.stringify(told, null, 2)}\n`);
  process.exit(seen.filter(isDead).length >= AIM * seen.length ? 0 : 1);
}
