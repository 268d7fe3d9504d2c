/** Augmented Traffic Control: profiles with a block for each direction, rates in kbit/s, delays in ms, percentages from 0 to 100. */
import type { Path } from '../format/path.ts';
import { isMapping, type Raw, text } from '../format/raw.ts';
import { type Dialect, type ImportedPersonality, idFrom } from './dialect.ts';
import { type DocumentReader, fieldsThatAct, withDocument } from './document.ts';
import { FILTERED, NOT_DELAYS } from './tc-netem.ts';

const BLOCK_FIELDS = ['rate', 'delay', 'loss', 'reorder', 'corruption', 'iptables_options'];
const PROFILE_FIELDS = ['id', 'name', 'shaping', 'content', 'up', 'down'];

const directionsOf = (raw: Raw): Raw | undefined => {
  const nested = raw['shaping'] ?? raw['content'] ?? raw;
  return isMapping(nested) && (nested['up'] !== undefined || nested['down'] !== undefined)
    ? nested
    : undefined;
};

export const atc: Dialect = {
  name: 'atc',
  summary: 'a profile of Augmented Traffic Control, with up and down',
  recognises: (_text, document) =>
    (Array.isArray(document) ? document : [document]).some(
      (value) => isMapping(value) && directionsOf(value) !== undefined,
    ),
  read: ({ text: source, compat = false }) =>
    withDocument(source, (document, reader) => {
      const profiles: [unknown, Path][] = Array.isArray(document)
        ? document.map((profile, index) => [profile, [index]])
        : [[document, []]];
      return profiles.flatMap(([profile, at]) => fromProfile(profile, at, compat, reader));
    }),
};

function fromProfile(raw: unknown, at: Path, compat: boolean, reader: DocumentReader): ImportedPersonality[] {
  if (!isMapping(raw)) {
    reader.findings.add(at, raw, 'a profile: a mapping with up and down');
    return [];
  }
  reader.closed(raw, at, PROFILE_FIELDS);
  const directions = directionsOf(raw);
  if (directions === undefined) {
    reader.missing([...at, 'down'], 'the blocks up and down');
    return [];
  }
  const inside = raw['shaping'] !== undefined ? ['shaping'] : raw['content'] !== undefined ? ['content'] : [];
  if (inside.length > 0) reader.closed(directions, [...at, ...inside], ['up', 'down']);
  const block = (name: string) => {
    const inner = reader.mapping(directions, name, [...at, ...inside]);
    return inner === undefined ? {} : fromBlock(inner, [...at, ...inside, name], compat, reader);
  };
  const name = text(raw['name']) ?? '';
  return [
    {
      name: idFrom(name),
      source: [name === '' ? 'a profile' : `profile ${name}`],
      fields: block('down'),
      egress: block('up'),
    },
  ];
}

function fromBlock(raw: Raw, at: Path, compat: boolean, reader: DocumentReader) {
  reader.closed(raw, at, BLOCK_FIELDS);
  const group = (name: string, fields: readonly string[]): Raw => {
    const inner = reader.mapping(raw, name, at) ?? {};
    reader.closed(inner, [...at, name], fields);
    return inner;
  };
  const delay = group('delay', ['delay', 'jitter', 'correlation']);
  const loss = group('loss', ['percentage', 'correlation']);
  const reorder = group('reorder', ['percentage', 'correlation', 'gap']);
  const corruption = group('corruption', ['percentage', 'correlation']);
  const correlation = (inner: Raw, name: string, hits: number): number => {
    const value = reader.percent(inner, 'correlation', [...at, name]);
    if (value === 0 || hits === 0) return 0;
    if (!compat)
      reader.note(
        'interpreted',
        [...at, name, 'correlation'],
        inner['correlation'],
        name === 'delay' ? NOT_DELAYS : FILTERED,
      );
    return value;
  };
  const options = raw['iptables_options'];
  if (Array.isArray(options) ? options.length > 0 : options !== undefined && options !== null) {
    const why = 'an assignment chooses packets, with `from` the VM, network or host that sends them';
    reader.note('left out', [...at, 'iptables_options'], options, why);
  }
  const jitter = reader.milliseconds(delay, 'jitter', [...at, 'delay']);
  const lost = reader.percent(loss, 'percentage', [...at, 'loss']);
  const reordered = reader.percent(reorder, 'percentage', [...at, 'reorder']);
  const corrupted = reader.percent(corruption, 'percentage', [...at, 'corruption']);
  const gap = reader.number(reorder, 'gap', [...at, 'reorder'], 'a whole number', 0, { min: 0, whole: true });
  if (jitter > 0 && !compat)
    reader.note(
      'interpreted',
      [...at, 'delay', 'jitter'],
      jitter,
      'ATC uses netem, where jitter reorders packets',
    );
  return {
    ...fieldsThatAct({
      latencyMs: reader.milliseconds(delay, 'delay', [...at, 'delay']),
      jitterMs: jitter,
      'jitter.correlation': correlation(delay, 'delay', jitter),
      ...(jitter > 0 ? { 'jitter.preserveOrder': false } : {}),
      packetLossPercentage: lost,
      'loss.correlation': correlation(loss, 'loss', lost),
      'corrupt.percentage': corrupted,
      'corrupt.correlation': correlation(corruption, 'corruption', corrupted),
      'reorder.percentage': reordered,
      'reorder.correlation': correlation(reorder, 'reorder', reordered),
      'reorder.gap': reordered > 0 && gap > 1 ? gap : 0,
      bandwidthKbps: reader.number(raw, 'rate', at, 'a number of kbit/s', 0, { min: 0 }),
    }),
    ...(compat ? { netemCompat: true } : {}),
  };
}
