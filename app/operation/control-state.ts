/** What commands have made of a world, read from it, and the way back to how it began. Changes nothing itself. */
import { NEVER } from '../../engine/index.ts';
import {
  type Assignment,
  type AssignmentSpec,
  egressOf,
  type Profile,
  type Scope,
  type World,
  type WorldSpec,
} from '../../sim/index.ts';
import type { Action, AssignmentLeft, Changes, ControlState } from './run.ts';

export function controlState(world: World, revision: number): ControlState {
  const { personalities, system, partitions } = partsOf(world);
  return {
    at: world.kernel.now,
    revision,
    personalities: [...personalities.profiles].map(([id, profile]) => ({ id, profile })),
    assignments: personalities.assignments().map(({ vm, personality, from, expires }) => ({
      vm: system.vms[vm] ?? '',
      personality,
      ...(from === undefined ? {} : { from }),
      expires: expires === NEVER ? null : expires,
    })),
    vms: system.vms.map((id, vm) => ({
      id,
      host: system.hosts[system.hostOf[vm] ?? 0] ?? '',
      up: system.isUp[vm] === 1,
    })),
    linksDown: linksDown(world),
    partitions: partitions.ids(),
  };
}

const partsOf = ({ personalities, system, fabric: { partitions } }: World) => ({
  personalities,
  system,
  partitions,
});

/** Each link once, though it has two directions. */
function linksDown(world: World): readonly (readonly [string, string])[] {
  const down = world.loads().filter(({ up }) => !up);
  return down
    .filter((_, index) => index % 2 === 0)
    .map(({ id }) => {
      const [from = '', to = ''] = id.split('>');
      return [from, to] as const;
    });
}

/** What is left, right after them, of what the actions named. */
export function changesOf(actions: readonly Action[], world: World): Changes {
  const ids = new Set<string>();
  const vms = new Set<string>();
  for (const action of actions) {
    if (action.op === 'assign' || action.op === 'remove') vms.add(action.vm);
    else if ('personality' in action) ids.add(action.personality);
  }
  const { personalities, system } = world;
  return {
    reset: false,
    personalities: [...ids].map((id) => ({ id, profile: personalities.profile(id) ?? null })),
    assignments: [...vms].map((vm) => ({
      vm,
      assigned: personalities.assignmentsOf(system.vmIndex(vm)).map(
        ({ personality, from, expires }): AssignmentLeft => ({
          personality,
          ...(from === undefined ? {} : { from }),
          ttl: expires === NEVER ? null : expires - world.kernel.now,
        }),
      ),
    })),
  };
}

/** What a world began with, or was to. */
export type Beginning = Pick<WorldSpec, 'personalities' | 'assignments'>;

/** From how things are to how the world began: only what differs is touched. */
export function resetActions(world: World, initial: Beginning): readonly Action[] {
  const { personalities, system } = world;
  const actions: Action[] = [];
  // What an assignment names must be there before it, and what an egress names before that.
  for (const id of egressFirst(initial.personalities)) {
    const values = initial.personalities[id] ?? {};
    const now = personalities.profile(id);
    if (now === undefined) actions.push({ op: 'create', personality: id, values });
    else if (!isSame(now, values)) actions.push({ op: 'replace', personality: id, values });
  }
  for (const [vm, id] of system.vms.entries()) {
    const then = initial.assignments.filter((each) => each.vm === id);
    actions.push(...reassignments(id, personalities.assignmentsOf(vm), then));
  }
  const present = Object.fromEntries(personalities.profiles);
  const extra = egressFirst(present).filter((id) => !Object.hasOwn(initial.personalities, id));
  for (const id of extra.toReversed()) actions.push({ op: 'delete', personality: id });
  return actions;
}

function reassignments(
  vm: string,
  now: readonly Assignment[],
  then: readonly AssignmentSpec[],
): readonly Action[] {
  const wanted = new Map(then.map((each) => [keyOf(each.from), each]));
  const surplus = now.filter(({ from }) => !wanted.has(keyOf(from)));
  // To remove the one for everybody is to remove all of them.
  const isCleared = surplus.some(({ from }) => from === undefined);
  const removals: readonly Action[] = isCleared
    ? [{ op: 'remove', vm }]
    : surplus.flatMap(({ from }) => (from === undefined ? [] : [{ op: 'remove', vm, from }]));
  for (const { personality, from, expires } of isCleared ? [] : now) {
    const same = wanted.get(keyOf(from));
    // An assignment that ends by itself begins anew.
    if (same?.personality === personality && same.ttl === undefined && expires === NEVER)
      wanted.delete(keyOf(from));
  }
  return [...removals, ...[...wanted.values()].map((each): Action => ({ op: 'assign', ...each }))];
}

const keyOf = (from: Scope | undefined): string => JSON.stringify(from ?? null);

const isSame = (a: Profile, b: Profile): boolean => {
  const paths = Object.keys(a);
  return (
    paths.length === Object.keys(b).length &&
    paths.every((path) => JSON.stringify(a[path]) === JSON.stringify(b[path]))
  );
};

/** Ids in an order in which each comes after its egress. */
function egressFirst(profiles: Readonly<Record<string, Profile>>): readonly string[] {
  const order = new Set<string>();
  const visit = (id: string): void => {
    if (order.has(id) || !Object.hasOwn(profiles, id)) return;
    const egress = egressOf(profiles[id]);
    // There are no circles: the control plane refuses them.
    if (egress !== undefined && egress !== id) visit(egress);
    order.add(id);
  };
  for (const id of Object.keys(profiles)) visit(id);
  return [...order];
}
