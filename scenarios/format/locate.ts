/** Places in a document to lines in its text. Walks the text again, so that reading it need not remember. */
import { EVENT_ID, type Event, getScalarValue, parseEvents } from 'js-yaml';
import type { Path, Step } from './path.ts';

/** Collections within collections. */
export const MOST_DEPTH = 50;

export interface Place {
  /** From 1. */
  readonly line: number;
  /** Characters before it. */
  readonly offset: number;
}

export const lineOf = (text: string, offset: number): number => countLines(text, 0, offset) + 1;

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

/** Steps that somebody asks about, and where the walk found them. */
interface Wanted {
  readonly steps: Map<Step, Wanted>;
  offset: number;
}

/**
 * Where the paths stand in a text that was read: the place itself or, when it does not exist (a missing field, what an alias
 * stands for), the nearest one around it.
 */
export function locate(text: string, paths: readonly Path[]): readonly (Place | undefined)[] {
  const root: Wanted = { steps: new Map(), offset: -1 };
  for (const path of paths) {
    let wanted = root;
    for (const step of path) {
      const deeper = wanted.steps.get(step) ?? { steps: new Map(), offset: -1 };
      wanted.steps.set(step, deeper);
      wanted = deeper;
    }
  }
  new Finder(text, parseEvents(text, { maxDepth: MOST_DEPTH })).find(root);
  const offsets = paths.map((path) => {
    let wanted: Wanted | undefined = root;
    let offset = root.offset;
    for (const step of path) {
      wanted = wanted?.steps.get(step);
      if (wanted === undefined || wanted.offset < 0) break;
      offset = wanted.offset;
    }
    return offset;
  });
  return withLines(text, offsets);
}

function withLines(text: string, offsets: readonly number[]): readonly (Place | undefined)[] {
  const lines = new Map<number, number>();
  let line = 1;
  let at = 0;
  for (const offset of [...new Set(offsets)].sort((a, b) => a - b)) {
    if (offset < 0) continue;
    line += countLines(text, at, offset);
    at = offset;
    lines.set(offset, line);
  }
  return offsets.map((offset) => (offset < 0 ? undefined : { offset, line: lines.get(offset) ?? 1 }));
}

class Finder {
  readonly #text: string;
  readonly #events: readonly Event[];
  #next = 1;

  constructor(text: string, events: readonly Event[]) {
    this.#text = text;
    this.#events = events;
  }

  find(root: Wanted): void {
    const first = this.#events[1];
    if (first === undefined || first.type === EVENT_ID.POP) return;
    root.offset = Math.max(0, startOf(first));
    this.#visit(root);
  }

  #visit(wanted: Wanted): void {
    const event = this.#events[this.#next]!;
    if (wanted.steps.size === 0) this.#skip();
    else if (event.type === EVENT_ID.SEQUENCE) this.#sequence(wanted);
    else if (event.type === EVENT_ID.MAPPING) this.#mapping(wanted);
    else this.#next++;
  }

  #sequence(wanted: Wanted): void {
    this.#next++;
    for (let index = 0; this.#events[this.#next]!.type !== EVENT_ID.POP; index++) this.#step(wanted, index);
    this.#next++;
  }

  #mapping(wanted: Wanted): void {
    this.#next++;
    while (this.#events[this.#next]!.type !== EVENT_ID.POP) {
      const event = this.#events[this.#next++]!;
      const key = event.type === EVENT_ID.SCALAR ? getScalarValue(this.#text, event) : '';
      this.#step(wanted, key, startOf(event));
    }
    this.#next++;
  }

  #step(wanted: Wanted, step: Step, offset = startOf(this.#events[this.#next]!)): void {
    const deeper = wanted.steps.get(step);
    if (deeper === undefined) {
      this.#skip();
      return;
    }
    if (deeper.offset < 0) deeper.offset = offset;
    this.#visit(deeper);
  }

  /** Past one value with all that is in it. */
  #skip(): void {
    let depth = 0;
    do {
      const { type } = this.#events[this.#next++]!;
      if (type === EVENT_ID.SEQUENCE || type === EVENT_ID.MAPPING) depth++;
      else if (type === EVENT_ID.POP) depth--;
    } while (depth > 0);
  }
}

function startOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return event.valueStart;
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart;
  return event.type === EVENT_ID.SEQUENCE || event.type === EVENT_ID.MAPPING ? event.start : -1;
}
