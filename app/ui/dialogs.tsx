/** What wants an answer before anything else: whom to give what, the token, whether to begin anew. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import type { AssignOptions } from './api.ts';
import { usePage, useSelect } from './context.ts';
import { Glyph, summaryOf } from './glyph.tsx';
import { Icon } from './icons.tsx';
import { Toasts } from './toasts.tsx';
import type { PersonalityName, Scope, WrittenFields } from './types.ts';

export function Dialogs() {
  const dialog = useSelect((state) => state.dialog);
  switch (dialog?.kind) {
    case 'assign':
      return <AssignDialog vm={dialog.vm} key={dialog.vm} />;
    case 'token':
      return <TokenDialog />;
    case 'reset':
      return <ResetDialog />;
    case 'keys':
      return <KeysDialog />;
    default:
      return null;
  }
}

/** The browser's own modal: it keeps the focus, gives it back, and closes with Esc. */
function Modal({ title, children }: { title: string; children: ComponentChildren }) {
  const page = usePage();
  const id = useId();
  const place = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = place.current;
    const before = document.activeElement;
    dialog?.showModal();
    // Not the button that closes it, which comes first.
    dialog?.querySelector<HTMLElement>('.dialog-body :is(input, button)')?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const close = () => page.store.set({ dialog: null });
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes it.
    <dialog
      ref={place}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={({ target, currentTarget }) => {
        if (target === currentTarget) close();
      }}
    >
      <div class="dialog-inside">
        <div class="panel-heading">
          <h2 id={id}>{title}</h2>
          <button type="button" class="icon-only" aria-label="Close" onClick={close}>
            <Icon name="close" />
          </button>
        </div>
        <div class="dialog-body">{children}</div>
      </div>
      {/* What is outside of a modal dialog is neither seen nor read. */}
      <Toasts />
    </dialog>
  );
}

interface Option {
  readonly key: string;
  readonly name: PersonalityName;
  readonly title: string;
  readonly words: string;
  readonly fields: WrittenFields | undefined;
}

const MOST_OPTIONS = 200;

