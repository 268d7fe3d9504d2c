/** Do the bandwidth fields of a personality belong together? */
import type { CombinationProblem } from '../check.ts';
import { STANDARD } from '../disciplines/discipline.ts';
import { disciplines } from '../disciplines/index.ts';
import type { ParamValue } from '../params.ts';
import type { Profile } from '../profile.ts';
import { bandwidthParams } from '../stages/bandwidth.ts';

/** Which disciplines know a parameter; what is not here is not a discipline's. */
const USERS: Readonly<Record<string, readonly string[]>> = {
  'bandwidth.ecn': ['red', 'ared', 'codel', 'fqCodel', 'pie'],
  'bandwidth.targetMs': ['red', 'ared', 'codel', 'fqCodel', 'pie'],
  'bandwidth.intervalMs': ['codel', 'fqCodel'],
  'bandwidth.flows': ['fqCodel', 'drr'],
  'bandwidth.quantumBytes': ['fqCodel', 'drr'],
  'bandwidth.redMin': ['red', 'ared'],
  'bandwidth.redMax': ['red', 'ared'],
  'bandwidth.redWeight': ['red', 'ared'],
  'bandwidth.redMaxProbability': ['red', 'ared'],
  'bandwidth.redGentle': ['red', 'ared'],
  'bandwidth.updateMs': ['pie'],
  'bandwidth.burstAllowanceMs': ['pie'],
  'bandwidth.bands': ['prio'],
};

/**
 * What cannot be, and fields that would do nothing where they stand: somebody who sets them expects something. Of an update, `given` are
 * the fields that it sets; those that were left behind before it are nobody's mistake, unless they contradict each other.
 */
export function bandwidthProblems(profile: Profile, given: Profile = profile): readonly CombinationProblem[] {
  const link = linkOf(profile);
  return [
    ...contradictions(profile, link),
    ...Object.entries(given).flatMap(([path, value]) => {
      const allowed = means(path, value) ? whereUseful(path, link) : null;
      return allowed === null ? [] : [{ path, found: `${text(value)} where it does nothing`, allowed }];
    }),
  ];
}

interface Link {
  readonly hasRate: boolean;
  readonly isWire: boolean;
  readonly hasTrace: boolean;
  readonly hasSlots: boolean;
  readonly hasCells: boolean;
  readonly discipline: string;
}

function linkOf(profile: Profile): Link {
  const has = (path: string): boolean => means(path, profile[path]);
  return {
    hasRate: has('bandwidthKbps'),
    isWire: profile['bandwidth.model'] === 'serialize',
    hasTrace: has('bandwidth.trace'),
    hasSlots: has('bandwidth.slotMinMs') || has('bandwidth.slotMaxMs'),
    hasCells: has('bandwidth.cellBytes'),
    discipline: String(profile['bandwidth.discipline'] ?? 'droptail'),
  };
}

/** Whether the field asks for something: it is there, and not its identity. */
function means(path: string, value: ParamValue | undefined): boolean {
  // Its default depends on the discipline, but no marks are no marks.
  if (path === 'bandwidth.ecn') return value === true;
  const params: Readonly<Record<string, { readonly identity: ParamValue | undefined }>> = bandwidthParams;
  return value !== undefined && value !== params[path]?.identity;
}

/** What it takes for a field that does nothing on this link; null: it does something. */
function whereUseful(path: string, link: Link): string | null {
  const { hasRate, hasTrace, hasSlots, hasCells, isWire, discipline } = link;
  const users = USERS[path];
  if (users !== undefined) {
    return users.includes(discipline) ? null : `only with bandwidth.discipline ${orText(users)}`;
  }
  switch (path) {
    case 'bandwidth.discipline':
      return hasRate || hasTrace || hasSlots ? null : 'only with bandwidthKbps, bandwidth.trace or slots';
    case 'bandwidth.peakKbps':
      return hasRate && !isWire ? null : 'only with bandwidthKbps and bandwidth.model tokenBucket';
    case 'bandwidth.overheadBytes':
    case 'bandwidth.cellBytes':
      return hasRate || hasTrace || hasSlots ? null : 'only with bandwidthKbps, bandwidth.trace or slots';
    case 'bandwidth.cellOverheadBytes':
      return hasCells ? null : 'only with bandwidth.cellBytes';
    case 'bandwidth.slotPackets':
    case 'bandwidth.slotBytes':
      return hasSlots ? null : 'only with bandwidth.slotMinMs or bandwidth.slotMaxMs';
    default:
      return null;
  }
}

function contradictions(profile: Profile, link: Link): CombinationProblem[] {
  const problems: CombinationProblem[] = [];
  const number = (path: string): number | undefined => {
    const value = profile[path];
    return typeof value === 'number' ? value : undefined;
  };
  const refuse = (path: string, allowed: string): void => {
    problems.push({ path, found: text(profile[path]), allowed });
  };
  const trace = profile['bandwidth.trace'];
  if (typeof trace === 'object') {
    if (trace.at(-1) === 0) refuse('bandwidth.trace', 'a last number above 0: the list repeats after it');
    for (const path of INSTEAD_OF_TRACE) {
      if (means(path, profile[path]))
        refuse(path, 'nothing beside bandwidth.trace, which is the rate itself');
    }
  }
  const rate = number('bandwidthKbps');
  const peak = number('bandwidth.peakKbps');
  if (rate !== undefined && peak !== undefined && peak < rate) {
    refuse('bandwidth.peakKbps', `at least bandwidthKbps, ${rate}`);
  }
  if (peak !== undefined && link.hasSlots) {
    refuse('bandwidth.peakKbps', 'nothing beside slots, whose packets leave together');
  }
  const slotMin = number('bandwidth.slotMinMs') ?? 0;
  const slotMax = number('bandwidth.slotMaxMs') ?? 0;
  if (slotMax > 0 && slotMin > slotMax) {
    refuse('bandwidth.slotMinMs', `at most bandwidth.slotMaxMs, ${slotMax}`);
  }
  return [...problems, ...thresholdProblems(number, link.discipline)];
}

/** Of RED's thresholds, given or by default. 0: found from the target and the rate. */
function thresholdProblems(
  number: (path: string) => number | undefined,
  discipline: string,
): CombinationProblem[] {
  if (!USERS['bandwidth.redMin']!.includes(discipline)) return [];
  const standard = { ...STANDARD, ...disciplines.find(({ name }) => name === discipline)?.defaults };
  const min = number('bandwidth.redMin');
  const max = number('bandwidth.redMax');
  const least = min ?? standard.redMin;
  const most = max ?? standard.redMax;
  if (least === 0 || most === 0 || least < most) return [];
  return max === undefined
    ? [{ path: 'bandwidth.redMin', found: text(min), allowed: `less than bandwidth.redMax, ${most}` }]
    : [{ path: 'bandwidth.redMax', found: text(max), allowed: `more than bandwidth.redMin, ${least}` }];
}

const INSTEAD_OF_TRACE = [
  'bandwidthKbps',
  'bandwidth.model',
  'bandwidth.burstBytes',
  'bandwidth.slotMinMs',
  'bandwidth.slotMaxMs',
];

const orText = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

const text = (value: ParamValue | undefined): string =>
  typeof value === 'object' ? `a list of ${value.length}` : String(value);
