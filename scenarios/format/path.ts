/** Places in a document: `traffic[2].to` as text and as steps. */

export type Step = string | number;
export type Path = readonly Step[];

const PLAIN_KEY = /^[\p{L}\p{N}_{}:@+-]+$/u;

/** `['traffic', 2, 'to']` as `traffic[2].to`; keys with dots or spaces are quoted: `assignments["a.b"]`. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (PLAIN_KEY.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

const STEP = /\.?(?:\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+))/y;

/** The inverse of {@link pathText}; null when malformed. */
export function parsePath(text: string): Path | null {
  const steps: Step[] = [];
  let at = 0;
  while (at < text.length) {
    STEP.lastIndex = at;
    const match = STEP.exec(text);
    // A dot separates: none before the first step, one before every plain step after it.
    if (match === null || (at === 0 && text.startsWith('.'))) return null;
    const [whole, index, quoted, key] = match;
    if (key !== undefined && at > 0 && !whole.startsWith('.')) return null;
    if (key === undefined && whole.startsWith('.')) return null;
    steps.push(index !== undefined ? Number(index) : key !== undefined ? key : unquote(quoted ?? ''));
    at += whole.length;
  }
  return steps.length === 0 ? null : steps;
}

function unquote(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}
