/** A stream of changes, each a function of the seed and its number alone, and what a store must have kept after so many of them. */
import type { AssignmentLeft, Changes } from '../../app/operation/run.ts';
import type { Kept } from '../../app/store/store.ts';
import type { Profile } from '../../sim/index.ts';
import { Xoshiro } from './xoshiro.ts';

const PERSONALITIES = 12;
const VMS = 5;
/** Its one assignment lasts as many ns as the last change's number says. */
const COUNTER = 'counter';

/** Of the `number`-th change, from 1 on. Several keys, all with the number in them. */
export function changeOf(seed: number, number: number): Changes {
  const random = new Xoshiro(seed * 1_000_003 + number);
  const upTo = (limit: number): number => Math.floor(random.u() * limit);
  const personalities = new Map<string, Profile | null>();
  for (let left = 1 + upTo(6); left > 0; left--) {
    personalities.set(`p${upTo(PERSONALITIES)}`, random.u() < 0.2 ? null : profileOf(number, upTo));
  }
  const assignments = new Map<string, readonly AssignmentLeft[]>([
    [COUNTER, [{ personality: 'p0', ttl: number }]],
  ]);
  for (let left = upTo(3); left > 0; left--) {
    const assigned = Array.from({ length: upTo(4) }, (_, index) => ({
      personality: `p${upTo(PERSONALITIES)}`,
      ...(index === 0 ? {} : { from: { vm: `v${index}` } }),
      ttl: number,
    }));
    assignments.set(`v${upTo(VMS)}`, assigned);
  }
  return {
    reset: random.u() < 0.03,
    personalities: [...personalities].map(([id, profile]) => ({ id, profile })),
    assignments: [...assignments].map(([vm, assigned]) => ({ vm, assigned })),
  };
}

/** Small ones, and now and then a table that fills several pages. */
const profileOf = (number: number, upTo: (limit: number) => number): Profile => ({
  latencyMs: number / 1000,
  ...(upTo(10) > 0
    ? {}
    : { 'bandwidth.trace': Array.from({ length: 1000 + upTo(2000) }, (_, at) => number + at) }),
});

/** How many of the changes are in it. */
export const countIn = ({ assignments }: Kept): number => assignments.get(COUNTER)?.[0]?.ttl ?? 0;

/** What must be kept, change by change. */
export class ExpectedKept implements Kept {
  readonly personalities = new Map<string, Profile | null>();
  readonly assignments = new Map<string, readonly AssignmentLeft[]>();
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  advanceTo(count: number): this {
    for (let number = countIn(this) + 1; number <= count; number++) this.#apply(changeOf(this.#seed, number));
    return this;
  }

  #apply({ reset, personalities, assignments }: Changes): void {
    if (reset) {
      this.personalities.clear();
      this.assignments.clear();
    }
    for (const { id, profile } of personalities) this.personalities.set(id, profile);
    for (const { vm, assigned } of assignments) this.assignments.set(vm, assigned);
  }
}

/** Sorted, so that equal contents are equal texts. */
export function keptText({ personalities, assignments }: Kept): string {
  const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sorted(personalities), sorted(assignments)]);
}
