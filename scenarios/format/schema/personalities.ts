/** Personalities and their assignment. The fields come from the stages' definitions. */
import {
  allowedText,
  FIELDS,
  type Field,
  listText,
  type NumbersReader,
  numbersText,
} from '../../../sim/index.ts';
import {
  choice,
  closed,
  either,
  flag,
  list,
  type Node,
  quantity,
  shared,
  text,
  type Words,
} from '../nodes.ts';
import { quantityOf } from '../quantity.ts';
import { positiveDuration, vmId } from './common.ts';

function fieldNode(field: Field): Node {
  const absent = field.default ?? field.identity;
  const words = { description: field.help, ...(absent === undefined ? {} : { default: absent }) };
  const range = quantityOf(field);
  if (range !== undefined) return quantity(range, words);
  switch (field.kind) {
    case 'boolean':
      return flag(words);
    case 'numbers':
      return numbers(field, words);
    case 'personality':
    case 'flow':
      return text(allowedText(field), words);
    default:
      return choice(field.choices ?? [], words);
  }
}

const FILES: Readonly<Record<NumbersReader, string>> = {
  ordinals: 'one number a line',
  dist: "a table like netem's (.dist), in which 8192 is 1",
  mahimahi: 'a mahimahi trace, one whole ms a line, the last above 0',
};

/** The numbers, or the name of a file that holds them. Their order is checked where the list is read. */
function numbers(field: Field, words: Words): Node {
  const { fewest = 1, most, min, max, aboveMin = false, whole = false, reader } = field;
  const item: Node = {
    type: whole ? 'integer' : 'number',
    ...(min === undefined ? {} : { [aboveMin ? 'exclusiveMinimum' : 'minimum']: min }),
    ...(max === undefined ? {} : { maximum: max }),
    'x-allowed': numbersText(field),
  };
  const items: Node = {
    ...list(item, listText(field), { minItems: fewest }),
    ...(most === undefined ? {} : { maxItems: most }),
  };
  return either(words, items, ...(reader === undefined ? [] : [text(`a file: ${FILES[reader]}`, {})]));
}

function fieldNodes(): Record<string, Node> {
  const nodes: Record<string, Node> = {};
  const groups = new Map<string, Record<string, Node>>();
  for (const field of FIELDS) {
    const [name = '', inner] = field.path.split('.');
    if (inner === undefined) nodes[name] = fieldNode(field);
    else groups.set(name, { ...groups.get(name), [inner]: fieldNode(field) });
  }
  for (const [name, inner] of groups) {
    nodes[name] = closed(inner, [], `a mapping with ${some(Object.keys(inner))}`, {
      description: `Optional settings: ${Object.keys(inner).join(', ')}.`,
    });
  }
  return nodes;
}

const some = (names: readonly string[]): string =>
  names.length > 6 ? `fields such as ${names.slice(0, 4).join(', ')}` : `some of ${names.join(', ')}`;

export const FIELD_NODES = fieldNodes();
export const preset = text('the name of a preset (netpersona presets lists them)', {
  description:
    'Begins with the values of this preset; the fields given here replace them. What a preset has for the way up is the personality NAME/up, and the egress unless another one is given.',
  examples: ['4g-fast'],
});
const A_PERSONALITY = 'a mapping with fields of a personality';
export const personality = shared(
  'personality',
  closed({ preset, ...FIELD_NODES }, [], A_PERSONALITY, {
    description: 'What packets towards a VM meet. An absent field does nothing.',
  }),
);
export const someFields = shared(
  'fields',
  closed(FIELD_NODES, [], 'a mapping with the fields to change', {
    description: 'The fields to change; the others stay as they are.',
  }),
);
export const personalityName = text('the id of a personality', { description: 'The id of a personality.' });

/** Who the sender must be for an assignment to count. */
export const scope = either(
  { description: 'Only packets from this VM, network or host; the most specific one wins, in that order.' },
  text('the id of a VM, network or host', {}),
  closed(
    {
      vm: vmId('The sending VM.'),
      network: text('the id of a network', { description: 'The network of the sending VM.' }),
      host: text('the id of a host', { description: 'The host of the sending VM.' }),
    },
    [],
    'one of { vm: ID }, { network: ID }, { host: ID }',
  ),
);
export const ttl = positiveDuration('The assignment ends by itself after so long.');
const assigned = shared(
  'assigned',
  closed({ personality: personalityName, from: scope, ttl, preset, ...FIELD_NODES }, [], A_PERSONALITY),
);
export const assignment = either(
  { description: 'A personality by its id, or written out here; a list for several with different `from`.' },
  text('the id of a personality', {}),
  assigned,
  list(either({}, text('the id of a personality', {}), assigned), 'a list of those', { minItems: 1 }),
);
