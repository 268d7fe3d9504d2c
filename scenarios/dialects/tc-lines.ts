/**
 * From a shell script, from bare options or from what `tc qdisc show` prints, to the queueing disciplines that stand there.
 * Knows where a discipline is attached, not what its options mean.
 */
import { nearestName } from '../format/findings.ts';
import type { Problem } from '../format/problems.ts';
import type { Note } from './dialect.ts';

/** A queueing discipline or class, with its options as they stand. */
export interface Attached {
  readonly what: 'qdisc' | 'class';
  /** `netem`, `tbf`; of a class the discipline it belongs to. */
  readonly kind: string;
  readonly device: string;
  /** `1:` or `1:10`; empty when it has none. */
  readonly handle: string;
  /** `root`, or the handle or class that it hangs on. */
  readonly parent: string;
  readonly options: readonly string[];
  readonly text: string;
  readonly line: number;
}

/** A `flow` filter that spreads flows over classes. */
export interface Spread {
  readonly device: string;
  readonly parent: string;
  readonly divisor: number;
}

export interface TcLines {
  readonly attached: readonly Attached[];
  readonly spreads: readonly Spread[];
  readonly notes: readonly Note[];
  readonly problems: readonly Problem[];
}

/** Read here. */
export const KINDS = [
  ...['netem', 'tbf', 'codel', 'fq_codel', 'pie', 'red', 'prio', 'drr'],
  ...['pfifo', 'bfifo', 'pfifo_head_drop'],
] as const;
/** Have classes, between which filters choose; on their own they do nothing to a packet. */
export const CLASSFUL = ['htb', 'hfsc', 'mq', 'multiq', 'mqprio', 'cbq', 'qfq', 'ets'] as const;
/** Known, and not read. */
const OTHERS = ['sfq', 'cake', 'fq', 'fq_pie', 'choke', 'sfb', 'hhf', 'gred', 'etf', 'taprio', 'plug'];
const NOTHING = ['noqueue', 'pfifo_fast', 'ingress', 'clsact'];
const ALL_KINDS: readonly string[] = [...KINDS, ...CLASSFUL, ...OTHERS, ...NOTHING];

const VERBS = ['add', 'change', 'replace', 'link', 'del', 'delete', 'show', 'list', 'ls', 'get'];
const MAKING = ['add', 'change', 'replace', 'link'];
const OBJECTS = ['qdisc', 'class', 'filter', 'chain', 'action', 'monitor', 'exec'];

