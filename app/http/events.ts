/**
 * `GET /v1/events`: what happens, as it happens (WHATWG HTML, section 9.2). One subscription to the run feeds all readers; what many
 * read is written once, and what comes within a moment goes together.
 *
 * - `hello` {version}: first; its id is the number of the last command that the reader knows
 * - `clock`: a Clock; `figures`: Figures, large ones with what has changed alone (`partial`). Who is slow misses some
 * - `command`: a CommandEntry; its id is its number. In order, none twice
 * - `gap` {from, to, lost}: the reader was slow. Commands `from` to `to` follow now, but for the first `lost`, which nobody has any more
 */
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { nearestName, nodes } from '../../scenarios/index.ts';
import type { Clock, CommandEntry, Figures, Run, RunEvent } from '../operation/run.ts';
import {
  CommandBatch,
  EventReader,
  type EventSource,
  eventText,
  type Told,
  type Wanted,
} from './event-reader.ts';
import { changesSince, isLarge } from './figures-changes.ts';
import { badRequest, HttpProblem } from './problem.ts';
import { checkedQuery } from './route.ts';

export interface EventOptions {
  /** So many may read at once. */
  readonly readers?: number;
  /** So many bytes may wait for one reader. */
  readonly bufferBytes?: number;
  /** Real ms between comments that say that the stream is alive. */
  readonly heartbeatMs?: number;
  /** Real ms after which a reader is cut off that takes nothing. */
  readonly stuckMs?: number;
  /** Real ms in which events gather before they go together. The first after a rest goes at once. */
  readonly gatherMs?: number;
  /** Real ms that a browser waits before it comes back. */
  readonly retryMs?: number;
  /** Real ms that the last bytes have when the server closes. */
  readonly lingerMs?: number;
}

const USUAL: Required<EventOptions> = {
  readers: 256,
  bufferBytes: 256 * 1024,
  heartbeatMs: 15_000,
  stuckMs: 60_000,
  gatherMs: 100,
  retryMs: 2000,
  lingerMs: 500,
};

/** How the readers are. */
export interface EventStats {
  readonly readers: number;
  /** Those that have missed commands and wait for room. */
  readonly slow: number;
  /** Bytes that wait, for all readers together and for the slowest. */
  readonly waiting: number;
  readonly mostWaiting: number;
  /** Readers that were cut off because they took nothing. */
  readonly cutOff: number;
}

const TYPES = ['clock', 'figures', 'command'] as const;
/** They come whether wanted or not. */
const ALWAYS = ['hello', 'gap'] as const;
const NAMES: readonly string[] = [...TYPES, ...ALWAYS];
const ALLOWED_TYPES = `names among ${NAMES.join(', ')}, with commas between them`;

export const EVENTS_QUERY = nodes.closed(
  {
    types: nodes.text(ALLOWED_TYPES, {
      description:
        'Names of the events that are wanted, with commas between them; hello and gap come anyway. Default: all.',
      examples: ['figures,command'],
    }),
    after: nodes.quantity(
      { measure: 'count', min: 0, max: Number.MAX_SAFE_INTEGER },
      {
        description:
          'Commands with larger numbers come first. Default: only those from now on. Last-Event-ID goes before it.',
      },
    ),
  },
  [],
  'a mapping',
);

/** Adds the call. Readers are sent away when the server closes; the run goes on. Answers how they are, for tests. */
export function registerEvents(app: FastifyInstance, run: Run, options: EventOptions = {}): () => EventStats {
  const hub = new EventHub(run, { ...USUAL, ...options });
  // Before the server waits for its connections to end.
  app.addHook('preClose', async () => hub.close());
  app.get('/v1/events', { exposeHeadRoute: false }, async (request, reply) => {
    const { types, after } = checkedQuery(EVENTS_QUERY, request.query as Readonly<Record<string, unknown>>);
    const wanted = wantedOf(types as string | undefined);
    // A browser that comes back repeats its address, and knows more than that.
    const known = lastEventId(request) ?? (after as number | undefined);
    await hub.prepare();
    hub.checkRoom();
    if (reply.raw.destroyed) return;
    hub.attach(beginStream(reply), wanted, known);
  });
  return () => hub.stats;
}

