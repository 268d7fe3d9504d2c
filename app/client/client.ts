/** The control plane's calls, for programs and for the page. Needs nothing but `fetch`. */
import { ApiError, errorOf } from './errors.ts';
import { readEvents } from './event-stream.ts';
import type {
  Blueprint,
  Clock,
  CommandEntry,
  Done,
  Figures,
  Personality,
  PersonalityFields,
  Preflight,
  Scope,
  SessionFile,
  Speed,
  TimelineAction,
  VmState,
} from './types.ts';

export interface ConnectOptions {
  /** Sent as `Authorization: Bearer`; a function is asked before each call. */
  readonly token?: string | (() => string | null);
  /** Ends every call and every stream. */
  readonly signal?: AbortSignal;
}

export interface AssignOptions {
  /** Only for packets from there. */
  readonly from?: Scope;
  /** It ends after that: `'30s'`, or ms. */
  readonly ttl?: string | number;
}

export interface VersionOptions {
  /** The version that it must have; the call fails with status 412 when it has another. */
  readonly ifMatch?: string | null;
}

export interface EventOptions {
  /** Default: all. */
  readonly types?: readonly ServerEvent['type'][];
  /** Commands after this number come first; default: only those from now on. */
  readonly after?: number;
  readonly signal?: AbortSignal;
}

export type ServerEvent =
  | { readonly type: 'hello'; readonly version: string }
  | { readonly type: 'clock'; readonly clock: Clock }
  /** `partial`: rows that have not changed since the last one are left out. */
  | { readonly type: 'figures'; readonly figures: Figures & { readonly partial?: boolean } }
  | { readonly type: 'command'; readonly entry: CommandEntry };

interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @param url where `netpersona serve` said that it is: `http://127.0.0.1:7300`. Connects when something is asked. */
export const connect = (url: string, options: ConnectOptions = {}): Client => new Client(url, options);

/** Every call throws an {@link ApiError} when it is refused. Ids may be any text. */
export class Client {
  readonly #base: string;
  readonly #options: ConnectOptions;

  /** `url` may be empty in a page of the server itself. */
  constructor(url: string, options: ConnectOptions = {}) {
    this.#base = url.replace(/\/+$/, '');
    this.#options = options;
  }

  /** What runs: networks, hosts, VMs, links, traffic. It never changes. */
  blueprint(): Promise<Blueprint> {
    return this.#json('/v1/run');
  }

  clock(): Promise<Clock> {
    return this.#json('/v1/clock');
  }

  pause(): Promise<Clock> {
    return this.#json('/v1/clock/pause', { method: 'POST' });
  }

  resume(): Promise<Clock> {
    return this.#json('/v1/clock/resume', { method: 'POST' });
  }

  /** Goes on by so much virtual time (`'250ms'`, or ms) and pauses there; answers when it is there. */
  step(by: string | number): Promise<Clock> {
    return this.#json('/v1/clock/step', { method: 'POST', body: { by } });
  }

  /** Times the clock, or `max`. */
  speed(speed: Speed): Promise<Clock> {
    return this.#json('/v1/clock/speed', { method: 'PUT', body: { speed } });
  }