/** Words that begin a line which belongs to a script around the commands. */
const SCRIPT =
  /^(#!|(ip|modprobe|ethtool|ifconfig|sysctl|iptables|ip6tables|nft|echo|printf|sleep|set|export|local|readonly|if|then|else|elif|fi|for|do|done|while|case|esac|function|return|exit|true|trap|wait|ping|iperf3?|cd|source|\.|\[|\{|\}|\(|\)|backlog|Sent)(\s|$|;)|[A-Za-z_]\w*=|[A-Za-z_]\w*\s*\(\))/;

/** Nobody shapes so much by hand. */
const MOST_ATTACHED = 1000;
/** More are not told: nobody reads them. */
export const MOST_PROBLEMS = 1000;

interface Line {
  readonly text: string;
  readonly number: number;
}

/** Comments gone, continued lines put together, commands of one line apart. */
function commandsOf(text: string): Line[] {
  const lines: Line[] = [];
  let pending = '';
  let from = 0;
  text.split(/\r?\n/).forEach((raw, index) => {
    const part = raw.replace(/(^|\s)#(?!!).*$/, '$1');
    if (pending === '') from = index + 1;
    if (/\\\s*$/.test(part)) {
      pending += `${part.replace(/\\\s*$/, '')} `;
      return;
    }
    for (const command of `${pending}${part}`.split(/&&|\|\||;/)) {
      const words = command.trim().replace(/\s+/g, ' ');
      if (words !== '') lines.push({ text: words, number: from });
    }
    pending = '';
  });
  return lines;
}

const wordsOf = (text: string): string[] =>
  Array.from(text.matchAll(/"([^"]*)"|'([^']*)'|\S+/g), ([all, double, single]) => double ?? single ?? all);

const isTc = (word: string): boolean => /^(.*\/)?tc$/.test(word) || /^\$\{?TC\}?$/i.test(word);

/** Where the words of a tc command begin: behind `sudo`, `ip netns exec blue`, `docker exec web`. */
function afterTc(words: readonly string[]): readonly string[] | null {
  const at = words.findIndex(isTc);
  if (at < 0) return null;
  let from = at + 1;
  while (words[from]?.startsWith('-') === true) {
    from += /^-(n|netns|b|batch|cf|conf)$/.test(words[from]!) ? 2 : 1;
  }
  return words.slice(from);
}

export const looksLikeTc = (text: string): boolean =>
  commandsOf(text).some(({ text: line }) => {
    const words = wordsOf(line);
    const command = afterTc(words) ?? words;
    return OBJECTS.slice(0, 3).includes(command[0] ?? '') || ALL_KINDS.includes(words[0] ?? '');
  });

/** Never throws. */
export function readTcLines(text: string): TcLines {
  const reader = new LineReader();
  for (const line of commandsOf(text)) {
    if (reader.problems.length >= MOST_PROBLEMS || reader.attached.length > MOST_ATTACHED) break;
    reader.read(line);
  }
  if (reader.attached.length > MOST_ATTACHED) {
    const allowed = `at most ${MOST_ATTACHED}`;
    reader.problems.push({ path: 'tc', found: `more than ${MOST_ATTACHED} disciplines`, allowed });
    reader.attached.length = 0;
  }
  return reader;
}

class LineReader implements TcLines {
  readonly attached: Attached[] = [];
  readonly spreads: Spread[] = [];
  readonly notes: Note[] = [];
  readonly problems: Problem[] = [];

  read(line: Line): void {
    const words = wordsOf(line.text);
    const [first = ''] = words;
    const command = afterTc(words);
    if (command !== null && OBJECTS.includes(command[0] ?? '')) this.#command(command, line);
    else if (command !== null) this.#unknown('tc', command[0], OBJECTS.slice(0, 3), line);
    else if (first === 'qdisc') this.#shown(words, line);
    else if (first === 'class') this.#note('left out', line, 'classes have no place in a personality');
    else if (ALL_KINDS.includes(first)) this.#attach('qdisc', words, { device: '', parent: 'root' }, line);
    else if (SCRIPT.test(line.text)) return;
    else this.#unknown('line', line.text, ['tc', ...KINDS], line, first);
  }

  #note(kind: Note['kind'], { text, number }: Line, why: string): void {
    this.notes.push({ kind, words: text, why, line: number });
  }

  #unknown(
    path: string,
    found: string | undefined,
    known: readonly string[],
    line: Line,
    word = found,
  ): void {
    const nearest = word === undefined ? undefined : nearestName(word, known);
    this.problems.push({
      path,
      found: found === undefined ? 'nothing' : JSON.stringify(found),
      allowed: path === 'line' ? 'a tc command, or a qdisc with its options' : known.join(', '),
      ...(nearest === undefined ? {} : { nearest }),
      line: line.number,
    });
  }

  #command([object = '', verb, ...words]: readonly string[], line: Line): void {
    if (object !== 'qdisc' && object !== 'class' && object !== 'filter') return;
    if (verb === undefined || !VERBS.includes(verb)) this.#unknown(`tc ${object}`, verb, MAKING, line);
    // What was there before, or is shown or taken away afterwards, says nothing of the network.
    else if (!MAKING.includes(verb)) return;
    else if (object === 'filter') this.#filter(words, line);
    else this.#located(object, words, line);
  }

  /** `dev eth0 root handle 1: netem …`: the kind is the first word that does not say where. */
  #located(what: 'qdisc' | 'class', words: readonly string[], line: Line): void {
    const { place, rest } = placeIn(words);
    this.#attach(what, rest, place, line);
  }

  /** `qdisc netem 8001: dev eth0 root refcnt 2 limit 1000 …`, as tc prints it. */
  #shown([, kind = '', handle = '', ...words]: readonly string[], line: Line): void {
    const { place, rest } = placeIn(words);
    this.#attach('qdisc', [kind, ...rest], { ...place, handle }, line);
  }

  #attach(what: 'qdisc' | 'class', words: readonly string[], place: Place, line: Line): void {
    const [kind, ...options] = words;
    if (kind === undefined || !ALL_KINDS.includes(kind)) {
      this.#unknown(`tc ${what}`, kind, KINDS, line);
      return;
    }
    if (NOTHING.includes(kind)) return;
    if (OTHERS.includes(kind)) {
      const nearest =
        kind === 'sfq' || kind === 'fq' ? '; bandwidth.discipline drr or fqCodel is the nearest' : '';
      this.#note('left out', line, `${kind} is not among the disciplines here${nearest}`);
      return;
    }
    const { device = '', parent = 'root' } = place;
    // `0:` is how the kernel shows that there is none.
    const handle = place.handle === '0:' ? '' : (place.handle ?? '');
    const { text, number } = line;
    const entry: Attached = { what, kind, device, handle, parent, options, text, line: number };
    // `change` and `replace` take the place of what hangs there, and no two have the same handle.
    const isReplaced = (other: Attached): boolean =>
      other.device === device &&
      ((handle !== '' && other.handle === handle) ||
        (device !== '' && what === 'qdisc' && other.what === what && other.parent === parent));
    for (let at = this.attached.findIndex(isReplaced); at >= 0; at = this.attached.findIndex(isReplaced)) {
      this.attached.splice(at, 1);
    }
    this.attached.push(entry);
  }

  #filter(words: readonly string[], line: Line): void {
    const { place, rest } = placeIn(words);
    const at = rest.indexOf('divisor');
    const divisor = at < 0 ? Number.NaN : Number(rest[at + 1]);
    if (rest.includes('flow') && rest.includes('hash') && Number.isInteger(divisor)) {
      this.spreads.push({ device: place.device ?? '', parent: place.parent ?? '', divisor });
      return;
    }
    this.#note(
      'left out',
      line,
      'filters choose packets; here an assignment does, with `from` the VM, network or host that sends them',
    );
  }
}

interface Place {
  readonly device?: string;
  readonly handle?: string;
  readonly parent?: string;
}

/** Words that say where, each with how many words follow it. */
const WHERE: Readonly<Record<string, number>> = {
  ...{ dev: 1, parent: 1, handle: 1, classid: 1, root: 0 },
  ...{ refcnt: 1, offloaded: 0, deleted: 0, estimator: 2, ingress_block: 1, egress_block: 1 },
};

function placeIn(words: readonly string[]): { readonly place: Place; readonly rest: readonly string[] } {
  const place: { device?: string; handle?: string; parent?: string } = {};
  let at = 0;
  while (at < words.length && Object.hasOwn(WHERE, words[at]!)) {
    const word = words[at]!;
    const value = words[at + 1] ?? '';
    if (word === 'dev') place.device = value;
    else if (word === 'parent') place.parent = value;
    else if (word === 'handle' || word === 'classid') place.handle = value;
    else if (word === 'root') place.parent = 'root';
    at += 1 + (WHERE[word] ?? 0);
  }
  return { place, rest: words.slice(at) };
}
