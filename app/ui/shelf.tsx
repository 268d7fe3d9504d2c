/** What a VM can be given: the run's personalities, and the presets with the sources of their numbers. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { usePage, useSelect } from './context.ts';
import { draftOf } from './draft.ts';
import { count, counted } from './format.ts';
import { Glyph, summaryOf } from './glyph.tsx';
import { Icon } from './icons.tsx';
import { moveFocus } from './roving.ts';
import type { PersonalityName, WrittenFields } from './types.ts';
import { DRAG_TYPE } from './types.ts';

const MOST_SHOWN = 150;

export function Shelf({ vm }: { vm: string | null }) {
  const page = usePage();
  const personalities = useSelect(({ control }) => control.personalities);
  const presets = useSelect((state) => state.presets);
  const users = useUsers();
  const [words, setWords] = useState('');
  const [open, setOpen] = useState<string | null>(null);
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const isWanted = (text: string) => wanted.every((word) => text.toLowerCase().includes(word));
  const mine = personalities.filter(({ id, fields }) => isWanted(`${id} ${summaryOf(fields)}`));
  const known = presets.filter(({ name, summary }) => isWanted(`${name} ${summary}`));
  const give = (name: PersonalityName) => {
    if (vm !== null) page.give(vm, name);
    else page.report('choose a VM first, or drag this onto one');
  };
  const toggle = (key: string) => setOpen(open === key ? null : key);
  return (
    <div class="shelf">
      <input
        type="search"
        class="search"
        placeholder="Find a personality or preset"
        aria-label="Find a personality or preset"
        value={words}
        onInput={({ currentTarget }) => setWords(currentTarget.value)}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move between the buttons in it, which have the keys that matter. */}
      <div class="shelf-rows" onKeyDown={moveFocus}>
        <div class="shelf-heading">
          <h3>
            In this run{' '}
            <small>{mine.length === 1 ? '1 personality' : `${count(mine.length)} personalities`}</small>
          </h3>
          <button
            type="button"
            class="quiet"
            title="A personality that does nothing yet"
            onClick={() => page.create()}
          >
            New
          </button>
        </div>
        <ul>
          {mine.slice(0, MOST_SHOWN).map(({ id, fields }) => (
            <li key={id} class="shelf-item">
              <div class="shelf-row">
                <GiveButton vm={vm} name={{ personality: id }} title={id} fields={fields} give={give}>
                  {summaryOf(fields)}
                </GiveButton>
                <span class="shelf-tools">
                  {(users.get(id) ?? 0) > 0 && (
                    <span class="badge" title={`on ${counted(users.get(id) ?? 0, 'VM')}`}>
                      {users.get(id)}
                    </span>
                  )}
                  <button
                    type="button"
                    class="icon-only"
                    aria-label={`Edit ${id}`}
                    title="Edit"
                    onClick={() => page.edit(id)}
                  >
                    <Icon name="pencil" />
                  </button>
                </span>
              </div>
            </li>
          ))}
        </ul>
        <h3>
          Presets <small>{counted(known.length, 'preset')}</small>
        </h3>
        <ul>
          {known.slice(0, MOST_SHOWN).map(({ name, summary }) => (
            <PresetRow
              key={name}
              name={name}
              summary={summary}
              vm={vm}
              give={give}
              isOpen={open === name}
              onToggle={() => toggle(name)}
            />
          ))}
        </ul>
        {mine.length + known.length === 0 && <p class="empty">Nothing has these words.</p>}
      </div>
    </div>
  );
}

interface GiveButtonProps {
  readonly vm: string | null;
  readonly name: PersonalityName;
  readonly title: string;
  readonly fields: WrittenFields | undefined;
  readonly give: (name: PersonalityName) => void;
  readonly children: string;
}

function GiveButton({ vm, name, title, fields, give, children }: GiveButtonProps) {
  return (
    <button
      type="button"
      class="give"
      data-roving
      draggable
      title={vm === null ? 'Drag onto a VM' : `Give it to ${vm}`}
      onClick={() => give(name)}
      onDragStart={({ dataTransfer }) => {
        dataTransfer?.setData(DRAG_TYPE, JSON.stringify(name));
        dataTransfer?.setData('text/plain', title);
        if (dataTransfer) dataTransfer.effectAllowed = 'copy';
      }}
    >
      <Glyph fields={fields} />
      <span class="row-words">
        <span class="row-name">{title}</span>
        <span class="row-under">{children}</span>
      </span>
    </button>
  );
}

interface PresetRowProps {
  readonly name: string;
  readonly summary: string;
  readonly vm: string | null;
  readonly give: (name: PersonalityName) => void;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function PresetRow({ name, summary, vm, give, isOpen, onToggle }: PresetRowProps) {
  const page = usePage();
  const row = useRef<HTMLLIElement>(null);
  const details = useSelect(({ presetDetails }) => presetDetails.get(name));
  // There are dozens: each is read when it comes into view.
  useEffect(() => {
    if (row.current === null || details !== undefined) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) page.preset(name);
    });
    observer.observe(row.current);
    return () => observer.disconnect();
  }, [name, details === undefined]);
  return (
    <li class="shelf-item" ref={row}>
      <div class="shelf-row">
        <GiveButton vm={vm} name={{ preset: name }} title={name} fields={details?.personality} give={give}>
          {summary}
        </GiveButton>
        <span class="shelf-tools">
          <button
            type="button"
            class="icon-only"
            aria-expanded={isOpen}
            aria-label={`Values and sources of ${name}`}
            title="Values and sources"
            onClick={onToggle}
          >
            <Icon name="info" />
          </button>
        </span>
      </div>
      {isOpen && <PresetDetails name={name} />}
    </li>
  );
}

export function PresetDetails({ name }: { name: string }) {
  const page = usePage();
  const preset = useSelect(({ presetDetails }) => presetDetails.get(name));
  useEffect(() => {
    page.preset(name);
  }, [name]);
  if (preset === undefined) return <p class="empty">reading …</p>;
  const values: readonly (readonly [string, unknown])[] = [
    ...Object.entries(draftOf(preset.personality)),
    ...Object.entries(draftOf(preset.up ?? {})).map(([path, value]) => [`up.${path}`, value] as const),
  ];
  const sourced = Object.keys(preset.provenance).filter((path) => path.startsWith('series.'));
  return (
    <div class="preset-details">
      <p class="sentence">{preset.preflight.sentence}</p>
      {preset.preflight.warnings.map((warning) => (
        <p key={warning} class="warning">
          {warning}
        </p>
      ))}
      <dl>
        {[...values, ...sourced.map((path) => [path, 'over time'] as const)].map(([path, value]) => {
          const source = preset.provenance[path];
          return (
            <div key={path}>
              <dt>
                <code>{path}</code> <b>{Array.isArray(value) ? `${value.length} numbers` : String(value)}</b>
              </dt>
              {source !== undefined && (
                <dd>
                  <span class={`kind is-${source.kind}`}>{source.kind}</span> {source.year} · {source.source}
                  {source.note !== undefined && <span class="muted"> ({source.note})</span>}
                </dd>
              )}
            </div>
          );
        })}
      </dl>
    </div>
  );
}

/** VMs by personality. */
function useUsers(): ReadonlyMap<string, number> {
  const vms = useSelect(({ control }) => control.vms);
  const users = new Map<string, number>();
  for (const { assignments } of vms) {
    for (const id of new Set(assignments.map(({ personality }) => personality)))
      users.set(id, (users.get(id) ?? 0) + 1);
  }
  return users;
}
