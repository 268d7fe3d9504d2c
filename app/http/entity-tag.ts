/** Entity tags and the conditions that requests put on them (RFC 9110 sections 8.8.3 and 13.1). */
import { badRequest } from './problem.ts';

/** A strong one. */
export const entityTag = (tag: string): string => `"${tag}"`;

export interface TagList {
  /** `*`: whatever there is. */
  readonly any: boolean;
  readonly strong: readonly string[];
  readonly weak: readonly string[];
}

const LIST = /^\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*\s*$/;
const ONE = /(W\/)?"([^"]*)"/g;

/** undefined: the header is absent. @throws {HttpProblem} */
export function readTags(
  name: 'If-Match' | 'If-None-Match',
  header: string | undefined,
): TagList | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return { any: true, strong: [], weak: [] };
  if (!LIST.test(header))
    throw badRequest([
      { path: name, found: shortened(header), allowed: '*, or entity tags in double quotes' },
    ]);
  const all = [...header.matchAll(ONE)].map(([, weak, tag = '']) => ({ isWeak: weak !== undefined, tag }));
  return {
    any: false,
    strong: all.filter(({ isWeak }) => !isWeak).map(({ tag }) => tag),
    weak: all.filter(({ isWeak }) => isWeak).map(({ tag }) => tag),
  };
}

/** Weak comparison: a weak tag is as good as a strong one. */
export const lists = ({ any, strong, weak }: TagList, tag: string): boolean =>
  any || strong.includes(tag) || weak.includes(tag);

const shortened = (header: string): string => (header.length > 60 ? `${header.slice(0, 57)}...` : header);
