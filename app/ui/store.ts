/** What the page knows, in one place, and who wants to hear of it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Selection } from './selection.ts';
import { WHOLE_RUN } from './selection.ts';
import type {
  Blueprint,
  Clock,
  CommandEntry,
  ControlJson,
  FieldJson,
  Figures,
  PresetJson,
  PresetLine,
  ProblemJson,
} from './types.ts';

/** A message that goes away by itself, unless something went wrong. */
export interface Toast {
  readonly number: number;
  readonly kind: 'done' | 'error';
  readonly text: string;
  readonly problems: readonly ProblemJson[];
  readonly undo?: () => void;
}

/** What a phone shows; a large screen shows all of them. */
export const TABS = ['network', 'charts', 'edit', 'log'] as const;
export type Tab = (typeof TABS)[number];

export type OpenDialog =
  | { readonly kind: 'assign'; readonly vm: string }
  | { readonly kind: 'token' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'keys' };

export interface PageState {
  readonly blueprint: Blueprint | null;
  readonly clock: Clock | null;
  /** When the clock was told, in ms of the browser's own one. */
  readonly toldAt: number;
  readonly connection: 'connecting' | 'open' | 'waiting';
  readonly control: ControlJson;
  readonly figures: Figures | null;
  /** The oldest first; the last thousands of them. */
  readonly commands: readonly CommandEntry[];
  readonly fields: readonly FieldJson[];
  readonly presets: readonly PresetLine[];
  /** Those that somebody has looked at. */
  readonly presetDetails: ReadonlyMap<string, PresetJson>;
  readonly selection: Selection;
  /** The personality in the editor; null: none. */
  readonly editing: string | null;
  readonly panel: 'give' | 'edit';
  readonly tab: Tab;
  readonly dialog: OpenDialog | null;
  readonly toasts: readonly Toast[];
}

const BEGINNING: PageState = {
  blueprint: null,
  clock: null,
  toldAt: 0,
  connection: 'connecting',
  control: { vms: [], personalities: [] },
  figures: null,
  commands: [],
  fields: [],
  presets: [],
  presetDetails: new Map(),
  selection: WHOLE_RUN,
  editing: null,
  panel: 'give',
  tab: 'network',
  dialog: null,
  toasts: [],
};

export class Store {
  #state = BEGINNING;
  readonly #listeners = new Set<() => void>();

  get state(): PageState {
    return this.#state;
  }

  set(changes: Partial<PageState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** What `select` takes of the state; the component is drawn again when that is another value. */
export function useStore<T>(store: Store, select: (state: PageState) => T): T {
  const selectRef = useRef(select);
  selectRef.current = select;
  const value = select(store.state);
  const shown = useRef(value);
  shown.current = value;
  const [, redraw] = useState(0);
  useEffect(() => {
    const look = () => {
      if (!Object.is(selectRef.current(store.state), shown.current)) redraw((n) => n + 1);
    };
    look();
    return store.subscribe(look);
  }, [store]);
  return value;
}
