/** The bytes of a body as JSON, and nothing else. */
import { badRequest, type HttpProblem } from './problem.ts';

/** Nothing that is meant goes so deep; what does would cost time wherever it is walked through. */
const DEEPEST = 64;

/** undefined: an empty body. @throws {HttpProblem} */
export function readJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  const text = decoded(bytes);
  if (depthOf(text) > DEEPEST) throw refused(`collections within more than ${DEEPEST} others`);
  try {
    return parseSafely(text);
  } catch (error) {
    throw refused(error instanceof ForbiddenKey ? error.message : 'something that is no JSON');
  }
}

/** A key that would change what objects are. */
class ForbiddenKey extends Error {
  override name = 'ForbiddenKey';
}

/** As JSON.parse, but for keys that lead to prototypes. @throws {ForbiddenKey | SyntaxError} */
function parseSafely(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // Nobody writes them by accident, so most bodies are not walked through; an escape could hide one.
  if (/__proto__|constructor|\\u/u.test(text)) refuseKeys(value);
  return value;
}

function refuseKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, '__proto__')) throw new ForbiddenKey('the key __proto__');
  const { constructor: made } = value as { readonly constructor?: unknown };
  if (
    Object.hasOwn(value, 'constructor') &&
    typeof made === 'object' &&
    made !== null &&
    Object.hasOwn(made, 'prototype')
  )
    throw new ForbiddenKey('the keys constructor.prototype');
  for (const inner of Object.values(value)) refuseKeys(inner);
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refused('bytes that are not UTF-8');
  }
}

/** How many collections are open at once at most; texts do not count. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isText) {
      if (code === 0x5c) index++;
      else if (code === 0x22) isText = false;
    } else if (code === 0x22) isText = true;
    else if (code === 0x5b || code === 0x7b) {
      depth++;
      if (depth > deepest) deepest = depth;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return deepest;
}

const refused = (found: string): HttpProblem =>
  badRequest([{ path: '', found, allowed: 'JSON (RFC 8259) in UTF-8' }], 'the body is not JSON');