  async vms(): Promise<readonly VmState[]> {
    return (await this.#json<{ readonly vms: readonly VmState[] }>('/v1/vms')).vms;
  }

  vm(id: string): Promise<VmState> {
    return this.#json(`/v1/vms/${inPath(id)}`);
  }

  async personalities(): Promise<readonly Omit<Personality, 'tag'>[]> {
    const path = '/v1/personalities';
    const { personalities } = await this.#json<{ readonly personalities: readonly WithId[] }>(path);
    return personalities.map(split);
  }

  async personality(id: string): Promise<Personality> {
    return tagged(await this.#call(`/v1/personalities/${inPath(id)}`));
  }

  /** Without `id`, the server makes one. */
  async create(fields: PersonalityFields & { readonly id?: string }): Promise<Personality & Done> {
    return changed(await this.#call('/v1/personalities', { method: 'POST', body: fields }));
  }

  /** Gives it these fields and no others; takes effect at once on every VM that has it. */
  async replace(
    id: string,
    fields: PersonalityFields,
    { ifMatch = null }: VersionOptions = {},
  ): Promise<Personality & Done> {
    const headers = ifMatch === null ? {} : { 'If-Match': ifMatch };
    return changed(
      await this.#call(`/v1/personalities/${inPath(id)}`, { method: 'PUT', body: fields, headers }),
    );
  }

  /** Changes the fields that are given. */
  async update(
    id: string,
    fields: PersonalityFields,
    { ifMatch = null }: VersionOptions = {},
  ): Promise<Personality & Done> {
    const headers = ifMatch === null ? {} : { 'If-Match': ifMatch };
    return changed(
      await this.#call(`/v1/personalities/${inPath(id)}`, { method: 'PATCH', body: fields, headers }),
    );
  }

  async delete(id: string, { ifMatch = null }: VersionOptions = {}): Promise<Done> {
    const headers = ifMatch === null ? {} : { 'If-Match': ifMatch };
    return done(await this.#call(`/v1/personalities/${inPath(id)}`, { method: 'DELETE', headers }));
  }

  /** What fields would mean; makes nothing. */
  check(
    fields: PersonalityFields,
  ): Promise<{ readonly personality: PersonalityFields; readonly preflight: Preflight }> {
    return this.#json('/v1/personalities/check', { method: 'POST', body: fields });
  }

  async assign(vm: string, personality: string, options: AssignOptions = {}): Promise<Done> {
    const body = Object.keys(options).length === 0 ? {} : { body: options };
    const path = `/v1/vms/${inPath(vm)}/personalities/${inPath(personality)}`;
    return done(await this.#call(path, { method: 'POST', ...body }));
  }

  /** Without `from`: all of the VM's assignments. */
  async remove(vm: string, from?: Scope): Promise<Done> {
    const [kind, id] = Object.entries(from ?? {})[0] ?? [];
    const query =
      kind === undefined
        ? ''
        : `?from${kind.charAt(0).toUpperCase()}${kind.slice(1)}=${encodeURIComponent(String(id))}`;
    return done(await this.#call(`/v1/vms/${inPath(vm)}/personalities${query}`, { method: 'DELETE' }));
  }

  /** Actions as in a scenario's timeline, all at one instant or none. */
  async batch(commands: readonly TimelineAction[]): Promise<Done> {
    return done(await this.#call('/v1/batch', { method: 'POST', body: { commands } }));
  }

  /** Personalities and assignments as the scenario began with them. */
  async reset(): Promise<Done> {
    return done(await this.#call('/v1/reset', { method: 'POST' }));
  }

  /** Commands that took effect, whoever gave them: those after number `after`, the oldest first. */
  async commands(after = 0, limit = 1000): Promise<readonly CommandEntry[]> {
    const path = `/v1/commands?after=${after}&limit=${limit}`;
    return (await this.#json<{ readonly commands: readonly CommandEntry[] }>(path)).commands;
  }

  /** The last look at everything. */
  stats(): Promise<Figures> {
    return this.#json('/v1/stats');
  }

  async presets(): Promise<readonly { readonly name: string; readonly summary: string }[]> {
    const { presets } = await this.#json<{
      readonly presets: readonly { readonly name: string; readonly summary: string }[];
    }>('/v1/presets');
    return presets;
  }

  /** Its values and where they come from. */
  preset<T = Readonly<Record<string, unknown>>>(name: string): Promise<T> {
    return this.#json(`/v1/presets/${inPath(name)}`);
  }

  /** How every field of a personality is described. */
  async fields<T = Readonly<Record<string, unknown>>>(): Promise<readonly T[]> {
    return (await this.#json<{ readonly fields: readonly T[] }>('/v1/fields')).fields;
  }

  /** The session so far as a scenario file, and the digest that running it gives. */
  session(): Promise<SessionFile> {
    return this.#json('/v1/session', { headers: { Accept: 'application/json' } });
  }

  /** What happens, as it happens. Goes on after interruptions, with no command left out. Ends with its signal, or by `break`. */
  async *events({ types, after, signal }: EventOptions = {}): AsyncGenerator<ServerEvent> {
    const stop = new AbortController();
    const ended = AbortSignal.any(
      [stop.signal, signal, this.#options.signal].filter((each) => each !== undefined),
    );
    const waiting: ServerEvent[] = [];
    let wake = (): void => {};
    let refusal: ApiError | undefined;
    const reading = readEvents({
      url: `${this.#base}/v1/events${types === undefined ? '' : `?types=${types.join(',')}`}`,
      headers: () => this.#headers(),
      ...(after === undefined ? {} : { lastEventId: String(after) }),
      onEvent: ({ type, data }) => {
        const event = eventOf(type, data);
        if (event === null) return;
        waiting.push(event);
        wake();
      },
      onState: () => {},
      onRefused: (status) => {
        if (status >= 500 || status === 429) return true;
        refusal = new ApiError(status, `the stream was refused with status ${status}`);
        return false;
      },
      signal: ended,
    }).finally(() => wake());
    let isOver = false;
    const over = reading.then(() => {
      isOver = true;
    });
    try {
      while (!isOver || waiting.length > 0) {
        const event = waiting.shift();
        if (event !== undefined) yield event;
        else
          await Promise.race([
            over,
            new Promise<void>((resolve) => {
              wake = resolve;
            }),
          ]);
      }
      if (refusal !== undefined) throw refusal;
    } finally {
      stop.abort();
      await over;
    }
  }

  #headers(): Record<string, string> {
    const { token } = this.#options;
    const text = typeof token === 'function' ? token() : token;
    return text === undefined || text === null ? {} : { Authorization: `Bearer ${text}` };
  }

  async #json<T>(path: string, request: Request = {}): Promise<T> {
    return (await (await this.#call(path, request)).json()) as T;
  }

  async #call(path: string, { method = 'GET', body, headers = {} }: Request = {}): Promise<Response> {
    const content: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const { signal } = this.#options;
    let response: Response;
    try {
      response = await fetch(`${this.#base}${path}`, {
        method,
        headers: { ...this.#headers(), ...content, ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new ApiError(0, 'netpersona does not answer');
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}

type WithId = PersonalityFields & { readonly id: string };

const inPath = (id: string): string => encodeURIComponent(id);

const split = ({ id, ...fields }: WithId): Omit<Personality, 'tag'> => ({ id, fields });

async function tagged(response: Response): Promise<Personality> {
  return { ...split((await response.json()) as WithId), tag: response.headers.get('ETag') };
}

const changed = async (response: Response): Promise<Personality & Done> => ({
  ...(await tagged(response)),
  ...done(response),
});

const done = (response: Response): Done => ({ at: Number(response.headers.get('Netpersona-At')) });

/** null: of a kind that this client does not know. */
function eventOf(type: string, data: string): ServerEvent | null {
  switch (type) {
    case 'hello':
      return { type, version: (JSON.parse(data) as { readonly version: string }).version };
    case 'clock':
      return { type, clock: JSON.parse(data) as Clock };
    case 'figures':
      return { type, figures: JSON.parse(data) as Figures };
    case 'command':
      return { type, entry: JSON.parse(data) as CommandEntry };
    default:
      return null;
  }
}
