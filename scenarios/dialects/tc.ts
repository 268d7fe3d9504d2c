/**
 * tc: netem, tbf and the queues below them, from scripts, from bare options, or from what `tc qdisc show` prints. Each path from
 * a root to its last discipline is a personality.
 */
import type { Problem } from '../format/problems.ts';
import { failure, type Outcome, success } from '../format/problems.ts';
import {
  type Dialect,
  either,
  type Imported,
  type ImportedPersonality,
  idFrom,
  type Note,
  tidy,
} from './dialect.ts';
import { type Attached, CLASSFUL, looksLikeTc, readTcLines, type Spread } from './tc-lines.ts';
import { type Fields, type Part, readNetem } from './tc-netem.ts';
import { defaultBurstBytes, defaultQueueBytes, defaultQueuePackets, delayedPackets } from './tc-queue.ts';
import { readQueue } from './tc-queues.ts';
import { OptionWords } from './tc-words.ts';

export const tc: Dialect = {
  name: 'tc',
  summary: 'commands for netem, tbf and other queueing disciplines, or what tc qdisc show prints',
  recognises: (text) => looksLikeTc(text),
  read({ text, compat: isCompatWanted = false }): Outcome<Imported> {
    const { attached, spreads, notes: lineNotes, problems: lineProblems } = readTcLines(text);
    const problems: Problem[] = [...lineProblems];
    const notes: Note[] = [...lineNotes];
    const other = attached.find(({ kind }) => kind !== 'netem');
    const compat = isCompatWanted && other === undefined;
    if (isCompatWanted && other !== undefined) {
      const why = 'netemCompat stands for netem alone, without other disciplines: shares are exact here';
      notes.push(noteOn(other, 'left out', why));
    }
    const read = new Map(attached.map((each) => [each, readAttached(each, compat, problems, notes)]));
    const paths = pathsOf(attached);
    const personalities = paths
      .map((path) => personalityOf(path, read, spreads, compat, notes))
      .filter(({ fields }) => Object.keys(fields).length > 0);
    if (problems.length === 0 && attached.length === 0) {
      problems.push({
        path: '',
        found: 'no queueing discipline',
        allowed: 'tc qdisc commands, or bare options',
      });
    }
    if (problems.length > 0) return failure(problems);
    if (compat) for (const { fields } of personalities) (fields as Fields)['netemCompat'] = true;
    return success({ personalities: named(personalities, paths, notes), notes });
  },
};

function readAttached(entry: Attached, compat: boolean, problems: Problem[], notes: Note[]): Part {
  const { kind, options, line } = entry;
  if (entry.what === 'class') return readClass(entry, problems, notes);
  if ((CLASSFUL as readonly string[]).includes(kind)) return { fields: {} };
  const words = new OptionWords(kind, options, line);
  const part = kind === 'netem' ? readNetem(words, compat) : readQueue(words);
  problems.push(...words.problems);
  notes.push(...words.notes);
  return part;
}

/** A class shapes what goes through it: htb to its rate, drr by its quantum. */
function readClass({ kind, options, text, line }: Attached, problems: Problem[], notes: Note[]): Part {
  const known = options.slice(options.findIndex((word) => ['rate', 'quantum'].includes(word)));
  const words = new OptionWords(kind, known, line);
  const fields: Fields = {};
  const skip = (): void => void words.word('a value');
  let ceiling = 0;
  if (kind === 'drr') words.readAll({ quantum: () => (fields['bandwidth.quantumBytes'] = words.size()) });
  else if (kind === 'htb' && options.includes('rate')) {
    words.readAll({
      rate: () => (fields['bandwidthKbps'] = words.rate()),
      ceil: () => (ceiling = words.rate()),
      ...{ burst: skip, cburst: skip, buffer: skip, maxburst: skip, cbuffer: skip, prio: skip, mtu: skip },
      ...{ mpu: skip, overhead: skip, linklayer: skip, quantum: skip },
    });
    if (ceiling > Number(fields['bandwidthKbps'])) {
      words.note('left out', 'nothing is borrowed from other classes: the rate holds, not the ceiling', text);
    }
  } else words.note('left out', 'classes have no place in a personality', text);
  problems.push(...words.problems);
  notes.push(...words.notes);
  return { fields };
}

// ---- what hangs on what

