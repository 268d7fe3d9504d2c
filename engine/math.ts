/**
 * The few transcendental functions a run needs, made of + - * / sqrt, floor and bits alone, which the
 * language fixes to the last bit; Math.log, exp and pow it leaves to each engine.
 */

// A double and its two halves: the exponent is read in the high one.
const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);
double[0] = 1;
const HIGH = halves[1] === 0x3ff00000 ? 1 : 0;

/** 2^k at 538 + k, for k from -538 to 538. */
const POWERS = new Float64Array(1077);
POWERS[538] = 1;
for (let k = 1; k <= 538; k++) {
  POWERS[538 + k] = POWERS[537 + k]! * 2;
  POWERS[538 - k] = POWERS[539 - k]! / 2;
}

// ln 2 in two pieces. The first has 32 bits, so that its product with an exponent is exact.
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

const TWO_54 = 2 ** 54;

/** The natural logarithm, within 1 ulp. NaN below 0. */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return x;

  // x = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2).
  const k = exponentOf(x);
  const f = scaled(x, -k) - 1;
  if (f === 0) return k * LN2_HIGH + k * LN2_LOW;

  // ln(1 + f) = 2 artanh(s) with s = f/(2 + f): s^3 times a polynomial in s^2, beside 2s = f - s f, which is
  // f - f^2/2 + s f^2/2.
  const s = f / (2 + f);
  const z = s * s;
  const rest = z * artanhTail(z);
  const half = 0.5 * f * f;
  return k * LN2_HIGH - (half - (s * (half + rest) + k * LN2_LOW) - f);
}

/** e to the x, within 1 ulp. */
export function exp(x: number): number {
  if (!(x < 709.782712893384)) return x > 0 ? Infinity : x;
  if (x < -745.1332191019412) return 0;

  // x = k ln 2 + r with |r| at most half of ln 2; r in two pieces.
  const k = Math.floor(x / (LN2_HIGH + LN2_LOW) + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;

  // r (e^r + 1)/(e^r - 1) is 2 + r^2 P(r^2), so e^r is 1 + r + r c/(2 - c) with c = r - r^2 P.
  const z = r * r;
  const p = 6.613756471622828e-5 + z * (-1.6534060033836456e-6 + z * 4.1437662804024295e-8);
  const c = r - z * (0.1666666666666666 + z * (-0.0027777777777564404 + z * p));
  return scaled(1 - (low - (r * c) / (2 - c) - high), k);
}

/**
 * x to the y for x >= 0, within 2 ulp. NaN for x below 0, whatever y is, except that anything to the 0 is 1.
 */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (!(x > 0) || x === Infinity || !Number.isFinite(y)) return powAtTheEdge(x, y);

  // e^(y ln x), with ln x and the product in two pieces: the exponential magnifies an error of theirs.
  const k = exponentOf(x);
  const f = scaled(x, -k) - 1;
  const g = 2 + f;
  const s = f / g;
  const sLow = (f - productHigh(s, g) - productLow(s, g) - s * (f - (g - 2))) / g;
  const z = s * s;
  const zLow = productLow(s, s) + 2 * s * sLow;
  const cube = s * z;
  const cubeLow = productLow(s, z) + s * zLow + sLow * z;
  const third = (2 * cube) / 3;
  const thirdLow = (2 * cubeLow + (2 * cube - productHigh(third, 3) - productLow(third, 3))) / 3;

  // ln x = k ln 2 + 2s + 2/3 s^3 + tail, summed from the greatest.
  let high = k * LN2_HIGH;
  let low = k * LN2_LOW + 2 * sLow + thirdLow + cube * z * artanhTail5(z);
  for (const term of [2 * s, third]) {
    const sum = high + term;
    low += sumError(high, term, sum);
    high = sum;
  }
  const log = high + low;
  const logLow = low - (log - high);

  const power = log * y;
  const result = exp(power);
  return result === 0 || result === Infinity ? result : result + result * (productLow(log, y) + logLow * y);
}

/**
 * The chance that a standard normal variable is at most x; its relative error is below 2e-15, also far out.
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return x;
  const size = Math.abs(x);
  const tail = size < TAIL_END ? bell(size) * tailRatio(size) : 0;
  return x > 0 ? 1 - tail : tail;
}

/** Nodes of {@link quickNormalCdf} per unit, and where they end. */
const PER_UNIT = 64;
const LAST_UNIT = 6.5;
const SQUARE = 1 / PER_UNIT / PER_UNIT;
/** The value at each node, and the slope per distance of two nodes. */
let nodes: Float64Array | undefined;

