/**
 * What each preset has to say, written down from the published numbers by hand and not from the files. Rates in kbit/s, times in ms,
 * loss in per cent. `est(…)`: nobody published it. `null`: the source gives none.
 */

/** A number that nobody published. */
export interface Estimate {
  readonly est: Value;
}
/** A number, or the ends of a range in which it must be. */
export type Value = number | readonly [least: number, most: number];
export type Cell = Value | Estimate | null;

const est = (value: Value): Estimate => ({ est: value });

/** What the delay rests on: a round trip, which is halved; one whose direction is not said, which is taken towards the VM; or one way. */
export type Delay =
  | { readonly rtt: number | readonly [number, number]; readonly is: Value }
  | { readonly unspecified: number }
  | { readonly down: Cell; readonly up: Cell };

export interface Row {
  readonly down: Cell;
  readonly up: Cell;
  readonly delay: Delay;
  readonly jitter: Cell;
  /** Of the way up, where the source has another one. */
  readonly jitterUp?: Cell;
  readonly loss: Cell;
  readonly basis: RegExp;
}

const row = (down: Cell, up: Cell, delay: Delay, jitter: Cell, loss: Cell, basis: RegExp): Row => ({
  down,
  up,
  delay,
  jitter,
  loss,
  basis,
});

/** Half of it each way. */
const rtt = (roundTrip: number): Delay => ({ rtt: roundTrip, is: roundTrip / 2 });
const rttRange = (least: number, most: number, is: Value): Delay => ({ rtt: [least, most], is });
const unspecified = (delay: number): Delay => ({ unspecified: delay });
const both = (delay: Cell): Delay => ({ down: delay, up: delay });
const ways = (down: Cell, up: Cell): Delay => ({ down, up });

const ATC = /Augmented Traffic Control/;
const WPT = /WebPageTest/;
const DEVTOOLS = /Chrome DevTools/;
const LOADERO = /Loadero/;
const COMCAST = /Comcast/;
const OPENSIGNAL = /Opensignal/;
const IBM = /IBM Cloud/;
const SLA = /Verizon/;
const GBIT = est(1_000_000);
const TEN_GBIT = est(10_000_000);

export const TABLE: Readonly<Record<string, Row>> = {
  'gprs-good': row(50, 50, unspecified(500), null, 2, COMCAST),
  gprs: row(80, 20, unspecified(650), 100, 1, LOADERO),
  '2g-rural': row(20, 18, both(650), null, 2, ATC),
  '2g-urban': row(35, 32, both(650), null, 0, ATC),
  'edge-good': row(250, 200, ways(350, 370), null, 0, ATC),
  'edge-average': row(240, 200, ways(400, 440), null, 0, ATC),
  'edge-lossy': row(240, 200, ways(400, 440), null, 1, ATC),
  'edge-wpt': row(240, 200, rtt(840), null, 0, WPT),
  '3g-average': row(780, 330, both(100), null, 0, ATC),
  '3g-good': row(850, 420, ways(90, 100), null, 0, ATC),
  '3g-slow-wpt': row(400, 400, rtt(400), null, 0, WPT),
  '3g-wpt': row(1600, 768, rtt(300), null, 0, WPT),
  '3g-devtools': row(500, 500, rtt(400), null, 0, DEVTOOLS),
  '3g-loadero': row(1200, 1200, unspecified(250), 50, 0.5, LOADERO),
  'hspa-loadero': row(20_000, 10_000, unspecified(150), 10, 0.5, LOADERO),
  '4g-slow': row(1600, 750, rtt(150), null, 0, DEVTOOLS),
  '4g-fast': row(9000, 1500, rtt(60), null, 0, DEVTOOLS),
  'lte-wpt': row(12_000, 12_000, rtt(70), null, 0, WPT),
  '4g-loadero': { ...row(100_000, 50_000, unspecified(45), 5, 0.2, LOADERO), jitterUp: 15 },
  // The US in 2019.
  lte: row(32_700, est(10_000), rttRange(31, 39, [16, 20]), est(5), est(0.1), OPENSIGNAL),
  '5g-lowband': row(62_700, est(20_000), both(est(15)), est(4), est(0.1), OPENSIGNAL),
  '5g-midband': row([100_000, 250_000], est(30_000), both(est(12)), est(4), est(0.05), OPENSIGNAL),
  '5g-midband-slow': row(100_000, est(30_000), both(est(12)), est(4), est(0.05), OPENSIGNAL),
  '5g-midband-fast': row(250_000, est(30_000), both(est(12)), est(4), est(0.05), OPENSIGNAL),
  '5g-mmwave': row(506_000, est(50_000), both(est(8)), est(5), est(0.2), OPENSIGNAL),
  dialup: row(49, 30, rtt(120), null, 0, WPT),
  'dsl-atc': row(2000, 256, both(5), null, 0, ATC),
  'dsl-wpt': row(1500, 384, rtt(50), null, 0, WPT),
  'dsl-poor': row(2000, 2000, unspecified(70), null, 2, COMCAST),
  'dsl-good': row(8000, 8000, unspecified(40), null, 0.5, COMCAST),
  'cable-wpt': row(5000, 1000, rtt(28), null, 0, WPT),
  'cable-atc': row(6000, 1000, both(2), null, 0, ATC),
  'fibre-wpt': row(20_000, 5000, rtt(4), null, 0, WPT),
  'wifi-good': row(30_000, 30_000, unspecified(40), est(3), 0.2, COMCAST),
  // Uniform by up to 17 ms each way: two such sums have quartiles 10 ms from their middle.
  'leo-starlink': row(150_000, est(15_000), rtt(50), 17, est([0.5, 1]), /UCLouvain/),
  'geo-sat': row(100_000, 10_000, both(est(300)), est(15), est(0.1), /tariff/i),
  'geo-sat-phone': row(1000, 256, unspecified(600), null, null, LOADERO),
  'same-az': row(TEN_GBIT, TEN_GBIT, rtt(0.09), null, 0, IBM),
  'inter-az': row(TEN_GBIT, TEN_GBIT, rttRange(2, 2.4, [1, 1.2]), null, 0, IBM),
  'eu-backbone': row(GBIT, GBIT, rtt(30), est([0, 1]), 0.5, SLA),
  'us-backbone': row(GBIT, GBIT, rtt(45), est([0, 1]), 0.5, SLA),
  transatlantic: row(GBIT, GBIT, rtt(75), null, null, IBM),
  'transatlantic-sla': row(GBIT, GBIT, rtt(90), null, 0.5, SLA),
  'us-frankfurt': row(GBIT, GBIT, rtt(91), null, null, IBM),
  transpacific: row(GBIT, GBIT, rtt(166), null, null, IBM),
  'transpacific-dallas': row(GBIT, GBIT, rtt(143), null, null, IBM),
  'transpacific-sla': row(GBIT, GBIT, rtt(160), null, null, SLA),
  'eu-sydney': row(GBIT, GBIT, rtt(261), null, null, IBM),
  'us-saopaulo': row(GBIT, GBIT, rtt(118), null, null, IBM),
  'us-singapore': row(GBIT, GBIT, rtt(260), null, null, SLA),
  'earth-mars': row(est(1000), est(256), both(180_000), null, null, /speed of light/),
  'earth-mars-far': row(est(1000), est(256), both(1_330_000), null, null, /speed of light/),
  blackhole: row(null, null, both(null), null, 100, /what the name says/),
};
