/** What a scenario expects of its run, as plain data. Judging it is the reports' business. */
import type { Nanos } from '../../engine/index.ts';
import type { MetricUnit } from './metrics.ts';

export { METRIC_HELP, METRICS, type MetricUnit } from './metrics.ts';

/** What the figure is about. A member of a pool is named only for its share. */
export type ExpectationSubject =
  | { readonly kind: 'flow' | 'vm'; readonly id: string }
  /** Host ids, in the direction that counts: from the first to the second. */
  | { readonly kind: 'link'; readonly from: string; readonly to: string }
  /** The pool's address, canonical text, and its network (two networks may use the same address). */
  | { readonly kind: 'pool'; readonly address: string; readonly network: string; readonly member?: string }
  | { readonly kind: 'total' };
export type SubjectKind = ExpectationSubject['kind'];

/**
 * The limits, in the metric's unit. `between` is inclusive on both sides. `equals` is exact for counts; for others the
 * judge compares the printed precision.
 */
export type ExpectationLimit =
  | { readonly op: 'atLeast' | 'atMost' | 'equals'; readonly value: number }
  | { readonly op: 'between'; readonly low: number; readonly high: number };

export interface Expectation {
  readonly subject: ExpectationSubject;
  /** One of {@link METRICS} of the subject's kind. */
  readonly metric: string;
  readonly unit: MetricUnit;
  readonly limit: ExpectationLimit;
  /** Only packets sent (questions asked) in [from, to) count; absent: the whole run. */
  readonly during?: readonly [Nanos, Nanos];
  /** Where it stands in the file: `expect[0]`. */
  readonly path: string;
  /** In words, as the user wrote it: `stream loss at most 0.005`. */
  readonly text: string;
}
