/**
 * YAML text to plain values. Knows YAML 1.2 (core schema, with `<<` merging), not scenarios.
 * Composed from parser events rather than loaded, so that all duplicate keys are told at once, aliases are counted by what they
 * unfold to, and lines cost nothing unless somebody asks.
 */
import {
  type AliasEvent,
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml';
import { lineOf, MOST_DEPTH } from './locate.ts';
import { pathText, type Step } from './path.ts';
import { failure, type Outcome, type Problem, success } from './problems.ts';

/** Characters of one file. */
export const MOST_TEXT = 64 * 2 ** 20;
/** Values in one file, an alias counted as all that it stands for. */
export const MOST_NODES = 10_000_000;
/** Problems: not YAML, duplicate keys, too large, more or less than one document. Never throws. */
export function readYaml(text: string): Outcome<unknown> {
  if (text.length > MOST_TEXT) {
    return failure([
      {
        path: '',
        found: `${text.length} characters`,
        allowed: `at most ${MOST_TEXT} characters in one file`,
      },
    ]);
  }
  try {
    const composer = new Composer(text, parseEvents(text, { maxDepth: MOST_DEPTH }));
    const value = composer.document();
    return composer.problems.length > 0 ? failure(composer.problems) : success(value);
  } catch (error) {
    return failure([unreadable(error)]);
  }
}

function unreadable(error: unknown): Problem {
  if (error instanceof Unacceptable) return error.problem;
  if (!(error instanceof YAMLException)) throw error;
  const { mark, reason } = error;
  const column = mark === undefined ? '' : ` at column ${mark.column + 1}`;
  const line = mark === undefined ? {} : { line: mark.line + 1 };
  return { path: '', found: `${reason}${column}`, allowed: 'YAML 1.2', ...line };
}

/** Ends the reading at once. */
class Unacceptable extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.found);
    this.problem = problem;
  }
}

interface Anchored {
  readonly value: unknown;
  readonly nodes: number;
}

class Composer {
  readonly problems: Problem[] = [];
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #anchors = new Map<string, Anchored>();
  readonly #path: Step[] = [];
  #next = 0;
  #nodes = 0;

  constructor(text: string, events: readonly Event[]) {
    this.#text = text;
    this.#events = events;
  }

  document(): unknown {
    const documents = this.#events.filter((event) => event.type === EVENT_ID.DOCUMENT).length;
    if (documents !== 1) {
      const found = documents === 0 ? 'an empty file' : `${documents} documents`;
      throw new Unacceptable({ path: '', found, allowed: 'one YAML document' });
    }
    this.#next = 1;
    return this.#peek().type === EVENT_ID.POP ? null : this.#value();
  }

  #peek(): Event {
    return this.#events[this.#next]!;
  }

  #value(): unknown {
    const event = this.#events[this.#next++]!;
    if (event.type === EVENT_ID.ALIAS) return this.#alias(event);
    if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) {
      throw new Unacceptable({ path: '', found: 'a document without a value', allowed: 'one YAML document' });
    }
    this.#count(1);
    const before = this.#nodes;
    let value: unknown;
    if (event.type === EVENT_ID.SCALAR) value = this.#scalar(event);
    else if (event.type === EVENT_ID.SEQUENCE) value = this.#sequence();
    else value = this.#mapping();
    if (event.anchorStart >= 0) {
      const name = this.#text.slice(event.anchorStart, event.anchorEnd);
      this.#anchors.set(name, { value, nodes: this.#nodes - before + 1 });
    }
    return value;
  }

  #count(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes <= MOST_NODES) return;
    throw new Unacceptable({
      path: pathText(this.#path),
      found: `more than ${MOST_NODES} values, aliases unfolded`,
      allowed: `at most ${MOST_NODES} values in one file`,
    });
  }

  /** Shared, not copied: nobody writes into a document that was read. */
  #alias(event: AliasEvent): unknown {
    const name = this.#text.slice(event.anchorStart, event.anchorEnd);
    const anchored = this.#anchors.get(name);
    if (anchored === undefined) {
      throw new Unacceptable({
        path: pathText(this.#path),
        found: `*${name}`,
        allowed: 'an anchor that stands before it, complete',
        line: lineOf(this.#text, event.anchorStart),
      });
    }
    this.#count(anchored.nodes);
    return anchored.value;
  }

  #sequence(): unknown[] {
    const items: unknown[] = [];
    while (this.#peek().type !== EVENT_ID.POP) {
      this.#path.push(items.length);
      items.push(this.#value());
      this.#path.pop();
    }
    this.#next++;
    return items;
  }

  #mapping(): Record<string, unknown> {
    const entries: Record<string, unknown> = {};
    const merged: unknown[] = [];
    while (this.#peek().type !== EVENT_ID.POP) {
      const event = this.#events[this.#next++]!;
      if (event.type !== EVENT_ID.SCALAR) {
        throw new Unacceptable({
          path: pathText(this.#path),
          found: 'a key that is not a single word or text',
          allowed: 'texts as keys',
        });
      }
      this.#count(1);
      const key = getScalarValue(this.#text, event);
      this.#path.push(key);
      if (key === '<<' && event.style === SCALAR_STYLE.PLAIN) merged.push(this.#value());
      else if (Object.hasOwn(entries, key)) {
        this.problems.push({
          path: pathText(this.#path),
          found: 'the same key again',
          allowed: 'each key once',
          line: lineOf(this.#text, event.valueStart),
        });
        this.#value();
      } else put(entries, key, this.#value());
      this.#path.pop();
    }
    this.#next++;
    for (const source of merged.flat()) this.#merge(entries, source);
    return entries;
  }

  /** `<<: *base`: what is already there stays. */
  #merge(entries: Record<string, unknown>, source: unknown): void {
    if (source === null || typeof source !== 'object' || Array.isArray(source)) {
      this.problems.push({
        path: pathText([...this.#path, '<<']),
        found: 'something else than a mapping',
        allowed: 'an alias of a mapping, or a list of them',
      });
      return;
    }
    const additions = Object.entries(source);
    this.#count(additions.length);
    for (const [key, value] of additions) if (!Object.hasOwn(entries, key)) put(entries, key, value);
  }

  #scalar(event: ScalarEvent): unknown {
    const text = getScalarValue(this.#text, event);
    if (event.tagStart >= 0) return this.#tagged(event, text);
    return event.style === SCALAR_STYLE.PLAIN ? plainScalar(text) : text;
  }

  #tagged(event: ScalarEvent, text: string): unknown {
    const tag = this.#text.slice(event.tagStart, event.tagEnd);
    if (tag === '!!str' || tag === '!') return text;
    throw new Unacceptable({
      path: pathText(this.#path),
      found: `the tag ${tag}`,
      allowed: 'no tags',
      line: lineOf(this.#text, event.tagStart),
    });
  }
}

/** A key like `__proto__` is data, too. */
function put(entries: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') entries[key] = value;
  else Object.defineProperty(entries, key, { value, enumerable: true, configurable: true, writable: true });
}

const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Infinity] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, -Infinity] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, NaN] as const),
]);
const DECIMAL = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const OCTAL_OR_HEX = /^0(?:o[0-7]+|x[0-9a-fA-F]+)$/;

/** YAML 1.2.2 section 10.3.2. */
function plainScalar(text: string): unknown {
  if (text.length <= 5 && WORDS.has(text)) return WORDS.get(text);
  const code = text.charCodeAt(0);
  // Only + - . and digits begin a number.
  if (code > 57 || code < 43 || (!DECIMAL.test(text) && !OCTAL_OR_HEX.test(text))) return text;
  return Number(text);
}
