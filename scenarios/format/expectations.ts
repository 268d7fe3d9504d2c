/** Expectations as they are written to plain data with numbers in the metric's unit. */
import { formatNanos, type Nanos } from '../../engine/index.ts';
import { formatAddress, parseAddress } from '../../sim/index.ts';
import {
  type Expectation,
  type ExpectationLimit,
  type ExpectationSubject,
  METRICS,
  type MetricUnit,
  type SubjectKind,
} from './expect.ts';
import { type Findings, show, words } from './findings.ts';
import { linkKey, readHostPair } from './hosts.ts';
import type { Path } from './path.ts';
import { pathText } from './path.ts';
import type { Places } from './places.ts';
import { allowedQuantity, nearestQuantity, type Quantity, readQuantity } from './quantity.ts';
import { list, mapping, type Raw, text } from './raw.ts';

export interface ExpectationContext {
  readonly places: Places;
  readonly findings: Findings;
  readonly flows: ReadonlySet<string>;
  readonly duration: Nanos;
}

export function readExpectations(document: Raw, context: ExpectationContext): readonly Expectation[] {
  return list(document['expect']).flatMap((value, index) => {
    const expectation = readExpectation(mapping(value), ['expect', index], context);
    return expectation === undefined ? [] : [expectation];
  });
}

const KINDS = Object.keys(METRICS) as readonly SubjectKind[];

function readExpectation(raw: Raw, at: Path, context: ExpectationContext): Expectation | undefined {
  const kind = KINDS.find((key) => raw[key] !== undefined);
  if (kind === undefined) return undefined;
  const subject = readSubject(kind, raw, at, context);
  const metric = text(kind === 'total' ? raw['total'] : raw['metric']) ?? '';
  const known = METRICS[kind];
  const unit = Object.hasOwn(known, metric) ? known[metric] : undefined;
  if (unit === undefined || subject === undefined) return undefined;
  checkMember(kind, metric, raw, at, context);
  const limit = readLimit(raw, at, unit, context.findings);
  if (limit === undefined) return undefined;
  const during = readDuring(raw['during'], [...at, 'during'], context);
  if (raw['during'] !== undefined && kind !== 'flow') {
    const path = [...at, 'during'];
    context.findings.add(path, raw['during'], 'nothing: only flows are measured during a part of the run');
    return undefined;
  }
  return {
    subject,
    metric,
    unit,
    limit,
    ...(during === undefined ? {} : { during }),
    path: pathText(at),
    text: describe(kind, metric, raw, during),
  };
}

function readSubject(
  kind: SubjectKind,
  raw: Raw,
  at: Path,
  { places, findings, flows }: ExpectationContext,
): ExpectationSubject | undefined {
  const place = [...at, kind];
  if (kind === 'total') return { kind };
  if (kind === 'link') {
    const hosts = readHostPair(raw['link'], place, places.hosts, findings);
    if (hosts === undefined) return undefined;
    if (!places.links.some(({ between }) => linkKey(between) === linkKey(hosts))) {
      findings.add(place, words(hosts.join(', ')), 'two hosts with a declared link between them');
    }
    return { kind, from: hosts[0], to: hosts[1] };
  }
  if (kind === 'pool') return readPoolSubject(raw, at, { places, findings });
  const id = text(raw[kind]);
  if (id === undefined) return undefined;
  if (kind === 'flow') {
    if (!flows.has(id)) findings.unknown(place, id, 'the id of traffic', flows);
  } else if (!places.vms.has(id)) findings.unknown(place, id, 'the id of a VM', places.vms.keys());
  return { kind, id };
}

function readPoolSubject(
  raw: Raw,
  at: Path,
  { places, findings }: Pick<ExpectationContext, 'places' | 'findings'>,
): ExpectationSubject | undefined {
  const written = text(raw['pool']);
  if (written === undefined) return undefined;
  const parsed = parseAddress(written);
  const address = parsed === null ? written : formatAddress(parsed);
  const network = text(raw['network']);
  const fitting = places.pools.filter(
    (pool) => pool.address === address && (network === undefined || pool.network === network),
  );
  const [pool] = fitting;
  if (pool === undefined) {
    const known = places.pools.map((each) => each.address);
    findings.unknown([...at, 'pool'], written, 'the address of a pool', known);
    return undefined;
  }
  if (fitting.length > 1) {
    findings.add(
      [...at, 'network'],
      undefined,
      `the id of the pool's network: ${fitting.map((each) => each.network).join(' or ')}`,
    );
  }
  const member = text(raw['member']);
  if (member !== undefined && !pool.members.includes(member)) {
    findings.unknown([...at, 'member'], member, 'the id of a member of the pool', pool.members);
  }
  return { kind: 'pool', address, network: pool.network, ...(member === undefined ? {} : { member }) };
}

