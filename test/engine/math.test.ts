import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exp, ln, normalCdf, normalQuantile, pow, quickNormalCdf } from '../../engine/math.ts';
import { RandomSource } from '../../engine/random.ts';

/** How many of the last place of `expected` lie between the two. */
function ulps(actual: number, expected: number): number {
  if (Object.is(actual, expected)) return 0;
  const exponent = Math.max(-1022, Math.floor(Math.log2(Math.abs(expected))));
  return Math.abs(actual - expected) / 2 ** (exponent - 52);
}

const within = (limit: number, actual: number, expected: number, what: string): void =>
  assert.ok(ulps(actual, expected) <= limit, `${what}: ${actual}, expected ${expected}`);
const near = (actual: number, expected: number, relative: number): void =>
  assert.ok(Math.abs(actual / expected - 1) <= relative, `${actual} is not ${expected}`);

const random = new RandomSource('math').stream('arguments');
const between = (low: number, high: number): number => low + (high - low) * random.uniform();

test('ln agrees with the host within an ulp, from the least double to the greatest', () => {
  for (let i = 0; i < 20_000; i++) {
    for (const x of [
      2 ** between(-1074, 1023),
      between(0.5, 2),
      1 + between(-1, 1) * 2 ** between(-52, 0),
      between(0, 1),
    ]) {
      within(1, ln(x), Math.log(x), `ln ${x}`);
    }
  }
});

test('exp agrees with the host within an ulp', () => {
  for (let i = 0; i < 20_000; i++) {
    for (const x of [between(-745, 709), between(-1, 1), between(-1, 1) * 2 ** between(-60, 0)]) {
      within(1, exp(x), Math.exp(x), `exp ${x}`);
    }
  }
});

test('pow agrees with the host within two ulps', () => {
  for (let i = 0; i < 20_000; i++) {
    const [x, y] = [2 ** between(-30, 30), between(-20, 20)];
    within(2, pow(x, y), x ** y, `${x} ** ${y}`);
    const u = between(0, 1);
    within(2, pow(u, -1 / 3), u ** (-1 / 3), `${u} ** -1/3`);
  }
});

test('values of the logarithm and the exponential, as Abramowitz and Stegun print them', () => {
  for (const [actual, expected] of [
    [ln(3), 1.0986122886681098],
    [ln(7), 1.9459101490553132],
    [exp(2), 7.38905609893065],
    [exp(-1), 0.36787944117144233],
    [exp(10), 22026.465794806717],
    [pow(2, 1 / 3), 1.2599210498948732],
    [pow(10, 0.1), 1.2589254117941673],
  ] as const) {
    within(1, actual, expected, 'a printed value');
  }
});

test('the edges', () => {
  assert.is(ln(1), 0);
  assert.is(ln(0), -Infinity);
  assert.is(ln(Infinity), Infinity);
  assert.ok(Number.isNaN(ln(-1)));
  assert.ok(Number.isNaN(ln(Number.NaN)));
  within(1, ln(5e-324), -744.4400719213812, 'ln of the least double');

  assert.is(exp(0), 1);
  assert.is(exp(-Infinity), 0);
  assert.is(exp(Infinity), Infinity);
  assert.ok(Number.isNaN(exp(Number.NaN)));
  assert.is(exp(710), Infinity);
  assert.is(exp(-746), 0);
  assert.is(exp(-745), 5e-324);

  for (const y of [0, 1, -2.5, Infinity, Number.NaN]) assert.is(pow(1, y), 1);
  assert.is(pow(Number.NaN, 0), 1);
  assert.is(pow(0, 3), 0);
  assert.is(pow(0, -3), Infinity);
  assert.is(pow(Infinity, 0.5), Infinity);
  assert.is(pow(Infinity, -0.5), 0);
  assert.is(pow(0.5, Infinity), 0);
  assert.is(pow(0.5, -Infinity), Infinity);
  assert.ok(Number.isNaN(pow(-8, 1 / 3)));
  assert.is(pow(10, 310), Infinity);
  assert.is(pow(10, -330), 0);
  assert.is(pow(2, 10), 1024);
});

test('the normal distribution, as the tables print it', () => {
  assert.is(normalCdf(0), 0.5);
  near(normalCdf(1), 0.841344746068543, 1e-15);
  near(normalCdf(1.96), 0.97500210485178, 1e-15);
  near(normalCdf(3), 0.99865010196837, 1e-15);
  // Abramowitz and Stegun, table 26.2 gives -log10 Q(x): 6.54265 at 5, 23.11805 at 10, 88.56010 at 20.
  near(-Math.log10(normalCdf(-5)), 6.54265, 1e-6);
  near(-Math.log10(normalCdf(-10)), 23.11805, 1e-6);
  near(-Math.log10(normalCdf(-20)), 88.5601, 1e-6);
  assert.is(normalCdf(Infinity), 1);
  assert.is(normalCdf(-Infinity), 0);
  assert.ok(Number.isNaN(normalCdf(Number.NaN)));
});

test('the error function, as the tables print it', () => {
  // erf(x) = 2 P(x sqrt 2) - 1: Abramowitz and Stegun, table 7.1.
  for (const [x, erf] of [
    [0.5, 0.5204998778],
    [1, 0.8427007929],
    [1.5, 0.9661051465],
    [2, 0.995322265],
  ] as const) {
    near(2 * normalCdf(x * Math.SQRT2) - 1, erf, 1e-10);
  }
});

test('the quantiles of the normal distribution, as the tables print them', () => {
  assert.is(normalQuantile(0.5), 0);
  // Wichura's own three check values.
  near(normalQuantile(0.25), -0.6744897501960817, 1e-15);
  near(normalQuantile(0.001), -3.090232306167814, 1e-15);
  near(normalQuantile(1e-20), -9.262340089798408, 1e-15);
  near(normalQuantile(0.975), 1.959963984540054, 1e-15);
  near(normalQuantile(0.995), 2.5758293035489004, 1e-15);
  assert.is(normalQuantile(0), -Infinity);
  assert.is(normalQuantile(1), Infinity);
  for (const u of [-0.1, 1.1, Number.NaN]) assert.ok(Number.isNaN(normalQuantile(u)));
});

test('quantile and distribution undo each other', () => {
  for (let i = 0; i < 5000; i++) {
    const u = 10 ** between(-200, 0) * 0.5;
    const x = normalQuantile(u);
    // An error in x comes back magnified by the hazard, about |x|.
    near(normalCdf(x), u, 1e-15 * (4 + x * x));
  }
});

test('the quick distribution is the distribution', () => {
  for (let x = -8; x < 8; x += 0.000977) {
    assert.ok(Math.abs(quickNormalCdf(x) - normalCdf(x)) < 2 ** -49, String(x));
  }
  for (const x of [0, 6.5, -6.5, 40, -40, Infinity, -Infinity]) assert.is(quickNormalCdf(x), normalCdf(x));
  assert.ok(Number.isNaN(quickNormalCdf(Number.NaN)));
});

test.run();