/** From each root down to each end. */
function pathsOf(attached: readonly Attached[]): (readonly Attached[])[] {
  const isRoot = (entry: Attached): boolean => parentsOf(entry, attached).length === 0;
  const below = (path: readonly Attached[]): (readonly Attached[])[] => {
    const end = path.at(-1)!;
    const children = childrenOf(end, attached).filter((child) => !path.includes(child));
    // Classes of drr are the discipline's own queues.
    const branches = children.filter(({ what, kind }) => !(what === 'class' && kind === 'drr'));
    return branches.length === 0 ? [path] : branches.flatMap((child) => below([...path, child]));
  };
  return attached.filter(isRoot).flatMap((root) => below([root]));
}

function parentsOf(entry: Attached, attached: readonly Attached[]): readonly Attached[] {
  return attached.filter((other) => other !== entry && childrenOf(other, attached).includes(entry));
}

/** A discipline hangs on a class by its full id, or on a discipline by the part before the colon. */
function childrenOf({ what, handle, device }: Attached, attached: readonly Attached[]): readonly Attached[] {
  if (handle === '') return [];
  const onDevice = attached.filter((other) => other.device === device && other.parent !== 'root');
  if (what === 'class') return onDevice.filter(({ parent }) => parent === handle);
  const classes = new Set(onDevice.filter((each) => each.what === 'class').map((each) => each.handle));
  return onDevice.filter(({ parent }) => majorOf(parent) === majorOf(handle) && !classes.has(parent));
}

const majorOf = (id: string): string => id.split(':')[0] ?? '';

// ---- one personality from a path

function personalityOf(
  path: readonly Attached[],
  read: ReadonlyMap<Attached, Part>,
  spreads: readonly Spread[],
  compat: boolean,
  notes: Note[],
): ImportedPersonality {
  const fields: Fields = {};
  let limit: number | undefined;
  for (const [index, entry] of path.entries()) {
    const part = read.get(entry) ?? { fields: {} };
    // A prio with something below it only sorts packets.
    if (entry.kind === 'prio' && index < path.length - 1) {
      notes.push(
        noteOn(entry, 'left out', 'filters choose between its bands; here an assignment does, with `from`'),
      );
      continue;
    }
    limit ??= part.limit;
    merge(fields, part.fields, entry, notes);
    if (entry.kind === 'drr') Object.assign(fields, drrFields(entry, read, spreads));
  }
  // Queues and buckets as large as they are anyway.
  const defaults: readonly [string, (fields: Fields) => number][] = [
    ['bandwidth.queueBytes', defaultQueueBytes],
    ['bandwidth.queuePackets', defaultQueuePackets],
    ['bandwidth.burstBytes', defaultBurstBytes],
  ];
  for (const [field, of] of defaults) {
    if (fields[field] !== of(fields)) continue;
    const why = 'full packets: as many as wait without a limit, which counts their bytes';
    if (field === 'bandwidth.queuePackets')
      notes.push({ kind: 'interpreted', words: `limit ${fields[field]}`, why, line: path.at(-1)!.line });
    delete fields[field];
  }
  if (compat && limit !== undefined) fields['bandwidth.queuePackets'] = limit;
  else if (!compat) settleLimit(fields, limit, path, notes);
  if (!compat && fields['bandwidthKbps'] === undefined) leaveQueue(fields, path, notes);
  if (fields['bandwidth.model'] === 'tokenBucket') delete fields['bandwidth.model'];
  return { name: '', source: path.map(({ text }) => text), fields };
}

const noteOn = ({ text, line }: Attached, kind: Note['kind'], why: string): Note => ({
  kind,
  words: text,
  why,
  line,
});