function checkMember(
  kind: SubjectKind,
  metric: string,
  raw: Raw,
  at: Path,
  { findings }: ExpectationContext,
): void {
  if (kind !== 'pool') return;
  if (metric === 'share' && raw['member'] === undefined) {
    findings.add([...at, 'member'], undefined, 'the member whose share it is');
  }
  if (metric !== 'share' && raw['member'] !== undefined) {
    findings.add([...at, 'member'], raw['member'], 'a member only with metric: share');
  }
}

const OPERATORS = ['atLeast', 'atMost', 'between', 'equals'] as const;

function readLimit(raw: Raw, at: Path, unit: MetricUnit, findings: Findings): ExpectationLimit | undefined {
  const given = OPERATORS.filter((operator) => raw[operator] !== undefined);
  const [operator] = given;
  if (operator === undefined) {
    findings.add([...at, 'atMost'], undefined, `one of ${OPERATORS.join(', ')}`);
    return undefined;
  }
  for (const other of given.slice(1))
    findings.add([...at, other], raw[other], `one of ${OPERATORS.join(', ')}`);
  const value = raw[operator];
  if (operator !== 'between') {
    const number = readNumber(value, [...at, operator], unit, findings);
    return number === undefined ? undefined : { op: operator, value: number };
  }
  if (!Array.isArray(value)) return undefined;
  const ends = value.map((end, index) => readNumber(end, [...at, 'between', index], unit, findings));
  const [low, high] = ends;
  if (value.length !== 2) findings.add([...at, 'between'], value, 'two numbers, the smaller first');
  if (low === undefined || high === undefined || value.length !== 2) return undefined;
  if (low > high)
    findings.add(
      [...at, 'between'],
      words(`${shownEnd(value[0])} before ${shownEnd(value[1])}`),
      'two numbers, the smaller first',
    );
  return { op: 'between', low, high };
}

const shownEnd = (value: unknown): string => (typeof value === 'string' ? value : show(value));

const UNITS: Readonly<Record<MetricUnit, Quantity>> = {
  nanos: { measure: 'nanos', min: 0 },
  bitsPerSecond: { measure: 'bits', min: 0 },
  bytes: { measure: 'bytes', min: 0 },
  share: { measure: 'probability', min: 0, max: 1 },
  count: { measure: 'count', min: 0, max: Number.MAX_SAFE_INTEGER },
  number: { measure: 'number', min: 0, max: Number.MAX_SAFE_INTEGER },
};

function readNumber(value: unknown, at: Path, unit: MetricUnit, findings: Findings): number | undefined {
  const quantity = UNITS[unit];
  const number = readQuantity(quantity, value);
  if (number !== null) return number;
  findings.add(at, value, allowedQuantity(quantity), nearestQuantity(quantity, value));
  return undefined;
}

function readDuring(
  value: unknown,
  at: Path,
  { findings, duration }: ExpectationContext,
): readonly [Nanos, Nanos] | undefined {
  if (!Array.isArray(value)) return undefined;
  const [from, to] = value.map((end) => readQuantity({ measure: 'nanos', min: 0 }, end));
  if (value.length !== 2) findings.add(at, value, 'two instants, the earlier first');
  if (from == null || to == null || value.length !== 2) return undefined;
  if (from >= to)
    findings.add(
      at,
      words(`${shownEnd(value[0])} and ${shownEnd(value[1])}`),
      'two instants, the earlier first',
    );
  else if (to > duration)
    findings.add([...at, 1], value[1], `an instant within the run, which lasts ${duration / 1e9} s`);
  return [from, to];
}

const OPERATOR_WORDS = {
  atLeast: 'at least',
  atMost: 'at most',
  between: 'between',
  equals: 'equals',
} as const;

/** `stream loss at most 0.005, from 5s to 10s`. */
function describe(
  kind: SubjectKind,
  metric: string,
  raw: Raw,
  during: readonly [Nanos, Nanos] | undefined,
): string {
  const who = kind === 'total' ? 'total' : kind === 'link' ? list(raw['link']).join('>') : String(raw[kind]);
  const member = text(raw['member']);
  const operator = OPERATORS.find((each) => raw[each] !== undefined) ?? 'equals';
  const limit = operator === 'between' ? list(raw['between']).join(' and ') : String(raw[operator]);
  const when = during === undefined ? '' : `, from ${formatNanos(during[0])} to ${formatNanos(during[1])}`;
  return `${who}${member === undefined ? '' : ` (${member})`} ${metric} ${OPERATOR_WORDS[operator]} ${limit}${when}`;
}
