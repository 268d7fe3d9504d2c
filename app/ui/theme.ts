/** Dark or light: as the system has it, unless the user says otherwise. `data-theme` of the document says which. */

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'netpersona-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

export function chosenTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === stored) ?? 'auto';
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  show();
}

/** Now, and whenever the system changes. */
export function followTheme(): void {
  show();
  system.addEventListener('change', show);
}

function show(): void {
  const theme = chosenTheme();
  const isDark = theme === 'dark' || (theme === 'auto' && system.matches);
  document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
}
