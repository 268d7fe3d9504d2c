/** The API as the page calls it: the client that programs use, with the tab's token. Every value on the page comes from here. */
import { Client, type ConnectOptions } from '../client/client.ts';
import { ApiError } from '../client/errors.ts';
import type { PersonalityFields } from '../client/types.ts';
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
  Scope,
  Speed,
  WrittenFields,
} from './types.ts';

export { ApiError };

const TOKEN_KEY = 'netpersona-token';

/** When a command took effect, in virtual ns. */
export interface Done {
  readonly at: number;
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

export class Api {
  readonly #client: Client;

  constructor(options: Omit<ConnectOptions, 'token'> = {}) {
    this.#client = new Client('', { ...options, token: () => this.token });
  }

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

  blueprint = (): Promise<Blueprint> => this.#client.blueprint();
  clock = (): Promise<Clock> => this.#client.clock();
  stats = (): Promise<Figures> => this.#client.stats();
  fields = (): Promise<readonly FieldJson[]> => this.#client.fields<FieldJson>();
  presets = (): Promise<readonly PresetLine[]> => this.#client.presets();
  preset = (name: string): Promise<PresetJson> => this.#client.preset<PresetJson>(name);
  commands = (after: number): Promise<readonly CommandEntry[]> => this.#client.commands(after);

  async control(): Promise<ControlJson> {
    const [vms, personalities] = await Promise.all([this.#client.vms(), this.#client.personalities()]);
    return { vms, personalities: personalities as readonly PersonalityJson[] };
  }

  personality = async (id: string): Promise<Tagged> => (await this.#client.personality(id)) as Tagged;

  /** @throws {ApiError} 412 when it is no longer what `tag` stands for. */
  async replace(id: string, fields: WrittenFields, tag: string | null): Promise<Tagged & Done> {
    const replaced = await this.#client.replace(id, fields as PersonalityFields, { ifMatch: tag });
    return replaced as Tagged & Done;
  }

  delete = (id: string): Promise<Done> => this.#client.delete(id);

  async check(
    fields: WrittenFields,
  ): Promise<{ readonly personality: WrittenFields; readonly preflight: PreflightJson }> {
    const { personality, preflight } = await this.#client.check(fields as PersonalityFields);
    return { personality: personality as WrittenFields, preflight };
  }

  assign = (vm: string, personality: string, options: AssignOptions = {}): Promise<Done> =>
    this.#client.assign(vm, personality, options);

  /** Without `from`: all of the VM's assignments. */
  remove = (vm: string, from?: Scope): Promise<Done> => this.#client.remove(vm, from);

  batch = (commands: readonly ActionJson[]): Promise<Done> => this.#client.batch(commands);
  reset = (): Promise<Done> => this.#client.reset();

  pause = (): Promise<Clock> => this.#client.pause();
  resume = (): Promise<Clock> => this.#client.resume();
  step = (by: string): Promise<Clock> => this.#client.step(by);
  speed = (speed: Speed): Promise<Clock> => this.#client.speed(speed);

  /** The session so far as a scenario file. */
  session = (): Promise<{ readonly text: string; readonly digest: string; readonly at: number }> =>
    this.#client.session();
}