function makeNodes(): Float64Array {
  const made = new Float64Array(2 * (LAST_UNIT * PER_UNIT + 1));
  for (let i = 0; i < made.length; i += 2) {
    const x = i / 2 / PER_UNIT;
    made[i] = normalCdf(x);
    made[i + 1] = bell(x) / SQRT_TWO_PI / PER_UNIT;
  }
  return made;
}

/**
 * As `normalCdf` with an absolute error below 2^-49, in a tenth of the time: between nodes, the polynomial of degree 5 that has the value and
 * both derivatives at either end. The second derivative of the distribution is -x times the first.
 */
export function quickNormalCdf(x: number): number {
  const position = Math.abs(x) * PER_UNIT;
  if (!(position < LAST_UNIT * PER_UNIT)) return normalCdf(x);
  nodes ??= makeNodes();
  const cell = Math.floor(position);
  const t = position - cell;
  const value = nodes[2 * cell]!;
  const slope = nodes[2 * cell + 1]!;
  const endSlope = nodes[2 * cell + 3]!;
  const bend = -cell * SQUARE * slope;
  const endBend = -(cell + 1) * SQUARE * endSlope;
  const r = nodes[2 * cell + 2]! - value - slope - 0.5 * bend;
  const e = endSlope - slope - bend;
  const g = endBend - bend;
  const cubic = 10 * r - 4 * e + 0.5 * g;
  const quartic = 7 * e - 15 * r - g;
  const quintic = 6 * r - 3 * e + 0.5 * g;
  const sum = value + t * (slope + t * (0.5 * bend + t * (cubic + t * (quartic + t * quintic))));
  return x < 0 ? 1 - sum : sum;
}

/**
 * The x for which `normalCdf(x)` is u: Wichura, "Algorithm AS 241", Applied Statistics 37 (1988), the version
 * for double precision, about 16 digits. -Infinity at 0, Infinity at 1, NaN outside.
 */
export function normalQuantile(u: number): number {
  const q = u - 0.5;
  if (Math.abs(q) <= 0.425) return q * centre(0.180625 - q * q);
  const side = q < 0 ? u : 1 - u;
  if (!(side > 0)) return side === 0 ? Math.sign(q) * Infinity : Number.NaN;
  const r = Math.sqrt(-ln(side));
  const size = r <= 5 ? ratio(AS241_TAIL, r - 1.6) : ratio(AS241_FAR, r - 5);
  return q < 0 ? -size : size;
}

/** The k for which x > 0 is 2^k m, with m between sqrt(1/2) and sqrt(2). */
function exponentOf(x: number): number {
  const tiny = x < 2.2250738585072014e-308;
  double[0] = tiny ? x * TWO_54 : x;
  const high = halves[HIGH]!;
  // Bits: sign 1, exponent 11, fraction 52, of which sqrt(2)'s begin 0x6a09e.
  const above = (high & 0xfffff) > 0x6a09e ? 1 : 0;
  return (high >> 20) - (tiny ? 1023 + 54 : 1023) + above;
}

/** x 2^k for |k| up to 1075, in two steps, since 2^k alone may be no double: only the second may round. */
function scaled(x: number, k: number): number {
  const part = k >> 1;
  return x * POWERS[538 + part]! * POWERS[538 + k - part]!;
}

/**
 * (2 artanh(s) - 2s) / s^3 for z = s^2 up to (3 - sqrt(8))^2: interpolated at Chebyshev points, error 3e-16.
 */
function artanhTail(z: number): number {
  const w = z * z;
  const even =
    0.666666666666667 + w * (0.2857142862600327 + w * (0.18182889455674947 + w * 0.14616585424888623));
  const odd = 0.39999999999899444 + w * (0.22222211130259878 + w * 0.15331710618210773);
  return even + z * odd;
}

/** (2 artanh(s) - 2s - 2/3 s^3) / s^5 for the same z, error 3e-16. */
function artanhTail5(z: number): number {
  const w = z * z;
  const even =
    0.40000000000000024 + w * (0.2222222227110234 + w * (0.15385574796462032 + w * 0.1291361767218225));
  const odd = 0.2857142857133851 + w * (0.18181808247544543 + w * 0.13285957435193352);
  return even + z * odd;
}

function powAtTheEdge(x: number, y: number): number {
  if (!(x >= 0) || Number.isNaN(y)) return Number.NaN;
  return x > 1 === y > 0 ? Infinity : 0;
}

// What a rounded sum or product lost, exactly: Knuth's two-sum; Dekker's two-product with Veltkamp's split in
// halves.

const sumError = (a: number, b: number, sum: number): number => {
  const part = sum - a;
  return a - (sum - part) + (b - part);
};

const productHigh = (a: number, b: number): number => a * b;

