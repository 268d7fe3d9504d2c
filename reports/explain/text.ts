/** The story of a packet for people: a line for each thing that happened to it, in order, with its instant. Does not print it. */
import type { StoryEvent } from '../../sim/index.ts';
import { descendantsOf, type Explanation, endOf, eventsOf, madeOf } from './explanation.ts';
import type { FoundPacket, RelatedPacket } from './finder.ts';
import { durationText, fateWords, instantText, type Sentence, sentencesOf } from './sentences.ts';

export interface ExplainTextOptions {
  readonly colour: boolean;
  /** Columns. */
  readonly width: number;
}

/** The stories of so many copies and fragments are told; the others have their own. */
export const MOST_DESCENDANTS = 8;
/** So many related packets are named. */
export const MOST_RELATED = 8;

const GAP = '  ';
const LEAST_WIDTH = 40;

type Style = 'bold' | 'dim';
const CODES: Readonly<Record<Style, readonly [number, number]>> = { bold: [1, 22], dim: [2, 22] };

/** Lines ended by newlines. */
export function explanationText(explanation: Explanation, { colour, width }: ExplainTextOptions): string {
  const paint = (style: Style, text: string): string =>
    colour ? `\u001b[${CODES[style][0]}m${text}\u001b[${CODES[style][1]}m` : text;
  const { packet, name, seed, digest, command, origins } = explanation;
  const children = descendantsOf(explanation);
  const told = children.slice(0, MOST_DESCENDANTS);
  const lines = [
    paint('bold', headline(packet)),
    `${name}, seed ${seed}, digest ${digest.slice(0, 12)}; lines are those of ${origins.file}`,
    '',
    ...storyLines(explanation, packet.id, width, paint),
    ...told.flatMap((id) => [
      '',
      paint('bold', childTitle(explanation, id)),
      ...storyLines(explanation, id, width, paint),
    ]),
    ...(children.length > told.length ? ['', `and ${children.length - told.length} more made of it`] : []),
    ...relatedLines(explanation.related, children, command, paint),
  ];
  return `${lines.join('\n')}\n`;
}

function headline(packet: FoundPacket): string {
  const { id, flow, seq, reverse, fate, sentNs, endedNs } = packet;
  const time =
    fate === 'delivered' ? ` after ${durationText(endedNs - sentNs)}` : ` at ${instantText(endedNs)}`;
  const back = reverse ? ', on its way back' : '';
  return `packet ${id}, number ${seq} of ${flow}${back}: ${fateWords(fate)}${fate === 'in-flight' ? '' : time}`;
}

function childTitle(explanation: Explanation, id: number): string {
  const events = eventsOf(explanation, id);
  const made = madeOf(events);
  const end = endOf(events);
  const what =
    made?.origin === 'copy' ? 'a copy' : made?.origin === 'fragment' ? 'a fragment' : 'whole again';
  return `packet ${id}, ${what}${end === undefined ? '' : `: ${fateWords(end.fate)}`}`;
}

function storyLines(
  explanation: Explanation,
  id: number,
  width: number,
  paint: (style: Style, text: string) => string,
): string[] {
  const events = eventsOf(explanation, id);
  const sentences = events.flatMap((event, index) =>
    sentencesOf(event, explanation.origins, events.slice(index + 1).find(isStep)),
  );
  const whos = Math.max(...sentences.map(({ who }) => who.length), 0);
  const times = Math.max(...sentences.map(({ at }) => instantText(at).length), 0);
  const indent = ' '.repeat(times + GAP.length + whos + GAP.length);
  const room = Math.max(LEAST_WIDTH, width - indent.length);
  let last = -1;
  return sentences.flatMap((sentence) => {
    // An instant is said once.
    const time = sentence.at === last ? '' : instantText(sentence.at);
    last = sentence.at;
    const head = `${time.padStart(times)}${GAP}${sentence.who.padEnd(whos)}${GAP}`;
    const [first = '', ...rest] = wrapped(sentence.text, room);
    return [
      head + first,
      ...rest.map((line) => indent + line),
      ...becauseLines(sentence, room).map((line) => indent + paint('dim', line)),
    ];
  });
}

/** Takes the packet further; a command that changes something around it does not. */
const isStep = ({ what }: StoryEvent): boolean => what !== 'changed' && what !== 'complained';

/** The stage's settings, which are the same for every packet, stand under what they decided. */
const becauseLines = ({ because }: Sentence, room: number): string[] =>
  because.length === 0 ? [] : wrapped(because.join(', '), room);

function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    const line = lines[last] ?? '';
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width || line === '') lines[last] = longer;
    else lines.push(word);
  }
  return lines;
}

const RELATIONS: Readonly<Record<RelatedPacket['relation'], string>> = {
  copy: 'its copy',
  copyOf: 'what it is a copy of',
  fragment: 'its fragment',
  fragmentOf: 'what it is a fragment of',
  answer: 'its answer',
  question: 'what it answers',
  fellow: 'of the same number or message',
};

function relatedLines(
  related: readonly RelatedPacket[],
  told: readonly number[],
  command: string,
  paint: (style: Style, text: string) => string,
): string[] {
  const others = related.filter(({ id }) => !told.includes(id));
  if (others.length === 0) return [];
  const lines = others
    .slice(0, MOST_RELATED)
    .map(
      ({ id, relation, kind, size, fate, from, sentNs }) =>
        `  ${RELATIONS[relation]}: packet ${id}, ${kind} of ${size} bytes from ${from} at ${instantText(sentNs)}, ${fateWords(fate)}`,
    );
  const hidden = others.length - lines.length;
  const more = hidden > 0 ? [`  and ${hidden} more, which --json has`] : [];
  return ['', paint('bold', 'related'), ...lines, ...more, `  ${command} --packet ${others[0]?.id ?? 0}`];
}
