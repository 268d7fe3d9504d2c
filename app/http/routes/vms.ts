/** VMs and the personalities that they have. */
import { nearestName, nodes, parseDuration } from '../../../scenarios/index.ts';
import type { Problem, Scope } from '../../../sim/index.ts';
import type { Blueprint, ControlState } from '../../operation/run.ts';
import { ASSIGNMENT_BODY } from '../openapi/components.ts';
import { ref } from '../openapi/json-schema.ts';
import { namesOf, perform } from '../perform.ts';
import { badRequest, notFound } from '../problem.ts';
import {
  type Answer,
  AT,
  atHeader,
  type Call,
  type Context,
  checked,
  checkedQuery,
  inJson,
  type Route,
} from '../route.ts';
import { PERSONALITY_ID, VM_ID } from './parameters.ts';

const EXAMPLE = {
  id: 'server',
  host: 'us',
  up: true,
  forwards: false,
  interfaces: [{ network: 'prod', ip: '10.0.0.2' }],
  assignments: [{ personality: 'transatlantic', expires: null }],
};

const ASSIGNED = namesOf({ assign: PERSONALITY_ID.name, vm: VM_ID.name }, [PERSONALITY_ID.name, VM_ID.name]);

/** Who is meant by `from`, in a query. */
const SCOPES = { fromVm: 'vm', fromNetwork: 'network', fromHost: 'host' } as const;

const FROM_QUERY = nodes.closed(
  Object.fromEntries(
    Object.entries(SCOPES).map(([name, kind]) => {
      const noun = kind === 'vm' ? 'VM' : kind;
      const description = `Only what it has for packets from this ${noun}; absent: all that it has.`;
      return [name, nodes.text(`the id of a ${noun}`, { description })];
    }),
  ),
  [],
  'a mapping',
);

export const vmRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/vms',
    operationId: 'listVms',
    tag: 'vms',
    summary: 'All VMs',
    successes: { 200: inJson('Every VM as it is now.', ref('Vms'), { vms: [EXAMPLE] }) },
    problems: [],
    async answer(_call, { run }) {
      const control = await run.control();
      return { body: { vms: control.vms.map(({ id }) => vmState(id, run.blueprint, control)) } };
    },
  },
  {
    method: 'get',
    path: '/v1/vms/{vmId}',
    operationId: 'getVm',
    tag: 'vms',
    summary: 'A VM',
    params: [VM_ID],
    successes: { 200: inJson('As it is now.', ref('Vm'), EXAMPLE) },
    problems: [404],
    async answer(call, context) {
      return { body: await vmOf(call, context) };
    },
  },
  {
    method: 'get',
    path: '/v1/vms/{vmId}/personalities',
    operationId: 'listAssignments',
    tag: 'vms',
    summary: 'The personalities that a VM has',
    params: [VM_ID],
    successes: {
      200: inJson('The most specific one counts.', ref('Assignments'), { assignments: EXAMPLE.assignments }),
    },
    problems: [404],
    async answer(call, context) {
      const { assignments } = await vmOf(call, context);
      return { body: { assignments } };
    },
  },
  {
    method: 'post',
    path: '/v1/vms/{vmId}/personalities/{personalityId}',
    operationId: 'assignPersonality',
    tag: 'vms',
    summary: 'Gives a VM its personality',
    description:
      'In place of the one that it has, for the same packets. To do it again changes nothing, but that a ttl begins anew.',
    params: [VM_ID, PERSONALITY_ID],
    body: {
      schema: ref('AssignmentBody'),
      required: false,
      examples: {
        limited: {
          summary: 'For packets from one VM, for ten seconds',
          value: { from: { vm: 'client' }, ttl: '10s' },
        },
      },
    },
    successes: {
      200: inJson(
        'It has it.',
        ref('Assigned'),
        { vm: 'server', personality: 'transatlantic', at: 1_500_000_000, expires: null },
        [AT],
      ),
    },
    problems: [404, 409],
    answer: assign,
  },
  {
    method: 'delete',
    path: '/v1/vms/{vmId}/personalities',
    operationId: 'removePersonalities',
    tag: 'vms',
    summary: 'Takes a VM’s personalities away',
    description: 'All of them, or the one for packets from somebody. What it does not have it need not lose.',
    params: [VM_ID],
    query: FROM_QUERY,
    successes: { 204: { description: 'It has none.', content: {}, headers: [AT] } },
    problems: [404, 409],
    answer: remove,
  },
];

