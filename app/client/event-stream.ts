/**
 * Server-sent events (WHATWG HTML, section 9.2) over fetch, since an EventSource cannot send a token. Comes back by itself after an
 * interruption, and asks to go on where it was.
 */

export interface StreamEvent {
  readonly type: string;
  readonly data: string;
  /** The last one that the stream has given, not necessarily with this event. */
  readonly id: string;
}

/** From the text of a stream to its events. Does not know where the text comes from, nor how it is cut. */
export class EventStreamParser {
  #rest = '';
  #isFirst = true;
  #type = '';
  #data: string[] = [];
  #id: string;
  #retryMs: number | null = null;

  constructor(lastEventId = '') {
    this.#id = lastEventId;
  }

  get lastEventId(): string {
    return this.#id;
  }

  /** How long the server wants to be left alone before the next attempt; null: it has not said. */
  get retryMs(): number | null {
    return this.#retryMs;
  }

  /** The events that are complete with this piece. */
  push(piece: string): readonly StreamEvent[] {
    let text = this.#rest + piece;
    if (this.#isFirst && text !== '') {
      this.#isFirst = false;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    const events: StreamEvent[] = [];
    let start = 0;
    for (;;) {
      const end = text.slice(start).search(/[\r\n]/) + start;
      // A carriage return at the end may be the first half of a line's end.
      if (end < start || (text[end] === '\r' && end === text.length - 1)) break;
      const event = this.#line(text.slice(start, end));
      if (event !== null) events.push(event);
      start = end + (text[end] === '\r' && text[end + 1] === '\n' ? 2 : 1);
    }
    this.#rest = text.slice(start);
    return events;
  }

  #line(line: string): StreamEvent | null {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#type = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.#retryMs = Number(value);
    return null;
  }

  #dispatch(): StreamEvent | null {
    const type = this.#type === '' ? 'message' : this.#type;
    const data = this.#data;
    this.#type = '';
    this.#data = [];
    return data.length === 0 ? null : { type, data: data.join('\n'), id: this.#id };
  }
}

export interface StreamOptions {
  readonly url: string;
  /** Asked anew before each attempt. */
  headers(): Readonly<Record<string, string>>;
  readonly lastEventId?: string;
  onEvent(event: StreamEvent): void;
  /** `waiting`: interrupted; it tries again. */
  onState(state: 'open' | 'waiting'): void;
  /** The server has answered, and not with a stream. True: try again later. */
  onRefused(status: number): boolean;
  readonly signal: AbortSignal;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** Reads until the signal says stop, or until the server refuses for good. */
export async function readEvents(options: StreamOptions): Promise<void> {
  const { url, headers, onEvent, onState, onRefused, signal } = options;
  let lastEventId = options.lastEventId ?? '';
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    const parser = new EventStreamParser(lastEventId);
    try {
      const resume = lastEventId === '' ? {} : { 'Last-Event-ID': lastEventId };
      const response = await fetch(url, {
        headers: { ...headers(), Accept: 'text/event-stream', ...resume },
        signal,
      });
      if (!response.ok || response.body === null) {
        if (!onRefused(response.status)) return;
      } else {
        onState('open');
        for await (const piece of textOf(response.body)) {
          waitMs = FIRST_WAIT_MS;
          for (const event of parser.push(piece)) {
            lastEventId = event.id;
            onEvent(event);
          }
        }
      }
    } catch (error) {
      // Interrupted: what else is thrown is a defect of the listener, and not to be hidden.
      if (!(error instanceof TypeError || isAbort(error))) throw error;
    }
    if (signal.aborted) return;
    onState('waiting');
    await pause(parser.retryMs ?? waitMs, signal);
    waitMs = Math.min(LONGEST_WAIT_MS, 2 * waitMs);
  }
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

/** Not `for await` over the stream itself: not every browser can. */
async function* textOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      yield decoder.decode(next.value, { stream: true });
  } finally {
    reader.cancel().catch(() => {
      // It has broken off already.
    });
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
