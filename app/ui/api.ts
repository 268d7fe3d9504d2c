/** The API's calls, as the page makes them. Every value on the page comes from here, and every button ends here. */
import type {
  Blueprint,
  Clock,
  CommandEntry,
  ControlJson,
  FieldJson,
  Figures,
  PersonalityJson,
  PreflightJson,
  PresetJson,
  PresetLine,
  ProblemJson,
  Scope,
  Speed,
  VmJson,
  WrittenFields,
} from './types.ts';

const TOKEN_KEY = 'netpersona-token';

/** The API refused, or nobody answered (status 0). The message is for the user. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly problems: readonly ProblemJson[];

  constructor(status: number, message: string, problems: readonly ProblemJson[] = []) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
}

/** When a command took effect, in virtual ns; null: the answer did not say. */
export interface Done {
  readonly at: number | null;
}

export interface Tagged extends PersonalityJson {
  /** For `If-Match`. */
  readonly tag: string | null;
}

/** An action as a scenario's timeline has it, without `at`. */
export type ActionJson = Readonly<Record<string, unknown>>;

export interface AssignOptions {
  readonly from?: Scope;
  /** As in scenarios: `30s`. */
  readonly ttl?: string;
}

interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const idOf = (id: string): string => encodeURIComponent(id);

export class Api {
  /** Of the tab, not of the machine: it is gone when the tab is closed. */
  get token(): string | null {
    return sessionStorage.getItem(TOKEN_KEY);
  }

  set token(token: string | null) {
    if (token === null) sessionStorage.removeItem(TOKEN_KEY);
    else sessionStorage.setItem(TOKEN_KEY, token);
  }

  headers(): Record<string, string> {
    return this.token === null ? {} : { Authorization: `Bearer ${this.token}` };
  }

  blueprint = (): Promise<Blueprint> => this.#json('/v1/run');
  clock = (): Promise<Clock> => this.#json('/v1/clock');
  stats = (): Promise<Figures> => this.#json('/v1/stats');

  async fields(): Promise<readonly FieldJson[]> {
    return (await this.#json<{ fields: readonly FieldJson[] }>('/v1/fields')).fields;
  }

  async presets(): Promise<readonly PresetLine[]> {
    return (await this.#json<{ presets: readonly PresetLine[] }>('/v1/presets')).presets;
  }

  preset = (name: string): Promise<PresetJson> => this.#json(`/v1/presets/${idOf(name)}`);

  async commands(after: number): Promise<readonly CommandEntry[]> {
    return (await this.#json<{ commands: readonly CommandEntry[] }>(`/v1/commands?after=${after}&limit=1000`))
      .commands;
  }

  async control(): Promise<ControlJson> {
    const [{ vms }, { personalities }] = await Promise.all([
      this.#json<{ vms: readonly VmJson[] }>('/v1/vms'),
      this.#json<{ personalities: readonly ({ id: string } & WrittenFields)[] }>('/v1/personalities'),
    ]);
    return { vms, personalities: personalities.map(personalityOf) };
  }

  async personality(id: string): Promise<Tagged> {
    return tagged(await this.#call(`/v1/personalities/${idOf(id)}`));
  }

  /** @throws {ApiError} 412 when it is no longer what `tag` stands for. */
  async replace(id: string, fields: WrittenFields, tag: string | null): Promise<Tagged & Done> {
    const response = await this.#call(`/v1/personalities/${idOf(id)}`, {
      method: 'PUT',
      body: fields,
      headers: tag === null ? {} : { 'If-Match': tag },
    });
    return { ...(await tagged(response)), at: atOf(response) };
  }

  async delete(id: string): Promise<Done> {
    return done(await this.#call(`/v1/personalities/${idOf(id)}`, { method: 'DELETE' }));
  }

  check = (
    fields: WrittenFields,
  ): Promise<{ readonly personality: WrittenFields; readonly preflight: PreflightJson }> =>
    this.#json('/v1/personalities/check', { method: 'POST', body: fields });

  async assign(vm: string, personality: string, options: AssignOptions = {}): Promise<Done> {
    const body = Object.keys(options).length === 0 ? {} : { body: options };
    return done(
      await this.#call(`/v1/vms/${idOf(vm)}/personalities/${idOf(personality)}`, { method: 'POST', ...body }),
    );
  }

  /** Without `from`: all of the VM's assignments. */
  async remove(vm: string, from?: Scope): Promise<Done> {
    const [kind, id] = Object.entries(from ?? {})[0] ?? [];
    const query =
      kind === undefined
        ? ''
        : `?from${kind.charAt(0).toUpperCase()}${kind.slice(1)}=${encodeURIComponent(String(id))}`;
    return done(await this.#call(`/v1/vms/${idOf(vm)}/personalities${query}`, { method: 'DELETE' }));
  }

  async batch(commands: readonly ActionJson[]): Promise<Done> {
    return done(await this.#call('/v1/batch', { method: 'POST', body: { commands } }));
  }

  async reset(): Promise<Done> {
    return done(await this.#call('/v1/reset', { method: 'POST' }));
  }

  pause = (): Promise<Clock> => this.#json('/v1/clock/pause', { method: 'POST' });
  resume = (): Promise<Clock> => this.#json('/v1/clock/resume', { method: 'POST' });
  step = (by: string): Promise<Clock> => this.#json('/v1/clock/step', { method: 'POST', body: { by } });
  speed = (speed: Speed): Promise<Clock> => this.#json('/v1/clock/speed', { method: 'PUT', body: { speed } });

  /** The session so far as a scenario file. */
  async session(): Promise<{
    readonly text: string;
    readonly digest: string | null;
    readonly at: number | null;
  }> {
    const response = await this.#call('/v1/session', { headers: { Accept: 'application/yaml' } });
    return {
      text: await response.text(),
      digest: response.headers.get('Netpersona-Digest'),
      at: atOf(response),
    };
  }

  async #json<T>(path: string, request: Request = {}): Promise<T> {
    return (await (await this.#call(path, request)).json()) as T;
  }

  async #call(path: string, { method = 'GET', body, headers = {} }: Request = {}): Promise<Response> {
    const content: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' };
    let response: Response;
    try {
      response = await fetch(path, {
        method,
        headers: { ...this.headers(), ...content, ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        cache: 'no-store',
      });
    } catch {
      throw new ApiError(0, 'netpersona does not answer');
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}

function personalityOf({ id, ...fields }: { id: string } & WrittenFields): PersonalityJson {
  return { id, fields };
}

async function tagged(response: Response): Promise<Tagged> {
  const body = (await response.json()) as { id: string } & WrittenFields;
  return { ...personalityOf(body), tag: response.headers.get('ETag') };
}

const done = (response: Response): Done => ({ at: atOf(response) });

function atOf(response: Response): number | null {
  const text = response.headers.get('Netpersona-At');
  return text === null ? null : Number(text);
}

/** From problem+json, or from whatever else stood there. */
async function errorOf(response: Response): Promise<ApiError> {
  const { status, statusText } = response;
  const fallback = `the answer was ${status} ${statusText}`.trim();
  try {
    const body = (await response.json()) as {
      title?: string;
      detail?: string;
      problems?: readonly ProblemJson[];
    };
    return new ApiError(status, body.detail ?? body.title ?? fallback, body.problems ?? []);
  } catch {
    return new ApiError(status, fallback);
  }
}
