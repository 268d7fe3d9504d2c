/** What the page does: reads what is there, listens to what changes, and asks for what its user wants. Draws nothing. */

import { readEvents, type StreamEvent } from '../client/event-stream.ts';
import { type ActionJson, Api, ApiError, type AssignOptions, type Done, type Tagged } from './api.ts';
import { draftOf, freeName, isSameDraft } from './draft.ts';
import { instant } from './format.ts';
import { History, type Look } from './history.ts';
import { isSame, type Selection, WHOLE_RUN } from './selection.ts';
import { Store, type Toast } from './store.ts';
import type {
  AssignmentJson,
  Clock,
  CommandEntry,
  PersonalityName,
  PresetJson,
  Scope,
  Speed,
  VmJson,
  WrittenFields,
} from './types.ts';

const MOST_COMMANDS = 5000;
const MOST_TOASTS = 4;
const TOAST_MS = 6000;
/** Commands come in swarms: they are shown together, and the world is looked at once after each. */
const SWARM_MS = 50;
const SETTLE_MS = 150;

export class Page {
  readonly store = new Store();
  readonly api = new Api();
  history = new History();
  #stream: AbortController | null = null;
  #settling: Promise<void> | null = null;
  #isUnsettled = false;
  #swarm: CommandEntry[] = [];
  #toasts = 0;
  readonly #presetLoads = new Map<string, Promise<PresetJson | null>>();

  /** Reads everything, then listens. Asks for a token when the API wants one. */
  async start(): Promise<void> {
    this.#stream?.abort();
    const stream = new AbortController();
    this.#stream = stream;
    try {
      await this.#load();
    } catch (error) {
      if (stream.signal.aborted) return;
      if (error instanceof ApiError && error.status === 401) {
        this.store.set({ dialog: { kind: 'token' } });
        return;
      }
      this.store.set({ connection: 'waiting' });
      setTimeout(() => this.start(), 2000);
      return;
    }
    await readEvents({
      url: '/v1/events',
      headers: () => this.api.headers(),
      lastEventId: String(this.#lastSequence()),
      onEvent: (event) => this.#onEvent(event),
      onState: (connection) => {
        const isBack = connection === 'open' && this.store.state.connection === 'waiting';
        this.store.set({ connection });
        if (isBack) this.#catchUp();
      },
      onRefused: (status) => {
        if (status === 401) this.store.set({ dialog: { kind: 'token' } });
        return status !== 401;
      },
      signal: stream.signal,
    });
  }

  /** A token was typed, or was wrong. */
  useToken(token: string): Promise<void> {
    this.api.token = token;
    this.store.set({ dialog: null });
    return this.start();
  }

  async #load(): Promise<void> {
    const { api, store } = this;
    // Alone, since it may be that no one is let in.
    const blueprint = await api.blueprint();
    const [clock, figures, control] = await Promise.all([api.clock(), api.stats(), api.control()]);
    this.history = new History();
    store.set({ blueprint, control, commands: [] });
    this.#setClock(clock);
    this.#setFigures(figures);
    const [fields, presets] = await Promise.all([api.fields(), api.presets()]);
    store.set({ fields, presets });
    for (let more = await api.commands(0); more.length > 0; more = await api.commands(this.#lastSequence()))
      this.#addCommands(more);
  }

  #lastSequence(): number {
    return this.store.state.commands.at(-1)?.sequence ?? 0;
  }

  #onEvent({ type, data }: StreamEvent): void {
    if (type === 'figures') this.#setFigures(JSON.parse(data) as Look);
    else if (type === 'clock') this.#setClock(JSON.parse(data) as Clock);
    else if (type === 'command') {
      if (this.#swarm.push(JSON.parse(data) as CommandEntry) === 1)
        setTimeout(() => this.#addSwarm(), SWARM_MS);
    }
  }

  #setClock(clock: Clock): void {
    this.store.set({ clock, toldAt: performance.now() });
  }

  #setFigures(look: Look): void {
    this.history.push(look);
    // With the rows that the look leaves out, since nothing happened there.
    const figures = this.history.latest ?? look;
    this.store.set({ figures });
    const { clock } = this.store.state;
    if (clock !== null && figures.end > clock.now) this.#setClock({ ...clock, now: figures.end });
  }

