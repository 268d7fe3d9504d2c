/** The scenario format's definitions as schemas of requests: the words of the checks become keywords and descriptions. */
import {
  type Branches,
  type FormatNode,
  publishedQuantity,
  type Quantity,
  type Shared,
} from '../../../scenarios/index.ts';
import { type JsonSchema, ref } from './json-schema.ts';

/** `components` gets what is referred to. */
export function publish(node: FormatNode, components: Record<string, JsonSchema>): JsonSchema {
  const shared = node['x-shared'] as Shared | undefined;
  if (shared !== undefined) return publishShared(shared, node, components);
  const branches = node['x-branches'] as Branches | undefined;
  if (branches !== undefined) return publishBranches(branches, node, components);
  return plain(node, components);
}

function plain(node: FormatNode, components: Record<string, JsonSchema>): JsonSchema {
  const result: Record<string, unknown> = {};
  for (const [keyword, inner] of Object.entries(node)) {
    if (keyword === 'x-quantity') Object.assign(result, publishedQuantity(inner as Quantity));
    else if (keyword === 'properties') result[keyword] = publishEach(inner as Nodes, components);
    else if (keyword === 'items') result[keyword] = publish(inner as FormatNode, components);
    else if (keyword === 'required' && (inner as readonly string[]).length === 0) continue;
    else if (!keyword.startsWith('x-')) result[keyword] = inner;
  }
  return { ...result, ...described(node) };
}

type Nodes = Readonly<Record<string, FormatNode>>;

export const publishEach = (
  nodes: Nodes,
  components: Record<string, JsonSchema>,
): Record<string, JsonSchema> =>
  Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, publish(node, components)]));

/** What is allowed, with its unit, belongs to the description: people read that. */
function described(node: FormatNode): JsonSchema {
  const { description, 'x-allowed': allowed, properties, enum: choices } = node;
  const says = typeof description === 'string' ? description : '';
  if (allowed === undefined || properties !== undefined || choices !== undefined)
    return says === '' ? {} : { description: says };
  const text = String(allowed);
  return { description: `${says} ${text.charAt(0).toUpperCase()}${text.slice(1)}.`.trim() };
}

/** Beside a mapping with a name of its own, other types may be allowed. */
function publishShared(
  { name, node: inner }: Shared,
  { 'x-shared': _, ...node }: FormatNode,
  components: Record<string, JsonSchema>,
): JsonSchema {
  const title = componentName(name);
  components[title] ??= publish(inner, components);
  const others = [node['type']].flat().filter((type) => type !== 'object');
  const { description } = node;
  const words = typeof description === 'string' ? description : undefined;
  if (others.length === 0) return ref(title, words);
  const { description: _words, ...rest } = plain(node, components);
  return {
    ...(words === undefined ? {} : { description: words }),
    anyOf: [{ ...rest, type: others.length === 1 ? others[0] : others }, ref(title)],
  };
}

/** Each branch is closed and needs a key of its own, so exactly one fits. */
function publishBranches(
  { nodes }: Branches,
  node: FormatNode,
  components: Record<string, JsonSchema>,
): JsonSchema {
  const { description } = node;
  return {
    ...(typeof description === 'string' ? { description } : {}),
    oneOf: Object.entries(nodes).map(([name, branch]) => {
      const title = `${componentName(name)}Action`;
      components[title] ??= publish(branch, components);
      return ref(title);
    }),
  };
}

/** The personalities of answers are other ones. */
const NAMES: Readonly<Record<string, string>> = {
  personality: 'PersonalityValues',
  fields: 'PersonalityFields',
};

const componentName = (name: string): string =>
  NAMES[name] ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