function productLow(a: number, b: number): number {
  const aHigh = upper(a);
  const bHigh = upper(b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return aLow * bLow - (a * b - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** The upper 26 bits of a number that is far from the greatest. */
function upper(a: number): number {
  const shifted = a * 134217729;
  return shifted - (shifted - a);
}

const SQRT_TWO_PI = 2.5066282746310002;

/** Beyond, the tail is below half of the least double. */
const TAIL_END = 38.6;

/** e^(-x^2/2). The square of x's first 24 bits is exact, and the rest is small. */
function bell(x: number): number {
  const coarse = Math.fround(x);
  return exp(-0.5 * coarse * coarse) * exp(-0.5 * (x - coarse) * (x + coarse));
}

/**
 * The tail beyond x over e^(-x^2/2), for 0 <= x <= 39: a Chebyshev series in (x - 4)/(x + 4), divided by x +
 * 4.
 */
function tailRatio(x: number): number {
  const at = (((x - 4) / (x + 4) + 1) * 86) / 78 - 1;
  let next = 0;
  let here = 0;
  for (let i = TAIL.length - 1; i > 0; i--) {
    const before = 2 * at * here - next + TAIL[i]!;
    next = here;
    here = before;
  }
  return (at * here - next + TAIL[0]!) / (x + 4);
}

const TAIL = Float64Array.of(
  1.0126372473639922,
  -0.7401943585247441,
  0.20229349931776391,
  -0.03989491676386138,
  0.004923715319877666,
  -0.0001339691672965457,
  -6.997649027583461e-5,
  8.898344953858228e-6,
  9.389142427988867e-7,
  -2.532728051712868e-7,
  -1.7487704593003868e-8,
  7.05230890548994e-9,
  5.579374865246263e-10,
  -2.0195994274867184e-10,
  -2.4999337506627797e-11,
  5.4942590466253655e-12,
  1.1953807846208902e-12,
  -1.1095807813868594e-13,
  -5.3350399518079854e-14,
  -6.874110539235075e-16,
  2.0256330098798592e-15,
  2.521399124961292e-16,
  -5.3760820957829676e-17,
  -1.753958572292844e-17,
  -1.6344407033267337e-19,
);

/** Two polynomials of degree 7, from the constant on; a value is their quotient. */
type Rational = readonly [above: Float64Array, below: Float64Array];

const ratio = ([above, below]: Rational, r: number): number => polynomial(above, r) / polynomial(below, r);

/** Written out: a loop would take twice as long. */
function polynomial(c: Float64Array, r: number): number {
  const upper = ((c[7]! * r + c[6]!) * r + c[5]!) * r + c[4]!;
  return (((upper * r + c[3]!) * r + c[2]!) * r + c[1]!) * r + c[0]!;
}

/** AS 241's centre, written out with its numbers: five of six quantiles are there. */
function centre(r: number): number {
  const above =
    ((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r +
      4.5921953931549871457e4) *
      r +
      1.3731693765509461125e4) *
      r +
      1.9715909503065514427e3) *
      r +
      1.3314166789178437745e2) *
      r +
    3.387132872796366608;
  const below =
    ((((((5.226495278852854561e3 * r + 2.8729085735721942674e4) * r + 3.930789580009271061e4) * r +
      2.1213794301586595867e4) *
      r +
      5.3941960214247511077e3) *
      r +
      6.871870074920579083e2) *
      r +
      4.2313330701600911252e1) *
      r +
    1;
  return above / below;
}

const AS241_TAIL: Rational = [
  Float64Array.of(
    1.42343711074968357734,
    4.6303378461565452959,
    5.7694972214606914055,
    3.64784832476320460504,
    1.27045825245236838258,
    2.4178072517745061177e-1,
    2.27238449892691845833e-2,
    7.7454501427834140764e-4,
  ),
  Float64Array.of(
    1,
    2.05319162663775882187,
    1.6763848301838038494,
    6.8976733498510000455e-1,
    1.4810397642748007459e-1,
    1.51986665636164571966e-2,
    5.475938084995344946e-4,
    1.05075007164441684324e-9,
  ),
];

const AS241_FAR: Rational = [
  Float64Array.of(
    6.6579046435011037772,
    5.4637849111641143699,
    1.7848265399172913358,
    2.9656057182850489123e-1,
    2.6532189526576123093e-2,
    1.2426609473880784386e-3,
    2.71155556874348757815e-5,
    2.01033439929228813265e-7,
  ),
  Float64Array.of(
    1,
    5.9983220655588793769e-1,
    1.3692988092273580531e-1,
    1.48753612908506148525e-2,
    7.868691311456132591e-4,
    1.8463183175100546818e-5,
    1.4215117583164458887e-7,
    2.04426310338993978564e-15,
  ),
];
