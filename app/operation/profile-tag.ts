/** Which version of a personality one has seen. Its ETag is made of it. */
import { createHash } from 'node:crypto';
import { writtenFields } from '../../scenarios/index.ts';
import type { Profile } from '../../sim/index.ts';

/** Equal for equal written forms, in whatever order the fields came to be: 22 letters of base64url, the first 132 bits of a SHA-256. */
export function profileTag(profile: Profile): string {
  const text = JSON.stringify(writtenFields(profile), inOrder);
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** Mappings with their keys in order of code units. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