async function vmOf({ params }: Call, { run }: Context): Promise<ReturnType<typeof vmState>> {
  const id = params['vmId'] ?? '';
  const control = await run.control();
  const ids = control.vms.map((vm) => vm.id);
  if (ids.includes(id)) return vmState(id, run.blueprint, control);
  throw notFound('there is no such VM', [unknown(VM_ID.name, id, 'the id of a VM', ids)]);
}

function vmState(id: string, blueprint: Blueprint, control: ControlState) {
  const { forwards = false, interfaces = [] } = blueprint.vms.find((vm) => vm.id === id) ?? {};
  const { host = '', up = false } = control.vms.find((vm) => vm.id === id) ?? {};
  const assignments = control.assignments
    .filter(({ vm }) => vm === id)
    .map(({ vm: _, ...assignment }) => assignment);
  return { id, host, up, forwards, interfaces, assignments };
}

async function assign({ params, body }: Call, context: Context): Promise<Answer> {
  const vm = params['vmId'] ?? '';
  const personality = params['personalityId'] ?? '';
  const given = body === undefined ? {} : checked(ASSIGNMENT_BODY, body);
  const from = given['from'] === undefined ? undefined : readScope(given['from'], context.run.blueprint);
  const ttl = parseDuration(given['ttl']) ?? undefined;
  const assignment = {
    ...(from === undefined ? {} : { from }),
    ...(ttl === undefined ? {} : { ttl }),
  };
  const actions = [{ op: 'assign', vm, personality, ...assignment }] as const;
  const { at } = await perform({ actions }, ASSIGNED, context);
  return {
    headers: atHeader(at),
    body: {
      vm,
      personality,
      at,
      expires: ttl === undefined ? null : at + ttl,
      ...(from === undefined ? {} : { from }),
    },
  };
}

async function remove({ params, query }: Call, context: Context): Promise<Answer> {
  const given = Object.entries(checkedQuery(FROM_QUERY, query)) as [keyof typeof SCOPES, string][];
  const [first, second] = given;
  if (second !== undefined)
    throw badRequest([{ path: second[0], found: second[1], allowed: `not together with ${first?.[0]}` }]);
  const from = first === undefined ? {} : { from: { [SCOPES[first[0]]]: first[1] } as unknown as Scope };
  const names = namesOf({ vm: VM_ID.name, ...(first && { from: first[0] }) }, [VM_ID.name]);
  const actions = [{ op: 'remove', vm: params['vmId'] ?? '', ...from }] as const;
  const { at } = await perform({ actions }, names, context);
  return { status: 204, headers: atHeader(at) };
}

/** `{ vm: ID }`, `{ network: ID }`, `{ host: ID }`, or an id that only one of them has: as in a scenario. @throws {HttpProblem} */
function readScope(value: unknown, { vms, networks, hosts }: Blueprint): Scope {
  const known = {
    vm: vms.map(({ id }) => id),
    network: networks.map(({ id }) => id),
    host: hosts,
  };
  const forms = 'one of { vm: ID }, { network: ID }, { host: ID }';
  if (typeof value === 'string') {
    const kinds = Object.entries(known).filter(([, ids]) => ids.includes(value));
    const [kind] = kinds;
    if (kind === undefined)
      throw badRequest([
        unknown('from', value, 'the id of a VM, network or host', Object.values(known).flat()),
      ]);
    if (kinds.length > 1)
      throw badRequest([
        { path: 'from', found: `${value}, which several things are called`, allowed: forms },
      ]);
    return { [kind[0]]: value } as unknown as Scope;
  }
  const scope = value as Readonly<Record<string, string>>;
  const [kind, ...others] = Object.keys(scope);
  if (kind === undefined || others.length > 0)
    throw badRequest([
      { path: 'from', found: `a mapping with ${Object.keys(scope).join(', ') || 'nothing'}`, allowed: forms },
    ]);
  return scope as unknown as Scope;
}

function unknown(path: string, found: string, allowed: string, ids: readonly string[]): Problem {
  const nearest = nearestName(found, ids);
  return { path, found, allowed, ...(nearest === undefined ? {} : { nearest }) };
}