function wantedOf(types: string | undefined): Wanted {
  const names: readonly string[] = types?.split(',') ?? TYPES;
  const problems = names
    .filter((name) => !NAMES.includes(name))
    .map((name) => {
      const nearest = nearestName(name, NAMES);
      const found = JSON.stringify(name);
      return { path: 'types', found, allowed: ALLOWED_TYPES, ...(nearest === undefined ? {} : { nearest }) };
    });
  if (problems.length > 0) throw badRequest(problems);
  const wants = (name: (typeof TYPES)[number]): boolean => names.includes(name);
  return { clock: wants('clock'), figures: wants('figures'), command: wants('command') };
}

/** The last command that the reader got. */
function lastEventId({ headers }: FastifyRequest): number | undefined {
  const id = headers['last-event-id'];
  if (id === undefined || id === '') return undefined;
  if (typeof id === 'string' && /^\d{1,15}$/.test(id)) return Number(id);
  const problem = { path: 'Last-Event-ID', found: JSON.stringify(id), allowed: 'the number of a command' };
  throw badRequest([problem]);
}

function beginStream(reply: FastifyReply): ServerResponse {
  reply.hijack();
  const response = reply.raw;
  // Nothing may happen for as long as nothing happens.
  response.socket?.setTimeout(0);
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) response.setHeader(name, value);
  // It ends with the connection, so pieces need no frames: one buffer each, one call of the system.
  response.removeHeader('Transfer-Encoding');
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    Connection: 'close',
    'X-Accel-Buffering': 'no',
  });
  return response;
}

/** So many commands go together at most: no piece is so large that it fills a reader's buffer. */
const MOST_TOGETHER = 200;
/** So many are asked for at once. */
const PAGE = 1000;

class EventHub implements EventSource {
  readonly #run: Run;
  readonly #options: Required<EventOptions>;
  readonly #readers = new Set<EventReader>();
  readonly #unsubscribe: () => void;
  readonly #timers: readonly NodeJS.Timeout[];
  #prepared: Promise<void> | undefined = undefined;
  last = 0;
  clock: Told = NOTHING_TOLD;
  figures: Told = NOTHING_TOLD;
  // What has not been told yet.
  #commands: CommandEntry[] = [];
  #newClock: Clock | undefined = undefined;
  #newFigures: Figures | undefined = undefined;
  #toldFigures: Figures | undefined = undefined;
  #gathering: NodeJS.Timeout | undefined = undefined;
  #toldAt = -Infinity;
  #cutOff = 0;
  #isClosed = false;