  #addCommands(entries: readonly CommandEntry[]): void {
    const last = this.#lastSequence();
    const added = entries.filter(({ sequence }) => sequence > last);
    if (added.length > 0)
      this.store.set({ commands: [...this.store.state.commands, ...added].slice(-MOST_COMMANDS) });
  }

  #addSwarm(): void {
    this.#addCommands(this.#swarm);
    this.#swarm = [];
    this.#isUnsettled = true;
    this.#settling ??= this.#settle();
  }

  /** Looks until nothing has happened since the last look, and never twice at a time. */
  async #settle(): Promise<void> {
    while (this.#isUnsettled) {
      this.#isUnsettled = false;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      await this.refresh();
    }
    this.#settling = null;
  }

  /** Commands that were missed are told again, the rest has to be asked for. It may also be another run by now. */
  async #catchUp(): Promise<void> {
    const before = this.store.state.clock?.now ?? 0;
    const clock = await this.#attempt(() => this.api.clock());
    if (clock === null) return;
    if (clock.now < before) this.start();
    else {
      this.#setClock(clock);
      this.refresh();
    }
  }

  /** Who has which personality, who is up. */
  async refresh(): Promise<void> {
    try {
      this.store.set({ control: await this.api.control() });
    } catch (error) {
      this.#tell(error);
    }
  }

  // What the user looks at

  select(selection: Selection): void {
    const { state } = this.store;
    if (isSame(selection, state.selection)) return;
    const editing = selection.kind === 'vm' ? this.#activeOf(selection.id) : state.editing;
    this.store.set({ selection, editing, panel: editing === null ? 'give' : state.panel });
  }

  selectNothing(): void {
    this.store.set({ selection: WHOLE_RUN });
  }

  edit(personality: string): void {
    this.store.set({ editing: personality, panel: 'edit', tab: 'edit' });
  }

  #activeOf(vm: string): string | null {
    return activeOf(this.vm(vm))?.personality ?? null;
  }

  vm(id: string): VmJson | undefined {
    return this.store.state.control.vms.find((vm) => vm.id === id);
  }

  /** null: it could not be read, and the user knows. */
  preset(name: string): Promise<PresetJson | null> {
    const loading = this.#presetLoads.get(name) ?? this.#loadPreset(name);
    this.#presetLoads.set(name, loading);
    return loading;
  }

  async #loadPreset(name: string): Promise<PresetJson | null> {
    try {
      const preset = await this.api.preset(name);
      this.store.set({ presetDetails: new Map(this.store.state.presetDetails).set(name, preset) });
      return preset;
    } catch (error) {
      this.#presetLoads.delete(name);
      this.#tell(error);
      return null;
    }
  }

  // What the user does

  /** True: done. The message has a way back. */
  async give(vm: string, name: PersonalityName, options: AssignOptions = {}): Promise<boolean> {
    const before = this.vm(vm)?.assignments ?? [];
    const given = await this.#attempt(async () => {
      const { id, commands } = await this.#asPersonality(name);
      if (commands.length === 0) return { id, ...(await this.api.assign(vm, id, options)) };
      return { id, ...(await this.api.batch([...commands, { assign: id, vm, ...options }])) };
    });
    if (given === null) return false;
    await this.refresh();
    const { selection } = this.store.state;
    if (selection.kind === 'vm' && selection.id === vm && options.from === undefined)
      this.store.set({ editing: given.id });
    this.#done(`${vm} has ${given.id}${fromText(options.from)}`, given, () => this.#restore(vm, before));
    return true;
  }

  /** What has to be created first, for a preset that the run does not have yet. */
  async #asPersonality(
    name: PersonalityName,
  ): Promise<{ readonly id: string; readonly commands: readonly ActionJson[] }> {
    if ('personality' in name) return { id: name.personality, commands: [] };
    const preset = await this.preset(name.preset);
    if (preset === null) throw new ApiError(0, `the preset ${name.preset} cannot be read`);
    const { personalities } = this.store.state.control;
    const wanted = draftOf(presetFields(preset));
    const isIt = ({ id, fields }: { id: string; fields: WrittenFields }) =>
      new RegExp(`^${escaped(preset.name)}(-\\d+)?$`).test(id) && isSameDraft(draftOf(fields), wanted);
    const known = personalities.find(isIt);
    if (known !== undefined) return { id: known.id, commands: [] };
    const id = freeName(preset.name, new Set(personalities.map((each) => each.id)));
    return { id, commands: [{ create: id, values: { preset: preset.name } }] };
  }

  /** Takes the assignment of one scope away; `undefined`: the one for packets from anywhere, and no other. */
  async remove(vm: string, from?: Scope): Promise<void> {
    const before = this.vm(vm)?.assignments ?? [];
    const rest = before.filter((each) => !isSameScope(each.from, from));
    const lost = before.find((each) => isSameScope(each.from, from));
    if (lost === undefined) return;
    // The API's removal without a scope takes all of them: those that stay are given again at the same instant.
    const keepsOthers = from === undefined && rest.length > 0;
    const result = await this.#attempt(() =>
      keepsOthers
        ? this.api.batch([{ remove: true, vm }, ...this.#again(vm, rest)])
        : this.api.remove(vm, from),
    );
    if (result === null) return;
    await this.refresh();
    this.#done(`${vm} has no ${lost.personality}${fromText(from)}`, result, () =>
      this.act(`${vm} has ${lost.personality} again`, this.#again(vm, [lost])),
    );
  }

  /** All of the VM's assignments as they were. */
  #restore(vm: string, before: readonly AssignmentJson[]): Promise<boolean> {
    return this.act(`${vm} has what it had`, [{ remove: true, vm }, ...this.#again(vm, before)]);
  }

  /** Assigns them for as long as they had left. */
  #again(vm: string, assignments: readonly AssignmentJson[]): readonly ActionJson[] {
    const now = this.store.state.clock?.now ?? 0;
    return assignments.map(({ personality, from, expires }) => ({
      assign: personality,
      vm,
      ...(from === undefined ? {} : { from }),
      ...(expires === null ? {} : { ttl: `${Math.max(1, expires - now)}ns` }),
    }));
  }

  /** Actions of a timeline, all at one instant. True: done. */
  async act(text: string, commands: readonly ActionJson[], undo?: readonly ActionJson[]): Promise<boolean> {
    const result = await this.#attempt(() => this.api.batch(commands));
    if (result === null) return false;
    await this.refresh();
    this.#done(text, result, undo && (() => this.act('undone', undo)));
    return true;
  }

  async reset(): Promise<void> {
    const result = await this.#attempt(() => this.api.reset());
    if (result === null) return;
    await this.refresh();
    this.#done('everything is as the scenario began', result);
  }

  async delete(personality: string): Promise<void> {
    const result = await this.#attempt(() => this.api.delete(personality));
    if (result === null) return;
    if (this.store.state.editing === personality) this.store.set({ editing: null });
    await this.refresh();
    this.#done(`${personality} is deleted`, result);
  }

  /** @throws {ApiError} for the editor to show beside its fields. */
  async apply(personality: string, fields: WrittenFields, tag: string | null): Promise<Tagged> {
    const answer = await this.api.replace(personality, fields, tag);
    await this.refresh();
    return answer;
  }

  /** @throws {ApiError} for the editor to show beside its fields. */
  async saveAs(personality: string, fields: WrittenFields, vm: string | null): Promise<void> {
    const assign = vm === null ? [] : [{ assign: personality, vm }];
    const result = await this.api.batch([{ create: personality, values: fields }, ...assign]);
    await this.refresh();
    this.store.set({ editing: personality });
    this.#done(vm === null ? `${personality} is saved` : `${vm} has ${personality}`, result);
  }

  async steer(
    steering: 'pause' | 'resume' | { readonly step: string } | { readonly speed: Speed },
  ): Promise<void> {
    const { api } = this;
    const clock = await this.#attempt(() => {
      if (steering === 'pause') return api.pause();
      if (steering === 'resume') return api.resume();
      return 'step' in steering ? api.step(steering.step) : api.speed(steering.speed);
    });
    if (clock !== null) this.#setClock(clock);
  }

  /** Hands the session to the browser as a file. */
  async save(): Promise<void> {
    const session = await this.#attempt(() => this.api.session());
    if (session === null) return;
    const name = (this.store.state.blueprint?.name ?? 'session').replace(/[^\w.-]+/g, '-').toLowerCase();
    const url = URL.createObjectURL(new Blob([session.text], { type: 'application/yaml' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${name}-session.yaml`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    const digest = session.digest === null ? '' : `; its digest is ${session.digest.slice(0, 19)}…`;
    const length = session.at === null ? 'the session' : `the session up to ${instant(session.at)}`;
    this.report(`${length} is in ${link.download}${digest}`);
  }

  /** One that does nothing yet, in the editor. */
  async create(): Promise<void> {
    const taken = new Set(this.store.state.control.personalities.map(({ id }) => id));
    const id = freeName('personality', taken);
    if (await this.act(`${id} is there, and does nothing yet`, [{ create: id, values: {} }])) this.edit(id);
  }

  // Messages

  dismiss(number: number): void {
    this.store.set({ toasts: this.store.state.toasts.filter((toast) => toast.number !== number) });
  }

  report(text: string): void {
    this.#toast({ kind: 'done', text, problems: [] });
  }

  /** null: refused, and the user knows why. */
  async #attempt<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      this.#tell(error);
      return null;
    }
  }

  #tell(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) this.store.set({ dialog: { kind: 'token' } });
    else this.#toast({ kind: 'error', text: error.message, problems: error.problems });
  }

  #done(text: string, { at }: Done, undo?: () => void): void {
    const when = at === null ? '' : `, at ${instant(at)}`;
    this.#toast({ kind: 'done', text: `${text}${when}`, problems: [], ...(undo && { undo }) });
  }

  #toast(toast: Omit<Toast, 'number'>): void {
    const number = ++this.#toasts;
    this.store.set({ toasts: [...this.store.state.toasts, { ...toast, number }].slice(-MOST_TOASTS) });
    if (toast.kind === 'done') setTimeout(() => this.dismiss(number), TOAST_MS);
  }
}

/** What a personality made of the preset has for fields. */
export const presetFields = ({ personality, egress }: PresetJson): WrittenFields =>
  egress === undefined ? personality : { ...personality, egress };

/** The one for packets from anywhere; if there is none, the first. */
export const activeOf = (vm: VmJson | undefined): AssignmentJson | undefined =>
  vm?.assignments.find(({ from }) => from === undefined) ?? vm?.assignments[0];

export function isSameScope(one: Scope | undefined, other: Scope | undefined): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

/** ` from network prod`, or nothing. */
export function fromText(from: Scope | undefined): string {
  const [kind, id] = Object.entries(from ?? {})[0] ?? [];
  return kind === undefined ? '' : ` from ${kind === 'vm' ? 'VM' : kind} ${id}`;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
