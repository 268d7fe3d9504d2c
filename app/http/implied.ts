/**
 * What orders imply: the way up of a preset is made before whoever names it as its egress, and a personality that is written where it is
 * assigned gets a name. Both at the same instant, unless they are there already.
 */
import { upProfile } from '../../scenarios/index.ts';
import { egressOf, type Profile } from '../../sim/index.ts';
import { profileTag } from '../operation/profile-tag.ts';
import type { Action, Order } from '../operation/run.ts';
import type { Effect, Refusal } from './perform.ts';
import type { Context } from './route.ts';

export class Draft {
  readonly actions: Action[] = [];
  /** Which of the caller's commands each action comes from. */
  readonly origins: number[] = [];
  readonly #presets: Context['presets'];
  /** As they will be at that point of the order. */
  readonly #profiles: Map<string, Profile>;

  constructor(presets: Context['presets'], profiles: ReadonlyMap<string, Profile>) {
    this.#presets = presets;
    this.#profiles = new Map(profiles);
  }

  add(action: Action, origin: number): void {
    const given = valuesOf(action);
    const egress = egressOf(given);
    const up = egress === undefined ? undefined : upProfile(egress, this.#presets);
    if (egress !== undefined && up !== undefined && !this.#profiles.has(egress))
      this.#push({ op: 'create', personality: egress, values: up }, origin);
    this.#push(action, origin);
  }

  /** The name of such a personality; it is made where there is none yet. */
  nameOf(profile: Profile, wanted: string, origin: number): string {
    const tag = profileTag(profile);
    for (let n = 1; ; n++) {
      const name = n === 1 ? wanted : `${wanted}-${n}`;
      const known = this.#profiles.get(name);
      if (known !== undefined && profileTag(known) !== tag) continue;
      if (known === undefined) this.add({ op: 'create', personality: name, values: profile }, origin);
      return name;
    }
  }

  #push(action: Action, origin: number): void {
    this.actions.push(action);
    this.origins.push(origin);
    if (action.op === 'delete') this.#profiles.delete(action.personality);
    else if (action.op === 'create' || action.op === 'replace')
      this.#profiles.set(action.personality, action.values);
    else if (action.op === 'update')
      this.#profiles.set(action.personality, { ...this.#profiles.get(action.personality), ...action.set });
  }
}

function valuesOf(action: Action): Profile | undefined {
  if (action.op === 'create' || action.op === 'replace') return action.values;
  return action.op === 'update' ? action.set : undefined;
}

/** Whether more has to be made along with it, unless it is there. */
export const impliesMore = (action: Action, { presets }: Context): boolean =>
  upProfile(egressOf(valuesOf(action)) ?? '', presets) !== undefined;

export interface Drafted {
  readonly verdict: Effect | Refusal;
  readonly draft: Draft;
}

/** Somebody else may change what there is between the look and the order; not for ever. */
const ATTEMPTS = 3;

/** Orders what `compose` puts into the draft. `isLooking`: what there is matters to it. */
export async function submitDraft(
  compose: (draft: Draft) => void,
  isLooking: boolean,
  { run, presets }: Context,
  expected: NonNullable<Order['expected']> = [],
): Promise<Drafted> {
  for (let attempt = 1; ; attempt++) {
    const before = isLooking ? await run.control() : undefined;
    const profiles = (before?.personalities ?? []).map(({ id, profile }) => [id, profile] as const);
    const draft = new Draft(presets, new Map(profiles));
    compose(draft);
    const verdict = await run.submit({ actions: draft.actions, expected });
    if (verdict.ok || verdict.why !== 'refused' || before === undefined || attempt === ATTEMPTS)
      return { verdict, draft };
    if ((await run.control()).revision === before.revision) return { verdict, draft };
  }
}
