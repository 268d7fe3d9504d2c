/** Arrow keys in a list of buttons: from one that has `data-roving` to the next. Tab still reaches what stands beside it. */
export function moveFocus(event: KeyboardEvent): void {
  const { key, currentTarget, target } = event;
  if (!(currentTarget instanceof HTMLElement) || !(target instanceof HTMLElement)) return;
  if (!target.hasAttribute('data-roving')) return;
  const all = [...currentTarget.querySelectorAll<HTMLElement>('[data-roving]')];
  const at = all.indexOf(target);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[key];
  if (next === undefined) return;
  event.preventDefault();
  all[Math.min(all.length - 1, Math.max(0, next))]?.focus();
}