  constructor(run: Run, options: Required<EventOptions>) {
    this.#run = run;
    this.#options = options;
    this.#unsubscribe = run.subscribe((event) => this.#hear(event));
    const each = (ms: number, act: () => void): NodeJS.Timeout => setInterval(act, ms).unref();
    this.#timers = [
      each(options.heartbeatMs, () => this.#beat()),
      each(Math.max(1, options.stuckMs / 4), () => this.#cutOffStuck()),
    ];
  }

  get stats(): EventStats {
    const readers = [...this.#readers];
    const waiting = readers.map((reader) => reader.waiting);
    return {
      readers: readers.length,
      slow: readers.filter(({ isSlow }) => isSlow).length,
      waiting: waiting.reduce((a, b) => a + b, 0),
      mostWaiting: Math.max(0, ...waiting),
      cutOff: this.#cutOff,
    };
  }

  commands(after: number, limit: number): Promise<readonly CommandEntry[]> {
    return this.#run.commands(after, limit);
  }

  /** Once before the first reader: learns what happened before it listened. */
  async prepare(): Promise<void> {
    this.#prepared ??= this.#learn();
    try {
      await this.#prepared;
    } catch (error) {
      this.#prepared = undefined;
      throw error;
    }
  }

  /** @throws {HttpProblem} when there is none. */
  checkRoom(): void {
    const { readers } = this.#options;
    if (!this.#isClosed && this.#readers.size < readers) return;
    throw new HttpProblem(
      503,
      this.#isClosed ? 'the server is closing' : `${readers} read events already; no more can`,
      { headers: { 'Retry-After': '5' } },
    );
  }

  /** `known`: the number of the last command that the reader knows. One that is yet to come is of another run. */
  attach(response: ServerResponse, wanted: Wanted, known: number = this.last): void {
    const { bufferBytes, retryMs } = this.#options;
    const position = known <= this.last ? known : 0;
    const reader = new EventReader(response, this, { wanted, position, bufferBytes });
    this.#readers.add(reader);
    // A reader who breaks off is no error of ours.
    response.on('error', () => {});
    response.once('close', () => {
      reader.leave();
      this.#readers.delete(reader);
    });
    const { version } = this.#run.blueprint;
    reader.hello(`retry: ${retryMs}\n${eventText('hello', { version }, position)}`);
  }

  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    for (const timer of this.#timers) clearInterval(timer);
    this.#tell();
    for (const reader of this.#readers) reader.end(this.#options.lingerMs);
  }

  async #learn(): Promise<void> {
    const run = this.#run;
    const [clock, figures] = await Promise.all([run.clock(), run.figures()]);
    // What was heard meanwhile is later.
    if (this.clock.number === 0) this.#newClock ??= clock;
    if (this.figures.number === 0) this.#newFigures ??= figures;
    for (;;) {
      const page = await run.commands(this.last, PAGE);
      this.last = Math.max(this.last, page.at(-1)?.sequence ?? 0);
      if (page.length < PAGE) break;
    }
    this.#tell();
  }

  #hear(event: RunEvent): void {
    if (event.type === 'clock') this.#newClock = event.clock;
    else if (event.type === 'figures') this.#newFigures = event.figures;
    else this.#gather(event.entry);
    if (this.#gathering !== undefined || this.#isClosed) return;
    const rest = this.#toldAt + this.#options.gatherMs - performance.now();
    this.#gathering = setTimeout(() => this.#tell(), Math.max(0, rest));
  }

  #gather(entry: CommandEntry): void {
    if (entry.sequence <= this.last) return;
    if (entry.sequence !== this.last + 1) this.#tell();
    this.last = entry.sequence;
    if (this.#readers.size === 0) return;
    this.#commands.push(entry);
    if (this.#commands.length >= MOST_TOGETHER) this.#tell();
  }

  /** Everything new, to everybody. */
  #tell(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#toldAt = performance.now();
    const batch = this.#commands.length > 0 ? new CommandBatch(this.#commands) : undefined;
    this.#commands = [];
    if (this.#newClock !== undefined) this.clock = toldClock(this.clock.number + 1, this.#newClock);
    if (this.#newFigures !== undefined) {
      this.figures = toldFigures(this.figures.number + 1, this.#toldFigures, this.#newFigures);
      this.#toldFigures = this.#newFigures;
    }
    this.#newClock = undefined;
    this.#newFigures = undefined;
    for (const reader of this.#readers) reader.tell(batch);
  }

  #beat(): void {
    for (const reader of this.#readers) reader.beat();
  }

  #cutOffStuck(): void {
    for (const reader of this.#readers) {
      if (!reader.isStuck(this.#options.stuckMs)) continue;
      this.#cutOff++;
      reader.cutOff();
    }
  }
}

const NOTHING_TOLD: Told = { number: 0, full: () => NOTHING, changes: () => NOTHING };
const NOTHING = Buffer.alloc(0);

function toldClock(number: number, clock: Clock): Told {
  const full = once(() => eventText('clock', clock));
  return { number, full, changes: full };
}

function toldFigures(number: number, before: Figures | undefined, now: Figures): Told {
  const full = once(() => eventText('figures', now));
  if (before === undefined || !isLarge(now)) return { number, full, changes: full };
  return { number, full, changes: once(() => eventText('figures', changesSince(before, now))) };
}

/** Written when first asked for. */
function once(text: () => string): () => Buffer {
  let bytes: Buffer | undefined;
  return () => {
    bytes ??= Buffer.from(text());
    return bytes;
  };
}
