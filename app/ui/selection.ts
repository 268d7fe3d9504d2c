/** What the page looks at: the whole run, or one thing in it. */
export type Selection =
  | { readonly kind: 'run' }
  | { readonly kind: 'vm'; readonly id: string }
  | { readonly kind: 'flow'; readonly id: string }
  /** Both directions of the link between two hosts. */
  | { readonly kind: 'link'; readonly from: string; readonly to: string };

export const WHOLE_RUN: Selection = { kind: 'run' };

export function isSame(one: Selection, other: Selection): boolean {
  return keyOf(one) === keyOf(other);
}

/** Equal selections, equal keys; ids have no control characters. */
export function keyOf(selection: Selection): string {
  if (selection.kind === 'run') return 'run';
  if (selection.kind === 'link') return ['link', ...[selection.from, selection.to].sort()].join('\n');
  return [selection.kind, selection.id].join('\n');
}
