/** Parameters that several calls have. */
import { nodes } from '../../../scenarios/index.ts';
import { publish } from '../openapi/publish.ts';
import type { Parameter } from '../route.ts';

/** As long as an id in a file, or the name of a preset's way up. */
const idText = (allowed: string) => publish(nodes.text(allowed, {}), {});

export const VM_ID: Parameter = {
  name: 'vmId',
  description: 'The id of a VM.',
  schema: { ...idText('the id of a VM'), examples: ['server'] },
  example: 'server',
};

export const PERSONALITY_ID: Parameter = {
  name: 'personalityId',
  description: 'The id of a personality. A slash in it (`lte/up`) is written `%2F`.',
  schema: { ...idText('the id of a personality'), examples: ['transatlantic'] },
  example: 'transatlantic',
};

export const PRESET_NAME: Parameter = {
  name: 'name',
  description: 'The name of a preset.',
  schema: { ...idText('the name of a preset'), examples: ['lte'] },
  example: 'lte',
};

/** RFC 9110 sections 13.1.1 and 13.1.2. */
const TAG_LIST = { type: 'string', pattern: '^(\\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$', examples: ['*'] };

export const IF_MATCH: Parameter = {
  name: 'If-Match',
  description: 'Only if the personality is still of this version: the ETag of an earlier answer.',
  schema: TAG_LIST,
  example: '"J0Zr1nqHe7lqNq5mlUpPQQ"',
};

export const IF_NONE_MATCH: Parameter = {
  name: 'If-None-Match',
  description: 'Only if the personality is of another version than these.',
  schema: TAG_LIST,
  example: '"J0Zr1nqHe7lqNq5mlUpPQQ"',
};
