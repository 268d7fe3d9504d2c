import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { QuantileTable } from '../../engine/distribution.ts';
import { Defect } from '../../engine/invariant.ts';
import type { RandomStream } from '../../engine/random.ts';
import { RandomSource } from '../../engine/random.ts';
import { binomialInterval, chiSquareTest, kolmogorovTest } from '../support/statistics.ts';

const stream = (name = 'server/loss', seed = '42'): RandomStream => new RandomSource(seed).stream(name);
const draws = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);
const unlikely = 1e-6;

test("a stream's draws are those of seedrandom's alea, seeded with the seed and the name", () => {
  const ours = stream();
  const alea = seedrandom.alea('42/server/loss');
  assert.equal(
    draws(1000, () => ours.uniform()),
    draws(1000, () => alea()),
  );
});

test("alea's first draw is the one that its documentation prints", () => {
  assert.is(seedrandom.alea('hello.')(), 0.4783254903741181);
});

test('a name is handed out once', () => {
  const source = new RandomSource('42');
  source.stream('a/loss');
  source.stream('b/loss');
  assert.throws(
    () => source.stream('a/loss'),
    (error: unknown) => error instanceof Defect && /a\/loss/.test(error.message),
  );
});

test('every question meets one draw', () => {
  const table = QuantileTable.from([-1, 1]);
  const [asked, counted] = [stream(), stream()];
  asked.chance(0);
  asked.chance(1);
  asked.below(1);
  asked.exponential();
  asked.sample(table);
  counted.pass(5);
  assert.is(asked.uniform(), counted.uniform());
});

test('a salt belongs to a stream, and is no draw of it', () => {
  const [asked, silent] = [stream(), stream()];
  const salt = asked.salt();
  assert.ok(Number.isInteger(salt) && salt >= 0 && salt < 2 ** 32);
  assert.is(asked.uniform(), silent.uniform());
  assert.is(asked.salt(), salt);
  assert.not.equal(stream('other/loss').salt(), salt);
  assert.not.equal(stream('server/loss', '43').salt(), salt);
});

test('a debt is paid by whichever question comes next', () => {
  const inDebt = (): RandomStream => {
    const s = stream();
    s.uniform();
    s.pass();
    s.pass(1);
    return s;
  };
  const walked = stream();
  const fourth = draws(4, () => walked.uniform())[3]!;
  assert.is(inDebt().uniform(), fourth);
  assert.is(inDebt().chance(fourth), false);
  assert.is(inDebt().chance(fourth + 2 ** -32), true);
  assert.is(inDebt().below(1000), Math.floor(fourth * 1000));
  assert.ok(Math.abs(inDebt().exponential() + Math.log(1 - fourth)) < 1e-15);
  assert.ok(Math.abs(inDebt().sample(QuantileTable.from([-1, 1])) - (2 * fourth - 1)) < 1e-15);
});

test('a long debt is jumped over, to the same draw', () => {
  const [walked, jumped] = [stream(), stream()];
  for (let i = 0; i < 200_001; i++) walked.uniform();
  jumped.uniform();
  jumped.pass(200_000);
  assert.equal(
    draws(10, () => jumped.uniform()),
    draws(10, () => walked.uniform()),
  );
});

test('a debt of a day at a million packets a second is paid at once, in parts or whole', () => {
  const [whole, parts] = [stream(), stream()];
  whole.pass(86_400e6);
  parts.pass(86_399e6);
  parts.uniform();
  parts.pass(1e6 - 1);
  assert.is(whole.uniform(), parts.uniform());
});

test('chance 0 never, chance 1 always', () => {
  const s = stream();
  assert.ok(draws(10_000, () => s.chance(0)).every((hit) => !hit));
  assert.ok(draws(10_000, () => s.chance(1)).every((hit) => hit));
});

test('the share of hits is the probability', () => {
  for (const probability of [0.0001, 0.01, 0.3, 0.5, 0.99]) {
    const s = stream(`chance ${probability}`);
    let hits = 0;
    for (let i = 0; i < 200_000; i++) if (s.chance(probability)) hits++;
    const { low, high } = binomialInterval(hits, 200_000, unlikely);
    assert.ok(low <= probability && probability <= high, `${hits} hits of 200000 at ${probability}`);
  }
});

test('uniform draws are uniform, also the first of ten thousand streams', () => {
  const s = stream();
  assert.ok(
    kolmogorovTest(
      draws(50_000, () => s.uniform()),
      (x) => x,
    ) > unlikely,
  );
  const source = new RandomSource('42');
  let vm = 0;
  assert.ok(
    kolmogorovTest(
      draws(10_000, () => source.stream(`vm${vm++}/loss`).uniform()),
      (x) => x,
    ) > unlikely,
  );
});

test('pairs of draws fill the square, within a stream and between streams of similar names', () => {
  const [a, b] = [stream('vm1/loss'), stream('vm2/loss')];
  for (const pair of [() => [a.uniform(), a.uniform()], () => [a.uniform(), b.uniform()]]) {
    const cells = new Float64Array(256);
    for (let i = 0; i < 100_000; i++) {
      const [x, y] = pair() as [number, number];
      const cell = Math.floor(x * 16) * 16 + Math.floor(y * 16);
      cells[cell] = cells[cell]! + 1;
    }
    assert.ok(chiSquareTest(cells, new Float64Array(256).fill(100_000 / 256)) > unlikely);
  }
});

test('numbers below a limit are equally likely', () => {
  const s = stream();
  const counts = new Float64Array(7);
  for (let i = 0; i < 70_000; i++) {
    const n = s.below(7);
    counts[n] = counts[n]! + 1;
  }
  assert.ok(chiSquareTest(counts, new Float64Array(7).fill(10_000)) > unlikely);
});

test('nothing is below 0, and no draw reaches beyond 2^32', () => {
  for (const limit of [0, -1, Number.NaN, 2 ** 32 + 1]) assert.throws(() => stream().below(limit), /below/);
  const s = stream();
  assert.ok(draws(1000, () => s.below(2 ** 32)).every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32));
});

test('exponential draws are exponential, with mean 1', () => {
  const s = stream();
  assert.ok(
    kolmogorovTest(
      draws(50_000, () => s.exponential()),
      (x) => 1 - Math.exp(-x),
    ) > unlikely,
  );
});

test('a sample is distributed as its table', () => {
  const s = stream();
  const triangle = QuantileTable.from([0, 1, 4]);
  const cdf = (x: number): number => (x < 1 ? x / 2 : 0.5 + (x - 1) / 6);
  assert.ok(
    kolmogorovTest(
      draws(50_000, () => s.sample(triangle)),
      cdf,
    ) > unlikely,
  );
});

test.run();
