/** What runs, how it is doing, and what has become of it. */
import type { IncomingHttpHeaders } from 'node:http';
import { ref } from '../openapi/json-schema.ts';
import { AT, atHeader, inJson, JSON_TYPE, type Route } from '../route.ts';

const YAML = 'application/yaml';
const DIGEST = 'Netpersona-Digest';

export const runRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/run',
    operationId: 'getRun',
    tag: 'run',
    summary: 'What runs',
    description: 'What never changes while it does: networks, hosts, links, VMs, pools, traffic.',
    successes: { 200: inJson('The scenario as it was set up.', ref('Blueprint')) },
    problems: [],
    answer: (_call, { run }) => ({ body: run.blueprint }),
  },
  {
    method: 'get',
    path: '/v1/stats',
    operationId: 'getStats',
    tag: 'run',
    summary: 'How VMs, flows and links are doing',
    description: 'The last look at everything, at most 250 ms old while the run goes on.',
    successes: {
      200: inJson('Counts of the whole run, and rates and delays of the window.', ref('Figures')),
    },
    problems: [],
    answer: async (_call, { run }) => ({ body: await run.figures() }),
  },
  {
    method: 'get',
    path: '/v1/session',
    operationId: 'getSession',
    tag: 'run',
    summary: 'The session as a scenario file',
    description:
      'Everything that has been commanded stands in its timeline: netpersona run on it gives the same digest.',
    successes: {
      200: {
        description: 'The file, or with Accept: application/json the file and its digest.',
        content: {
          [YAML]: { schema: { type: 'string', description: 'A scenario file.' } },
          [JSON_TYPE]: { schema: ref('Session') },
        },
        headers: [DIGEST, AT, 'Content-Disposition'],
      },
    },
    problems: [],
    async answer({ headers }, { run }) {
      const file = await run.session();
      const facts = { [DIGEST]: file.digest, ...atHeader(file.at), Vary: 'Accept' };
      if (wantsJson(headers)) return { headers: facts, body: file };
      const name = `${fileName(run.blueprint.name)}.session.yaml`;
      return {
        type: `${YAML}; charset=utf-8`,
        headers: { ...facts, 'Content-Disposition': `attachment; filename="${name}"` },
        body: file.text,
      };
    },
  },
];

/** What every system allows in a name. */
const fileName = (name: string): string =>
  name
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '')
    .slice(0, 100) || 'scenario';

/** Only who prefers JSON by name gets it; the file is YAML. */
function wantsJson({ accept = '' }: IncomingHttpHeaders): boolean {
  const weights = new Map<string, number>();
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...params] = range.split(';').map((part) => part.trim());
    const q = params.find((param) => param.startsWith('q='));
    weights.set(type, q === undefined ? 1 : Number(q.slice(2)));
  }
  return (weights.get(JSON_TYPE) ?? 0) > (weights.get(YAML) ?? 0);
}
