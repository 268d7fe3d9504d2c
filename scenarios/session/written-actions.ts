/** Commands and events as a scenario's timeline writes them. */
import type { Nanos } from '../../engine/index.ts';
import type { Command, Scope, TimelineEntry, WorldAction } from '../../sim/index.ts';
import { writtenFields } from '../format/presets.ts';

type Written = Readonly<Record<string, unknown>>;

/** Whole numbers of ns: what is read is what was written. */
export const nanosText = (time: Nanos): string => `${time}ns`;

export function writtenAction(action: Command | WorldAction): Written {
  switch (action.op) {
    case 'create':
      return { create: action.personality, values: writtenFields(action.values) };
    case 'replace':
      return { replace: action.personality, values: writtenFields(action.values) };
    case 'update':
      return { update: action.personality, set: writtenFields(action.set) };
    case 'delete':
      return { delete: action.personality };
    case 'assign':
      return { assign: action.personality, vm: action.vm, ...limits(action) };
    case 'remove':
      return { remove: true, vm: action.vm, ...limits(action) };
    case 'power':
      return { vm: action.vm, power: action.on ? 'on' : 'off' };
    case 'migrate':
      return { vm: action.vm, migrate: action.host };
    case 'link':
      return { link: action.between, state: action.up ? 'up' : 'down' };
    case 'partition': {
      const { id, between, and, oneWay, hold } = action;
      return { partition: { id, between, and, ...(oneWay && { oneWay }), ...(hold && { hold }) } };
    }
    case 'heal':
      return { heal: action.id ?? true };
    case 'start':
      return { start: action.traffic };
    case 'stop':
      return { stop: action.traffic };
  }
}

const limits = ({ from, ttl }: { readonly from?: Scope; readonly ttl?: Nanos }): Written => ({
  ...(from === undefined ? {} : { from }),
  ...(ttl === undefined ? {} : { ttl: nanosText(ttl) }),
});

/** As far as it happens until `end`; null: not at all. */
export function writtenEntry(entry: TimelineEntry, end: Nanos): Written | null {
  const { at, every, until, times, actions } = entry;
  if (at > end) return null;
  const repeats = every !== undefined && at + every <= Math.min(end, until ?? end) && times !== 1;
  const [first, ...others] = actions;
  if (first === undefined) return null;
  return {
    at: nanosText(at),
    ...(repeats && { every: nanosText(every) }),
    ...(repeats && until !== undefined && { until: nanosText(Math.min(until, end)) }),
    ...(repeats && times !== undefined && Number.isFinite(times) && { times }),
    ...(others.length === 0 ? writtenAction(first) : { batch: actions.map(writtenAction) }),
  };
}