/** What is added to what: delays sum up, losses combine, the lower rate holds; of the rest the first counts. */
function merge(fields: Fields, more: Fields, entry: Attached, notes: Note[]): void {
  const lossPath = 'packetLossPercentage';
  const hasLossModel = (some: Fields): boolean =>
    some['loss.model'] !== undefined || some['loss.correlation'] !== undefined;
  const areLossesPlain = !hasLossModel(fields) && !hasLossModel(more);
  // A child queue takes the place of the one that tbf has by itself.
  if (more['bandwidth.discipline'] !== undefined || entry.kind.endsWith('fifo')) {
    delete fields['bandwidth.queueBytes'];
    delete fields['bandwidth.queuePackets'];
  }
  const rate = Number(fields['bandwidthKbps'] ?? Infinity);
  const isSlower = Number(more['bandwidthKbps'] ?? Infinity) < rate;
  const clashes: string[] = [];
  for (const [path, value] of Object.entries(more)) {
    const old = fields[path];
    if (old === undefined || old === value) fields[path] = value;
    else if (path === 'latencyMs') fields[path] = tidy(Number(old) + Number(value));
    else if (path === lossPath && areLossesPlain) fields[path] = either(Number(old), Number(value));
    else if (path === 'bandwidthKbps' || path.startsWith('bandwidth.')) {
      if (isSlower) fields[path] = value;
      if (path === 'bandwidthKbps')
        notes.push(noteOn(entry, 'interpreted', 'of two rates in a row, the lower one holds'));
    } else clashes.push(path);
  }
  if (clashes.length > 0)
    notes.push(noteOn(entry, 'left out', `${clashes.join(', ')}: the discipline above has said so already`));
}

/** Flows get queues of their own: the classes, which a filter spreads them over. */
function drrFields(entry: Attached, read: ReadonlyMap<Attached, Part>, spreads: readonly Spread[]): Fields {
  const classes = [...read].filter(
    ([{ what, kind, device, parent }]) =>
      what === 'class' &&
      kind === 'drr' &&
      device === entry.device &&
      majorOf(parent) === majorOf(entry.handle),
  );
  const spread = spreads.find(
    ({ device, parent }) => device === entry.device && majorOf(parent) === majorOf(entry.handle),
  );
  return {
    ...(classes[0]?.[1].fields ?? {}),
    ...(spread === undefined ? {} : { 'bandwidth.flows': spread.divisor }),
  };
}

/** netem's limit counts packets in the delay as well as those that wait for the rate. */
function settleLimit(
  fields: Fields,
  limit: number | undefined,
  path: readonly Attached[],
  notes: Note[],
): void {
  const netem = path.find(({ kind }) => kind === 'netem');
  if (netem === undefined) return;
  const words = limit === undefined ? 'no limit' : `limit ${limit}`;
  const note = (kind: Note['kind'], why: string): void =>
    void notes.push({ kind, words, why, line: netem.line });
  if (fields['bandwidthKbps'] === undefined) {
    if (limit !== undefined)
      note('left out', 'delayed packets are not limited here: nothing is dropped that nobody asked for');
    return;
  }
  if (fields['bandwidth.model'] !== 'serialize') {
    if (limit !== undefined)
      note('left out', 'only packets that wait for the rate count, in the queue below netem');
    return;
  }
  if (limit === undefined) {
    note(
      'left out',
      'netem would drop at 1000 packets, delayed ones included; here the queue is sized by rate and delay',
    );
    return;
  }
  const delayed = delayedPackets(fields);
  if (limit === delayed + defaultQueuePackets(fields)) return;
  fields['bandwidth.queuePackets'] = Math.max(1, limit - delayed);
  if (delayed > 0)
    note('interpreted', `netem counts delayed packets, too: ${delayed} of them at full rate are taken off`);
}

/** A queue needs a rate to be one. */
function leaveQueue(fields: Fields, path: readonly Attached[], notes: Note[]): void {
  const isSlot = (field: string): boolean => field.startsWith('bandwidth.slot');
  const gone = Object.keys(fields).filter((field) => field.startsWith('bandwidth.') && !isSlot(field));
  for (const field of gone) delete fields[field];
  if (gone.length > 0) {
    const last = path.at(-1)!;
    notes.push(
      noteOn(
        last,
        'left out',
        'a queue fills up only where a rate is: the speed of the device is not known here',
      ),
    );
  }
}

/** Names by device; several ends on one device get numbers. */
function named(
  personalities: readonly ImportedPersonality[],
  paths: readonly (readonly Attached[])[],
  notes: Note[],
): ImportedPersonality[] {
  const devices = personalities.map(({ source }) => {
    const path = paths.find((each) => each.map(({ text }) => text).join('\n') === source.join('\n'));
    return path?.[0]?.device ?? '';
  });
  const distinct = new Set(devices);
  if (distinct.size > 1) {
    const why =
      'each device is a personality of its own; where one is the other direction of a line, name it as `egress`';
    notes.push({ kind: 'interpreted', words: [...distinct].join(', '), why });
  }
  return personalities.map((each, index) => ({
    ...each,
    name: index === 0 ? '' : idFrom(devices[index] ?? ''),
  }));
}
