/** One-way delay and its variation (RFC 7679, RFC 5481). Order is kept: no packet overtakes the one before it. */
import { ms, normalTable, paretonormalTable, paretoTable, QuantileTable } from '../../../engine/index.ts';
import type { CombinationProblem } from '../check.ts';
import type { DelaySettings } from '../delays.ts';
import type { Values } from '../params.ts';
import type { Profile } from '../profile.ts';
import { defineLine } from '../stage.ts';

export const delayParams = {
  latencyMs: {
    kind: 'milliseconds',
    identity: 0,
    min: 0,
    max: 3_600_000,
    help: 'One-way delay towards the VM, in ms.',
  },
  jitterMs: {
    kind: 'milliseconds',
    identity: 0,
    min: 0,
    max: 3_600_000,
    help: 'Scale of the variation of the delay: by default it varies uniformly by up to this, either way. A sum below 0 is delivered at once and counted.',
  },
  'jitter.distribution': {
    kind: 'choice',
    identity: 'uniform',
    choices: ['uniform', 'normal', 'pareto', 'paretonormal', 'table'],
    help: "uniform: up to jitterMs either way. normal: jitterMs is the standard deviation. pareto, paretonormal: netem's, with a long tail of late packets. All end at 4 times jitterMs. table: as jitter.table says.",
  },
  'jitter.table': {
    kind: 'numbers',
    identity: undefined,
    min: -1000,
    max: 1000,
    reader: 'dist',
    fewest: 2,
    most: 16384,
    order: 'nonDecreasing',
    help: "Variation in multiples of jitterMs at equally spaced probabilities from 0 to 1, with straight lines between them; or one of netem's .dist files.",
  },
  'jitter.correlation': {
    kind: 'probability',
    identity: 0,
    help: "How much each packet's variation resembles that of the one before; the distribution stays what it is.",
  },
} as const;

// Profiles share their lists, so that one table serves all VMs.
const TABLES = new WeakMap<readonly number[], QuantileTable>();

function tableOf(values: readonly number[]): QuantileTable {
  let table = TABLES.get(values);
  if (table === undefined) {
    table = QuantileTable.from(values);
    TABLES.set(values, table);
  }
  return table;
}

/** The quantiles of the variation in multiples of `jitterMs`; undefined: uniform. */
function variation(values: Values<typeof delayParams>): QuantileTable | undefined {
  const table = values['jitter.table'];
  switch (values['jitter.distribution']) {
    case 'normal':
      return normalTable();
    case 'pareto':
      return paretoTable();
    case 'paretonormal':
      return paretonormalTable();
    case 'table':
      return table === undefined ? undefined : tableOf(table);
    case 'uniform':
      return undefined;
  }
}

/** What the fields mean for those who delay packets. */
export function delaySettings(values: Values<typeof delayParams>): DelaySettings {
  const table = variation(values);
  return {
    latency: ms(values.latencyMs),
    jitter: ms(values.jitterMs),
    correlation: values['jitter.correlation'],
    ...(table !== undefined && { table }),
  };
}

/** A distribution that is a table, and a table, need each other. A table that another distribution left behind does no harm. */
export function jitterProblems(profile: Profile, given: Profile): readonly CombinationProblem[] {
  const isTable = profile['jitter.distribution'] === 'table';
  const hasTable = profile['jitter.table'] !== undefined;
  if (isTable && !hasTable) {
    return [{ path: 'jitter.distribution', found: 'table', allowed: 'table, together with jitter.table' }];
  }
  if (given['jitter.table'] !== undefined && !isTable) {
    return [{ path: 'jitter.table', found: 'a table', allowed: 'a table, with jitter.distribution: table' }];
  }
  return [];
}

export const delay = defineLine({
  name: 'delay',
  summary: 'Delays packets, each by its own draw, in order.',
  params: delayParams,
  reads: {},
  active: (values) => values.latencyMs > 0 || values.jitterMs > 0,
  configure(line, values) {
    line.configureDelay(delaySettings(values));
  },
});
