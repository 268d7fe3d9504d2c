/** What came of what the user did. */
import { usePage, useSelect } from './context.ts';
import { problemText } from './draft.ts';
import { Icon } from './icons.tsx';

export function Toasts() {
  const page = usePage();
  const toasts = useSelect((state) => state.toasts);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map(({ number, kind, text, problems, undo }) => (
        <div key={number} class={`toast is-${kind}`} role={kind === 'error' ? 'alert' : undefined}>
          <div class="toast-words">
            <p>{text}</p>
            {problems.length > 0 && (
              <ul>
                {problems.map((problem) => (
                  <li key={`${problem.path} ${problem.found}`}>
                    <code>{problem.path}</code> {problemText(problem)}
                  </li>
                ))}
              </ul>
            )}
          </div>
          {undo !== undefined && (
            <button
              type="button"
              class="link"
              onClick={() => {
                page.dismiss(number);
                undo();
              }}
            >
              Undo
            </button>
          )}
          <button type="button" class="icon-only" aria-label="Dismiss" onClick={() => page.dismiss(number)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
