/** The format's own schema as a plain JSON Schema. */
import type { Branches, Node, Shared } from './nodes.ts';
import { publishedQuantity, type Quantity } from './quantity.ts';

/** Without the words of the checks, and with what they say in JSON Schema's own keywords; shared parts under `$defs`. */
export function published(node: Node): Record<string, unknown> {
  const definitions: Record<string, unknown> = {};
  return { ...(plain(node, definitions) as Record<string, unknown>), $defs: definitions };
}

function plain(value: unknown, definitions: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item, definitions));
  if (value === null || typeof value !== 'object') return value;
  const result: Record<string, unknown> = {};
  for (const [keyword, inner] of Object.entries(value)) {
    if (keyword === 'x-quantity') Object.assign(result, publishedQuantity(inner as Quantity));
    else if (keyword === 'x-branches')
      Object.assign(result, publishedBranches(inner as Branches, definitions));
    else if (keyword === 'x-shared') Object.assign(result, reference(inner as Shared, definitions));
    else if (!keyword.startsWith('x-')) result[keyword] = plain(inner, definitions);
  }
  return result;
}

function publishedBranches({ by, nodes }: Branches, definitions: Record<string, unknown>): object {
  if (by !== undefined) return { oneOf: Object.values(nodes).map((node) => plain(node, definitions)) };
  let chain: object = { not: {} };
  for (const name of Object.keys(nodes).toReversed()) {
    chain = { if: { required: [name] }, then: plain(nodes[name], definitions), else: chain };
  }
  return chain;
}

/** Where other types are allowed as well, only mappings have to look like it. */
function reference({ name, node }: Shared, definitions: Record<string, unknown>): object {
  definitions[name] ??= plain(node, definitions);
  return { if: { type: 'object' }, then: { $ref: `#/$defs/${name}` } };
}
