/** A personality's fields, what they will mean while they are being changed, and the way to make them so. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, type Tagged } from './api.ts';
import { usePage, useSelect } from './context.ts';
import {
  type Draft,
  draftOf,
  freeName,
  isSameDraft,
  problemsByField,
  problemText,
  withField,
  writtenOf,
} from './draft.ts';
import { FieldInput } from './field-input.tsx';
import { counted } from './format.ts';
import { Icon } from './icons.tsx';
import type { FieldJson, PreflightJson, ProblemJson } from './types.ts';

/** In the order in which people think of them. */
const CORE: Readonly<Record<string, string>> = {
  latencyMs: 'Latency',
  jitterMs: 'Jitter',
  packetLossPercentage: 'Loss',
  duplicatePacketPercentage: 'Duplicates',
  bandwidthKbps: 'Bandwidth',
  mtu: 'MTU',
  routingProfile: 'Routing',
};

const CHECK_MS = 150;
const LIVE_MS = 250;

export function Editor({ personality, vm }: { personality: string | null; vm: string | null }) {
  if (personality === null)
    return <p class="empty">Choose a personality with its pencil, or give the VM one.</p>;
  return <PersonalityEditor personality={personality} vm={vm} />;
}

function PersonalityEditor({ personality, vm }: { personality: string; vm: string | null }) {
  const page = usePage();
  const fields = useSelect((state) => state.fields);
  const current = useSelect(
    ({ control }) => control.personalities.find(({ id }) => id === personality)?.fields,
  );
  const [base, setBase] = useState<Tagged | null>(null);
  const [draft, setDraft] = useState<Draft>({});
  const [isLive, setIsLive] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [isStale, setIsStale] = useState(false);
  const { preflight, understood, problems, isChecked, setProblems } = useCheck(draft, base !== null);
  const form = useRef<HTMLFormElement>(null);
  const isLoaded = base !== null;
  // It needs the room that the figures above it take.
  useEffect(() => {
    const place = form.current;
    const pane = place?.closest('.inspector');
    if (place && pane) pane.scrollTop = place.offsetTop - 60;
  }, [isLoaded]);
  const baseDraft = base === null ? {} : draftOf(base.fields);
  const isDirty = base !== null && !isSameDraft(draft, baseDraft);

  const take = (answer: Tagged) => {
    setBase(answer);
    setDraft(draftOf(answer.fields));
    setIsStale(false);
    setProblems([]);
  };
  const load = async () => {
    try {
      take(await page.api.personality(personality));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setProblems([{ path: '', found: personality, allowed: error.message }]);
    }
  };
  useEffect(() => {
    load();
  }, [personality]);
  // Somebody else, or the timeline, has changed it meanwhile.
  useEffect(() => {
    if (base === null || current === undefined || isBusy || isSameDraft(draftOf(current), baseDraft)) return;
    if (isDirty) setIsStale(true);
    else load();
  }, [current]);

  const apply = async (tag: string | null = base?.tag ?? null) => {
    setIsBusy(true);
    const sent = draft;
    try {
      const answer = await page.apply(personality, writtenOf(sent), tag);
      setBase(answer);
      setIsStale(false);
      // What was typed during the call is kept.
      setDraft((now) => (isSameDraft(now, sent) ? draftOf(answer.fields) : now));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setIsLive(false);
      if (error.status === 412) setIsStale(true);
      else
        setProblems(
          error.problems.length > 0 ? error.problems : [{ path: '', found: '', allowed: error.message }],
        );
    } finally {
      setIsBusy(false);
    }
  };
  useEffect(() => {
    if (!isLive || !isDirty || !isChecked || isBusy || isStale || problems.length > 0) return;
    const timer = setTimeout(apply, LIVE_MS);
    return () => clearTimeout(timer);
  }, [isLive, draft, isChecked, isBusy, isStale, problems]);

  if (base === null) {
    return (
      <p class="empty">
        {problems.length > 0 ? problems.map(({ allowed }) => allowed).join('; ') : 'reading …'}
      </p>
    );
  }
  const byField = problemsByField(problems, fields);
  const props = {
    draft,
    understood,
    byField,
    onChange: (path: string, value: Draft[string] | undefined) =>
      setDraft((now) => withField(now, path, value)),
  };
  return (
    <form
      class="editor"
      ref={form}
      aria-label={`Personality ${personality}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (isDirty) apply();
      }}
    >
      <Users personality={personality} vm={vm} />
      <Preflight preflight={preflight} problems={byField.get('') ?? []} />
      <Fields
        fields={Object.keys(CORE).flatMap((path) => fields.filter((field) => field.path === path))}
        {...props}
      />
      {groupsOf(fields).map(([group, members]) => (
        <Group key={group} group={group} fields={members} {...props} />
      ))}
      <div class="editor-end">
        {isStale && (
          <p class="warning" role="alert">
            It was changed meanwhile.{' '}
            <button type="button" onClick={load}>
              Take the change
            </button>{' '}
            <button type="button" onClick={() => apply(null)}>
              Keep mine
            </button>
          </p>
        )}
        <div class="actions">
          <button type="submit" class="primary" disabled={!isDirty || isBusy || problems.length > 0}>
            Apply
          </button>
          <button type="button" disabled={!isDirty} onClick={() => take(base)}>
            Undo changes
          </button>
          <label class="check">
            <input
              type="checkbox"
              checked={isLive}
              onChange={({ currentTarget }) => setIsLive(currentTarget.checked)}
            />
            apply as I go
          </label>
        </div>
        <SaveAs personality={personality} vm={vm} draft={draft} onProblems={setProblems} />
      </div>
    </form>
  );
}

/** Asks the API what the draft will mean, a moment after it was changed. */
function useCheck(draft: Draft, isWanted: boolean) {
  const page = usePage();
  const [preflight, setPreflight] = useState<PreflightJson | null>(null);
  const [understood, setUnderstood] = useState<Draft>({});
  const [problems, setProblems] = useState<readonly ProblemJson[]>([]);
  const [checked, setChecked] = useState<Draft | null>(null);
  const latest = useRef(draft);
  latest.current = draft;
  useEffect(() => {
    if (!isWanted) return;
    const check = async () => {
      try {
        const answer = await page.api.check(writtenOf(draft));
        if (latest.current !== draft) return;
        setPreflight(answer.preflight);
        setUnderstood(draftOf(answer.personality));
        setProblems([]);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (latest.current !== draft) return;
        setProblems(
          error.problems.length > 0 ? error.problems : [{ path: '', found: '', allowed: error.message }],
        );
      }
      setChecked(draft);
    };
    const timer = setTimeout(check, CHECK_MS);
    return () => clearTimeout(timer);
  }, [draft, isWanted]);
  return { preflight, understood, problems, isChecked: checked === draft, setProblems };
}

function Preflight({
  preflight,
  problems,
}: {
  preflight: PreflightJson | null;
  problems: readonly ProblemJson[];
}) {
  return (
    <div class="preflight" aria-live="polite">
      <p class="sentence">{preflight === null ? '…' : preflight.sentence}</p>
      {preflight?.warnings.map((warning) => (
        <p key={warning} class="warning">
          {warning}
        </p>
      ))}
      {problems.map((problem) => (
        <p key={problem.path + problem.found} class="field-problem">
          {problem.found === '' ? problem.allowed : `${problem.path} ${problemText(problem)}`}
        </p>
      ))}
    </div>
  );
}

function Users({ personality, vm }: { personality: string; vm: string | null }) {
  const vms = useSelect(({ control }) => control.vms);
  const users = vms.filter(({ assignments }) => assignments.some((each) => each.personality === personality));
  const others = users.filter(({ id }) => id !== vm);
  const names = others.slice(0, 3).map(({ id }) => id);
  if (others.length > 3) names.push(`${counted(others.length - 3, 'other')}`);
  if (users.length === 0) return <p class="muted users">No VM has {personality}.</p>;
  if (others.length === 0)
    return (
      <p class="muted users">
        Only {vm} has {personality}.
      </p>
    );
  return (
    <p class={users.length === others.length ? 'muted users' : 'users notice'}>
      {users.length === others.length ? 'On ' : 'Also on '}
      {names.join(', ')}: changes take effect there, too.
    </p>
  );
}

interface FieldsProps {
  readonly fields: readonly FieldJson[];
  readonly draft: Draft;
  /** The draft as the API has read it, with numbers for texts like `0.12s`. */
  readonly understood: Draft;
  readonly byField: ReadonlyMap<string, readonly ProblemJson[]>;
  readonly onChange: (path: string, value: Draft[string] | undefined) => void;
}

function Fields({ fields, draft, understood, byField, onChange }: FieldsProps) {
  return (
    <>
      {fields.map((field) => (
        <FieldInput
          key={field.path}
          field={field}
          label={labelOf(field.path)}
          value={draft[field.path]}
          understood={understood[field.path]}
          problems={byField.get(field.path) ?? []}
          onChange={(value) => onChange(field.path, value)}
        />
      ))}
    </>
  );
}

function Group({ group, ...props }: FieldsProps & { group: string }) {
  const set = props.fields.filter(({ path }) => props.draft[path] !== undefined).length;
  const wrong = props.fields.filter(({ path }) => props.byField.has(path)).length;
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details
      class="group"
      open={isOpen || wrong > 0}
      onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}
    >
      <summary>
        {group}
        {set > 0 && <span class="badge">{set} set</span>}
        {wrong > 0 && <span class="badge is-wrong">{counted(wrong, 'problem')}</span>}
      </summary>
      {(isOpen || wrong > 0) && <Fields {...props} />}
    </details>
  );
}

/** What is no core field, by the first part of its path. */
function groupsOf(fields: readonly FieldJson[]): readonly (readonly [string, readonly FieldJson[]])[] {
  const groups = new Map<string, FieldJson[]>();
  for (const field of fields) {
    if (field.path in CORE) continue;
    const [first = ''] = field.path.split('.');
    const group = field.path.includes('.') ? first : 'more';
    groups.set(group, [...(groups.get(group) ?? []), field]);
  }
  const order = (group: string) => (group === 'more' ? 1 : 0);
  return [...groups].sort(([one], [other]) => order(one) - order(other));
}

/** `preserve order` of `jitter.preserveOrder`. */
function labelOf(path: string): string {
  const name = CORE[path] ?? path.split('.').at(-1) ?? path;
  return (
    CORE[path] ??
    name.replace(/(Ms|Kbps|Bytes)$/, '').replace(/([a-z])([A-Z0-9])/g, (_, a, b) => `${a} ${b.toLowerCase()}`)
  );
}

interface SaveAsProps {
  readonly personality: string;
  readonly vm: string | null;
  readonly draft: Draft;
  readonly onProblems: (problems: readonly ProblemJson[]) => void;
}

function SaveAs({ personality, vm, draft, onProblems }: SaveAsProps) {
  const page = usePage();
  const ids = useSelect(({ control }) => control.personalities);
  const users = useSelect(({ control }) => control.vms).filter(({ assignments }) =>
    assignments.some((each) => each.personality === personality),
  ).length;
  const taken = new Set(ids.map(({ id }) => id));
  const [name, setName] = useState<string | null>(null);
  const proposed =
    name ??
    freeName(vm === null || personality.startsWith(`${vm}-`) ? personality : `${vm}-${personality}`, taken);
  const save = async () => {
    try {
      await page.saveAs(proposed, writtenOf(draft), vm);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      onProblems(
        error.problems.length > 0 ? error.problems : [{ path: '', found: '', allowed: error.message }],
      );
    }
  };
  return (
    <div class="save-as">
      <input
        type="text"
        aria-label="Name of the new personality"
        value={proposed}
        spellcheck={false}
        autocomplete="off"
        onInput={({ currentTarget }) => setName(currentTarget.value)}
      />
      <button type="button" disabled={proposed === '' || taken.has(proposed)} onClick={save}>
        {vm === null ? 'Save as new' : 'Save as new and assign'}
      </button>
      {users === 0 && (
        <button
          type="button"
          class="icon-only"
          aria-label={`Delete ${personality}`}
          title={`Delete ${personality}`}
          onClick={() => page.delete(personality)}
        >
          <Icon name="trash" />
        </button>
      )}
    </div>
  );
}
