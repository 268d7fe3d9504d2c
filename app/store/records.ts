/**
 * What is kept, as texts by key. A key is a digest of the id, so that ids of any length and script fit; the id itself stands in the
 * text, with a number that says what came before what.
 */
import { createHash } from 'node:crypto';
import { formatProblems } from '../../scenarios/index.ts';
import { checkProfile, type Profile, type Scope } from '../../sim/index.ts';
import type { AssignmentLeft, Changes } from '../operation/run.ts';
import { type Batch, emptyBatch } from './batch.ts';
import type { Kept } from './store.ts';

export type KeptRecord = readonly [key: string, text: string];

type Kind = 'personality' | 'vm';

/** A text is not what this module writes; the message says what it is instead. */
export class BadRecord extends Error {
  override name = 'BadRecord';
}

interface Numbered<T> {
  readonly id: string;
  readonly order: number;
  readonly value: T;
}

/** Turns changes into texts. Remembers which number each id has. */
export class RecordWriter {
  readonly #declared: ReadonlySet<string> | undefined;
  readonly #orders: Map<string, number>;
  #next: number;

  /** @param declared ids of the scenario's personalities: that one of them is deleted must be kept, the others just go. */
  constructor({ orders }: KeptAndOrders, declared: ReadonlySet<string> | undefined) {
    this.#orders = new Map(orders);
    this.#next = [...orders.values()].reduce((next, order) => Math.max(next, order + 1), 0);
    this.#declared = declared;
  }

  batchOf({ reset, personalities, assignments }: Changes): Batch {
    const batch = { ...emptyBatch(), clear: reset };
    if (reset) this.#orders.clear();
    for (const { id, profile } of personalities) {
      const key = keyOf('personality', id);
      // Whoever comes back comes last.
      if (profile === null) this.#orders.delete(key);
      const isGone = profile === null && this.#declared !== undefined && !this.#declared.has(id);
      batch.records.set(key, isGone ? null : this.#text(key, id, profile));
    }
    for (const { vm, assigned } of assignments) {
      const key = keyOf('vm', vm);
      batch.records.set(key, this.#text(key, vm, assigned));
    }
    return batch;
  }

  #text(key: string, id: string, value: unknown): string {
    const order = this.#orders.get(key) ?? this.#next++;
    if (value !== null) this.#orders.set(key, order);
    return JSON.stringify({ id, order, value });
  }
}

export interface KeptAndOrders {
  readonly kept: Kept;
  /** By key. */
  readonly orders: ReadonlyMap<string, number>;
}

/** @throws {BadRecord} */
export function readRecords(records: readonly KeptRecord[]): KeptAndOrders {
  const personalities: Numbered<Profile | null>[] = [];
  const vms: Numbered<readonly AssignmentLeft[]>[] = [];
  const orders = new Map<string, number>();
  for (const [key, text] of records) {
    const { id, order, value } = readNumbered(key, text);
    if (key === keyOf('personality', id)) personalities.push({ id, order, value: readProfile(id, value) });
    else if (key === keyOf('vm', id)) vms.push({ id, order, value: readAssignments(id, value) });
    else throw new BadRecord(`what is said of '${id}' stands in a wrong place`);
    if (value !== null) orders.set(key, order);
  }
  return { kept: { personalities: inOrder(personalities), assignments: inOrder(vms) }, orders };
}

/** Of 42 characters or fewer. */
const keyOf = (kind: Kind, id: string): string =>
  `${kind}/${createHash('sha256').update(id).digest('base64url').slice(0, 30)}`;

function inOrder<T>(entries: readonly Numbered<T>[]): ReadonlyMap<string, T> {
  const sorted = [...entries].sort((a, b) => a.order - b.order);
  return new Map(sorted.map(({ id, value }) => [id, value]));
}

function readNumbered(key: string, text: string): Numbered<unknown> {
  const parsed = readJson(text);
  if (!isObject(parsed)) throw new BadRecord(`the entry ${key} cannot be read`);
  const { id, order, value } = parsed;
  const isFine = typeof id === 'string' && Number.isSafeInteger(order) && value !== undefined;
  if (!isFine) throw new BadRecord(`the entry ${key} lacks what it should say`);
  return { id, order: Number(order), value };
}

function readProfile(id: string, value: unknown): Profile | null {
  if (value === null) return null;
  if (!isObject(value)) throw new BadRecord(`personality '${id}' has no fields`);
  // Each value is looked at just below, whatever it is.
  const profile = value as Profile;
  const problems = checkProfile(profile, id);
  if (problems.length > 0) throw new BadRecord(`a personality is not allowed:\n${formatProblems(problems)}`);
  return profile;
}

function readAssignments(vm: string, value: unknown): readonly AssignmentLeft[] {
  if (!Array.isArray(value)) throw new BadRecord(`VM '${vm}' has no list of assignments`);
  return value.map((each) => readAssignment(vm, each));
}

function readAssignment(vm: string, value: unknown): AssignmentLeft {
  const { personality, from, ttl } = isObject(value) ? value : {};
  const scope = from === undefined ? undefined : readScope(from);
  const isFine = typeof personality === 'string' && personality !== '' && scope !== null && isTtl(ttl);
  if (!isFine) throw new BadRecord(`an assignment of VM '${vm}' cannot be read`);
  return { personality, ...(scope === undefined ? {} : { from: scope }), ttl };
}

function readScope(from: unknown): Scope | null {
  if (!isObject(from) || Object.keys(from).length !== 1) return null;
  const { vm, network, host } = from;
  if (typeof vm === 'string') return { vm };
  if (typeof network === 'string') return { network };
  return typeof host === 'string' ? { host } : null;
}

const isTtl = (ttl: unknown): ttl is number | null =>
  ttl === null || (typeof ttl === 'number' && Number.isSafeInteger(ttl) && ttl > 0);

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** undefined: it is no JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
