/** Does what a world action names exist? Asked before anything of its batch happens. */
import type { Fabric } from './fabric.ts';
import type { Problem } from './problem.ts';
import type { WorldAction } from './specs.ts';
import type { Traffic } from './traffic.ts';

/** Every problem of one action, each with its path below `at`. `before`: what is done at the same instant before it. */
export function checkAction(
  action: WorldAction,
  at: string,
  fabric: Fabric,
  traffic: Traffic,
  before: readonly { readonly op: string; readonly id?: string }[] = [],
): Problem[] {
  const { system, substrate, partitions } = fabric;
  const problems: Problem[] = [];
  const expect = (holds: boolean, field: string, found: string, allowed: string): void => {
    if (!holds) problems.push({ path: `${at}.${field}`, found, allowed, kind: 'missing' });
  };
  const expectVm = (id: string, field: string): void => expect(system.hasVm(id), field, id, 'the id of a VM');
  switch (action.op) {
    case 'power':
      expectVm(action.vm, 'vm');
      break;
    case 'migrate':
      expectVm(action.vm, 'vm');
      expect(system.hasHost(action.host), 'migrate', action.host, 'the id of a host');
      break;
    case 'link': {
      const [a, b] = action.between;
      const exists =
        system.hasHost(a) && system.hasHost(b) && substrate.hasLink(system.hostIndex(a), system.hostIndex(b));
      expect(exists, 'link', `${a}, ${b}`, 'two hosts with a link between them');
      break;
    }
    case 'partition':
      for (const [index, id] of action.between.entries()) expectVm(id, `between[${index}]`);
      for (const [index, id] of action.and.entries()) expectVm(id, `and[${index}]`);
      break;
    case 'heal': {
      const { id } = action;
      if (id === undefined) break;
      const begins = before.some((other) => other.op === 'partition' && other.id === id);
      expect(begins || partitions.hasBegun(id), 'heal', id, 'the id of a partition that has begun');
      break;
    }
    case 'start':
    case 'stop':
      expect(traffic.has(action.traffic), action.op, action.traffic, 'the id of a traffic');
      break;
  }
  return problems;
}
