import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  DistError,
  normalTable,
  paretonormalTable,
  paretoTable,
  parseDist,
  QuantileTable,
  uniformTable,
} from '../../engine/distribution.ts';
import { Defect } from '../../engine/invariant.ts';

const near = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} +- ${tolerance}`);

/** Mean and deviation of a quantile function, by the midpoint rule on a million points. */
function moments(quantile: (u: number) => number): { mean: number; deviation: number } {
  const points = 1_000_000;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < points; i++) {
    const x = quantile((i + 0.5) / points);
    sum += x;
    squares += x * x;
  }
  const mean = sum / points;
  return { mean, deviation: Math.sqrt(squares / points - mean * mean) };
}

test('between the values of a table there are straight lines', () => {
  const table = QuantileTable.from([0, 10, 40]);
  assert.is(table.quantile(0), 0);
  assert.is(table.quantile(0.25), 5);
  assert.is(table.quantile(0.5), 10);
  assert.is(table.quantile(0.75), 25);
  assert.ok(table.quantile(1 - 2 ** -32) < 40);
  assert.is(table.min, 0);
  assert.is(table.max, 40);
});

test('the moments of a table by hand', () => {
  // Half the time uniform on (0, 10), half on (10, 40): means 5 and 25, mean squares 100/3 and 2100/3.
  const table = QuantileTable.from([0, 10, 40]);
  assert.is(table.mean, 15);
  near(table.deviation, Math.sqrt(1100 / 3 - 225), 1e-12);
  near(moments((u) => table.quantile(u)).deviation, table.deviation, 1e-6);
});

test('a table keeps its own copy', () => {
  const values = [0, 1];
  const table = QuantileTable.from(values);
  values[1] = 5;
  assert.is(table.max, 1);
});

test('what is no table is refused', () => {
  for (const values of [[], [1], [0, 2, 1], [0, Number.NaN], [0, Infinity]]) {
    assert.throws(
      () => QuantileTable.from(values),
      (error: unknown) => error instanceof Defect,
    );
  }
});

test('uniform: mean 0, deviation 1/sqrt(3)', () => {
  assert.is(uniformTable().mean, 0);
  near(uniformTable().deviation, 1 / Math.sqrt(3), 1e-15);
  assert.is(uniformTable().quantile(0.75), 0.5);
});

test('normal: mean 0, deviation 1, ends at 4', () => {
  const table = normalTable();
  near(table.mean, 0, 1e-12);
  near(table.deviation, 1, 1e-4);
  assert.is(table.min, -4);
  assert.is(table.max, 4);
  near(table.quantile(0.975), 1.959963984540054, 1e-5);
  near(table.quantile(0.25), -0.6744897501960817, 1e-6);
});

test("pareto: netem's, with the moments of the clipped distribution in closed form", () => {
  // x = 4/3 (u^(-1/3) - 3/2), at most 4, which it reaches at c = 4.5^-3. Mean 4c + 4/3 (3/2 (1 - c^(2/3)) -
  // 3/2 (1 - c)); the mean square likewise from 16/9 (u^(-2/3) - 3 u^(-1/3) + 9/4), with antiderivatives 3
  // u^(1/3) and 3/2 u^(2/3).
  const c = 4.5 ** -3;
  const mean = 4 * c + (4 / 3) * 1.5 * (c - c ** (2 / 3));
  const square = 16 * c + (16 / 9) * (3 * (1 - 1 / 4.5) - 4.5 * (1 - 4.5 ** -2) + (9 / 4) * (1 - c));
  const table = paretoTable();
  near(table.mean, mean, 1e-5);
  near(table.deviation, Math.sqrt(square - mean * mean), 1e-4);
  near(table.min, -2 / 3, 1e-15);
  assert.is(table.max, 4);
  // The median of a Pareto distribution with shape 3 is the cube root of 2.
  near(table.quantile(0.5), (4 / 3) * (Math.cbrt(2) - 1.5), 1e-15);
});

test('paretonormal: a quarter and three quarters, at one probability', () => {
  const table = paretonormalTable();
  for (const u of [0, 0.1, 0.5, 0.9, 0.999]) {
    near(table.quantile(u), 0.25 * normalTable().quantile(u) + 0.75 * paretoTable().quantile(u), 1e-12);
  }
  near(table.mean, 0.75 * paretoTable().mean, 1e-12);
});

test('standard tables are made once', () => {
  assert.is(normalTable(), normalTable());
});

test("netem's .dist files: whole numbers at a scale of 8192, in any order", () => {
  const text = '# a comment\n -32768 -8192\t0\r\n\n+4096 # half\n32767\n0\n';
  assert.equal(parseDist(text), [-4, -1, 0, 0, 0.5, 32767 / 8192]);
  assert.equal(parseDist('8192 -8192'), [-1, 1]);
});

test('a .dist file that is none: every problem with its line', () => {
  const problemsOf = (text: string): unknown => {
    try {
      return parseDist(text);
    } catch (error) {
      assert.instance(error, DistError);
      return (error as DistError).problems.map(({ line, found }) => [line, found]);
    }
  };
  assert.equal(problemsOf('1 2\n3.5\n# fine: x\n40000 nope'), [
    [2, '3.5'],
    [4, '40000'],
    [4, 'nope'],
  ]);
  assert.equal(problemsOf('17'), [[0, '1 values']]);
  assert.equal(problemsOf('1 '.repeat(16385)), [[0, '16385 values']]);
  assert.is((problemsOf('x '.repeat(1000)) as unknown[]).length, 10);
  assert.throws(() => parseDist('1\nb'), /line 2: b/);
});

test.run();