function AssignDialog({ vm }: { vm: string }) {
  const page = usePage();
  const id = useId();
  const personalities = useSelect(({ control }) => control.personalities);
  const presets = useSelect((state) => state.presets);
  const details = useSelect((state) => state.presetDetails);
  const [words, setWords] = useState('');
  const [active, setActive] = useState(0);
  const [scope, setScope] = useState<Scope | undefined>();
  const [ttl, setTtl] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const options = useMemo((): readonly Option[] => {
    const all: Option[] = [
      ...personalities.map(({ id: name, fields }) => ({
        key: `personality ${name}`,
        name: { personality: name },
        title: name,
        words: summaryOf(fields),
        fields,
      })),
      ...presets.map(({ name, summary }) => ({
        key: `preset ${name}`,
        name: { preset: name },
        title: name,
        words: summary,
        fields: details.get(name)?.personality,
      })),
    ];
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.filter((option) => {
      const text = `${option.title} ${option.words}`.toLowerCase();
      return wanted.every((word) => text.includes(word));
    });
    // Who types the beginning of a name means that name.
    const isFirst = ({ title }: Option) => title.toLowerCase().startsWith(words.toLowerCase());
    return [...found.filter(isFirst), ...found.filter((option) => !isFirst(option))].slice(0, MOST_OPTIONS);
  }, [personalities, presets, details, words]);
  const row = Math.min(active, options.length - 1);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [row]);

  const activeName = options[row]?.name;
  const activePreset = activeName !== undefined && 'preset' in activeName ? activeName.preset : null;
  useEffect(() => {
    if (activePreset !== null) page.preset(activePreset);
  }, [activePreset]);

  const give = async (option: Option | undefined) => {
    if (option === undefined) return;
    const conditions: AssignOptions = {
      ...(scope === undefined ? {} : { from: scope }),
      ...(ttl.trim() === '' ? {} : { ttl: ttl.trim() }),
    };
    if (await page.give(vm, option.name, conditions)) page.store.set({ dialog: null });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = { ArrowDown: row + 1, ArrowUp: row - 1, PageDown: row + 8, PageUp: row - 8 }[event.key];
    if (target !== undefined) {
      event.preventDefault();
      setActive(Math.min(options.length - 1, Math.max(0, target)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      give(options[row]);
    }
  };
  return (
    <Modal title={`What should ${vm} have?`}>
      <input
        type="text"
        class="search"
        role="combobox"
        aria-label="Personality or preset"
        aria-controls={`${id}-options`}
        aria-expanded="true"
        aria-autocomplete="list"
        aria-activedescendant={row < 0 ? undefined : `${id}-${row}`}
        placeholder="Type to find; ↑ ↓ to choose; Enter to give"
        value={words}
        onInput={({ currentTarget }) => {
          setWords(currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div
        class="options"
        role="listbox"
        id={`${id}-options`}
        aria-label="Personalities and presets"
        ref={list}
      >
        {options.map((option, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the text field has the keys.
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the text field.
          <div
            key={option.key}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === row}
            onClick={() => give(option)}
            onMouseEnter={() => setActive(index)}
          >
            <Glyph fields={option.fields} />
            <span class="row-words">
              <span class="row-name">
                {option.title} {'preset' in option.name && <small class="muted">preset</small>}
              </span>
              <span class="row-under">{option.words}</span>
            </span>
          </div>
        ))}
        {options.length === 0 && <div class="empty">Nothing has these words.</div>}
      </div>
      <div class="conditions">
        <ScopeInput vm={vm} scope={scope} onChange={setScope} />
        <label>
          for so long
          <input
            type="text"
            placeholder="for ever"
            size={10}
            value={ttl}
            onInput={({ currentTarget }) => setTtl(currentTarget.value)}
            onKeyDown={onKeyDown}
            aria-description="A virtual duration such as 30s; then it removes itself"
          />
        </label>
        <button type="button" class="primary" disabled={row < 0} onClick={() => give(options[row])}>
          Give {options[row]?.title}
        </button>
      </div>
    </Modal>
  );
}

interface ScopeInputProps {
  readonly vm: string;
  readonly scope: Scope | undefined;
  readonly onChange: (scope: Scope | undefined) => void;
}

/** Whom packets have to come from: a kind, then a name of that kind. */
function ScopeInput({ vm, scope, onChange }: ScopeInputProps) {
  const blueprint = useSelect((state) => state.blueprint);
  const id = useId();
  const [kind, name] = Object.entries(scope ?? {})[0] ?? ['', ''];
  const namesOf: Readonly<Record<string, readonly string[]>> = {
    vm: blueprint?.vms.map((each) => each.id).filter((each) => each !== vm) ?? [],
    network: blueprint?.networks.map((each) => each.id) ?? [],
    host: blueprint?.hosts ?? [],
  };
  const scopeOf = (of: string, value: string): Scope | undefined => {
    if (of === 'vm') return { vm: value };
    if (of === 'network') return { network: value };
    return of === 'host' ? { host: value } : undefined;
  };
  return (
    <span class="scope">
      <label>
        for packets from
        <select
          value={kind}
          onChange={({ currentTarget: { value } }) => onChange(scopeOf(value, namesOf[value]?.[0] ?? ''))}
        >
          <option value="">anywhere</option>
          {Object.keys(namesOf).map((each) => (
            <option key={each} value={each} disabled={namesOf[each]?.length === 0}>
              a {each === 'vm' ? 'VM' : each}
            </option>
          ))}
        </select>
      </label>
      {kind !== '' && (
        <>
          <input
            list={id}
            aria-label={`Which ${kind}`}
            value={String(name)}
            size={14}
            onInput={({ currentTarget }) => onChange(scopeOf(kind, currentTarget.value))}
          />
          <datalist id={id}>
            {namesOf[kind]?.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
        </>
      )}
    </span>
  );
}

function TokenDialog() {
  const page = usePage();
  const [token, setToken] = useState('');
  const wasWrong = page.api.token !== null;
  return (
    <Modal title="This run wants a token">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          page.useToken(token.trim());
        }}
      >
        <p>
          {wasWrong ? 'The token was not accepted. ' : ''}
          It is in the file that <code>netpersona serve --token-file</code> was given. It is kept until this
          tab is closed, and sent to nobody else.
        </p>
        <label class="wide">
          Token
          <input
            type="password"
            autocomplete="off"
            value={token}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
        </label>
        <div class="actions">
          <button type="submit" class="primary" disabled={token.trim() === ''}>
            Go on
          </button>
        </div>
      </form>
    </Modal>
  );
}

function ResetDialog() {
  const page = usePage();
  const close = () => page.store.set({ dialog: null });
  return (
    <Modal title="Back to the beginning?">
      <p>
        Personalities and assignments become what the scenario began with. The clock goes on, and the log
        remembers everything.
      </p>
      <div class="actions">
        <button
          type="button"
          class="primary"
          onClick={() => {
            close();
            page.reset();
          }}
        >
          Reset
        </button>
        <button type="button" onClick={close}>
          Leave it
        </button>
      </div>
    </Modal>
  );
}

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['↑ ↓', 'the VM above or below, in the list of VMs'],
  ['p or Enter', 'give the VM a personality or preset'],
  ['Delete', 'take the VM’s last personality away'],
  ['Space', 'pause and resume, when nothing else has the focus'],
  ['Esc', 'close a dialog; look at the whole run'],
];

function KeysDialog() {
  return (
    <Modal title="Keyboard">
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
