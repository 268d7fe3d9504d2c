/** What was done, the newest first; and why packets did not arrive. */
import { useState } from 'preact/hooks';
import { usePage, useSelect } from './context.ts';
import { count, instant } from './format.ts';
import { Reasons } from './inspector.tsx';

const MOST_SHOWN = 300;

export function CommandLog() {
  const page = usePage();
  const commands = useSelect((state) => state.commands);
  const vms = useSelect(({ blueprint }) => blueprint?.vms) ?? [];
  const [words, setWords] = useState('');
  const [isOurs, setIsOurs] = useState(false);
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commands.filter(({ command, subject, effect, posted }) => {
    const text = `${command} ${subject} ${effect}`.toLowerCase();
    return (posted || !isOurs) && wanted.every((word) => text.includes(word));
  });
  const shown = found.slice(-MOST_SHOWN).reverse();
  const names = new Set(vms.map(({ id }) => id));
  return (
    <>
      <div class="log-tools">
        <input
          type="search"
          class="search"
          placeholder="Find"
          aria-label="Find in the log of commands"
          value={words}
          onInput={({ currentTarget }) => setWords(currentTarget.value)}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={isOurs}
            onChange={({ currentTarget }) => setIsOurs(currentTarget.checked)}
          />
          by hand
        </label>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard. */}
      <section class="scroll" tabIndex={0} aria-label="Commands, the newest first">
        <ol class="log">
          {shown.map(({ sequence, at, command, subject, effect, posted }) => (
            <li key={sequence} class={posted ? 'is-posted' : ''}>
              <span class="log-at">{instant(at)}</span>
              <span class="log-what">
                <b>{command}</b>
                {posted && <span class="hidden"> by hand</span>}{' '}
                {names.has(subject) ? (
                  <button type="button" class="link" onClick={() => page.select({ kind: 'vm', id: subject })}>
                    {subject}
                  </button>
                ) : (
                  subject
                )}
              </span>
              <span class="log-effect">{effect.replaceAll('->', '→')}</span>
            </li>
          ))}
        </ol>
        {shown.length === 0 && (
          <p class="empty">
            {commands.length === 0 ? 'Nothing has been done yet.' : 'Nothing has these words.'}
          </p>
        )}
      </section>
      {found.length > shown.length && (
        <p class="muted">
          {count(found.length - shown.length)} older ones: find them by a word, or with GET /v1/commands.
        </p>
      )}
    </>
  );
}

/** Of the VM that is selected, otherwise of the whole run. */
export function Drops() {
  const selection = useSelect((state) => state.selection);
  const figures = useSelect((state) => state.figures);
  const one =
    selection.kind === 'vm'
      ? figures?.vms.find(({ id }) => id === selection.id)
      : selection.kind === 'flow'
        ? figures?.flows.find(({ id }) => id === selection.id)
        : undefined;
  const of = one?.id ?? 'the whole run';
  return (
    <>
      <h2>
        Dropped <small>{of}</small>
      </h2>
      <Reasons dropped={one?.dropped ?? figures?.totals.dropped ?? {}} of={of} />
    </>
  );
}
