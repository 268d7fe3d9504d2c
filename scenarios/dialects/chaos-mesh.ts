/** Chaos Mesh: NetworkChaos resources (api/v1alpha1/networkchaos_types.go), alone or within a Schedule; several in one file. */
import type { Path } from '../format/path.ts';
import { failure, type Problem, success } from '../format/problems.ts';
import { isMapping, type Raw, text } from '../format/raw.ts';
import { readYaml } from '../format/reader.ts';
import { type Dialect, type ImportedPersonality, idFrom, type Note, tidy } from './dialect.ts';
import { DocumentReader, fieldsThatAct } from './document.ts';
import { FILTERED, NOT_DELAYS } from './tc-netem.ts';

const MTU = 1500;
const ACTIONS = ['netem', 'delay', 'loss', 'duplicate', 'corrupt', 'partition', 'bandwidth', 'rate'];
const SPEC_FIELDS = [
  ...[
    'action',
    'mode',
    'value',
    'selector',
    'duration',
    'scheduler',
    'direction',
    'target',
    'externalTargets',
  ],
  ...[
    'delay',
    'loss',
    'duplicate',
    'corrupt',
    'bandwidth',
    'rate',
    'device',
    'targetDevice',
    'remoteCluster',
  ],
];
const NETEM = ['delay', 'loss', 'duplicate', 'corrupt'];

interface Part {
  readonly text: string;
  readonly before: number;
}

/** The documents of a file, each with the lines before it. */
function documentsOf(fileText: string): Part[] {
  const parts: Part[] = [];
  let lines: string[] = [];
  let before = 0;
  fileText.split('\n').forEach((line, index) => {
    if (!/^---(\s|$)/.test(line)) {
      lines.push(line);
      return;
    }
    parts.push({ text: lines.join('\n'), before });
    lines = [];
    before = index + 1;
  });
  parts.push({ text: lines.join('\n'), before });
  return parts.filter((part) => /^\s*[^\s#]/m.test(part.text));
}

export const chaosMesh: Dialect = {
  name: 'chaos-mesh',
  summary: 'NetworkChaos resources as YAML',
  recognises: (fileText) =>
    /^\s*"?apiVersion"?:\s*"?chaos-mesh\.org\//m.test(fileText) ||
    /^\s*"?kind"?:\s*"?NetworkChaos\b/m.test(fileText),
  read({ text: fileText, compat = false }) {
    const problems: Problem[] = [];
    const notes: Note[] = [];
    const personalities: ImportedPersonality[] = [];
    for (const { text: part, before } of documentsOf(fileText)) {
      const document = readYaml(part);
      if (!document.ok) {
        problems.push(
          ...document.problems.map((each) =>
            each.line === undefined ? each : { ...each, line: each.line + before },
          ),
        );
        continue;
      }
      const reader = new DocumentReader(part, before);
      const read = reader.outcome(fromResource(document.value, compat, reader));
      if (!read.ok) problems.push(...read.problems);
      else {
        personalities.push(...read.value.personalities);
        notes.push(...read.value.notes);
      }
    }
    return problems.length > 0 ? failure(problems) : success({ personalities, notes });
  },
};

function fromResource(raw: unknown, compat: boolean, reader: DocumentReader): ImportedPersonality[] {
  if (!isMapping(raw)) {
    reader.findings.add([], raw, 'a resource of Chaos Mesh');
    return [];
  }
  const kind = reader.choice(raw, 'kind', [], ['NetworkChaos', 'Schedule']);
  if (kind === undefined) {
    if (raw['kind'] === undefined) reader.missing(['kind'], 'NetworkChaos');
    return [];
  }
  const name = text(reader.mapping(raw, 'metadata', [])?.['name']) ?? '';
  let spec = reader.mapping(raw, 'spec', []);
  let at: Path = ['spec'];
  if (kind === 'Schedule') {
    reader.note(
      'left out',
      [...at, 'schedule'],
      spec?.['schedule'],
      'a timeline says when: `at` with `every`',
    );
    spec = spec === undefined ? undefined : reader.mapping(spec, 'networkChaos', at);
    at = ['spec', 'networkChaos'];
  }
  if (spec === undefined) {
    reader.missing(at, 'a mapping with an action');
    return [];
  }
  return [fromSpec(spec, at, name, compat, reader)];
}

function fromSpec(
  spec: Raw,
  at: Path,
  name: string,
  compat: boolean,
  reader: DocumentReader,
): ImportedPersonality {
  reader.closed(spec, at, SPEC_FIELDS);
  if (spec['action'] === undefined) reader.missing([...at, 'action'], ACTIONS.join(', '));
  const action = reader.choice(spec, 'action', at, ACTIONS);
  const direction = reader.choice(spec, 'direction', at, ['to', 'from', 'both']) ?? 'to';
  const fields = action === undefined ? {} : fieldsOf(spec, action, at, compat, reader);
  noteSurroundings(spec, at, reader);
  const hasTarget = isMapping(spec['target']) || Array.isArray(spec['externalTargets']);
  const source = [`NetworkChaos ${name}`.trim(), `action ${action ?? ''}, direction ${direction}`];
  const id = idFrom(name);
  const whom: Readonly<Record<string, string>> = {
    to: "on the way to the target: assign it to the target's VMs, with `from` each of the selected ones",
    from: 'on the way from the target: assign it to the selected VMs, with `from` each of the target',
    both: "both ways: assign it to the selected VMs with `from` the target's, and the other way round",
  };
  if (hasTarget || direction !== 'to') {
    reader.note('interpreted', [...at, 'direction'], direction, whom[direction] ?? '');
    return { name: id, source, fields };
  }
  reader.note(
    'interpreted',
    [...at, 'selector'],
    undefined,
    'what the selected pods send, wherever to: the egress of those VMs that get this personality',
  );
  return { name: id, source, fields: {}, egress: fields };
}

/** Who and when is not what: that is for assignments and the timeline. */
function noteSurroundings(spec: Raw, at: Path, reader: DocumentReader): void {
  const { mode, duration, scheduler, device, targetDevice } = spec as Readonly<Record<string, unknown>>;
  if (mode !== undefined && mode !== 'all')
    reader.note('left out', [...at, 'mode'], mode, 'which VMs have it is for the assignments to say');
  if (duration !== undefined)
    reader.note('left out', [...at, 'duration'], duration, 'an assignment ends by itself with `ttl`');
  if (scheduler !== undefined)
    reader.note('left out', [...at, 'scheduler'], scheduler, 'a timeline says when: `at` with `every`');
  if (device !== undefined || targetDevice !== undefined)
    reader.note(
      'left out',
      [...at, 'device'],
      device ?? targetDevice,
      'a VM has one address, and no devices',
    );
}

function fieldsOf(spec: Raw, action: string, at: Path, compat: boolean, reader: DocumentReader) {
  if (action === 'partition') {
    reader.note(
      'interpreted',
      [...at, 'action'],
      action,
      'every packet is lost; a timeline can cut hosts off from each other (`partition`)',
    );
    return { packetLossPercentage: 1 };
  }
  const wanted = action === 'netem' ? NETEM.filter((name) => isMapping(spec[name])) : [action];
  if (action !== 'netem' && !isMapping(spec[action]))
    reader.missing([...at, action], `a mapping, for the action ${action}`);
  for (const name of [...NETEM, 'bandwidth', 'rate']) {
    if (isMapping(spec[name]) && !wanted.includes(name) && action !== 'netem')
      reader.note('left out', [...at, name], spec[name], `the action is ${action}`);
  }
  const fields: Record<string, number | string | boolean> = {};
  for (const name of action === 'netem' && isMapping(spec['rate']) ? [...wanted, 'rate'] : wanted) {
    const block = reader.mapping(spec, name, at);
    if (block !== undefined)
      Object.assign(fields, BLOCKS[name]?.(block, [...at, name], compat, reader) ?? {});
  }
  return { ...fields, ...(compat && NETEM.includes(action) ? { netemCompat: true } : {}) };
}

type Block = (
  raw: Raw,
  at: Path,
  compat: boolean,
  reader: DocumentReader,
) => Readonly<Record<string, number | string | boolean>>;

const BLOCKS: Readonly<Record<string, Block>> = {
  delay(raw, at, compat, reader) {
    reader.closed(raw, at, ['latency', 'jitter', 'correlation', 'reorder']);
    const jitter = goDuration(raw, 'jitter', at, reader) ?? 0;
    const latency = goDuration(raw, 'latency', at, reader);
    if (latency === undefined) reader.missing([...at, 'latency'], 'a duration, such as 90ms');
    if (jitter > 0 && !compat)
      reader.note(
        'interpreted',
        [...at, 'jitter'],
        raw['jitter'],
        'Chaos Mesh uses netem, where jitter reorders packets',
      );
    return {
      ...fieldsThatAct({
        latencyMs: latency ?? 0,
        jitterMs: jitter,
        'jitter.correlation': correlation(raw, at, jitter, compat, reader, NOT_DELAYS),
      }),
      ...(jitter > 0 ? { 'jitter.preserveOrder': false } : {}),
      ...reorder(reader.mapping(raw, 'reorder', at), [...at, 'reorder'], compat, reader),
    };
  },
  loss: share('loss', 'packetLossPercentage', 'loss.correlation'),
  duplicate: share('duplicate', 'duplicatePacketPercentage', 'duplicate.correlation'),
  corrupt: share('corrupt', 'corrupt.percentage', 'corrupt.correlation'),
  bandwidth(raw, at, _compat, reader) {
    reader.closed(raw, at, ['rate', 'limit', 'buffer', 'peakrate', 'minburst']);
    const size = (name: string): number =>
      reader.number(raw, name, at, 'a whole number of bytes', 0, { min: 0, whole: true });
    const buffer = size('buffer');
    if (buffer > 0 && buffer < MTU)
      reader.note(
        'interpreted',
        [...at, 'buffer'],
        buffer,
        `raised to the MTU, ${MTU}: packets larger than the bucket never leave it`,
      );
    const minburst = size('minburst');
    if (minburst > 0 && minburst !== MTU)
      reader.note('left out', [...at, 'minburst'], minburst, "the peak rate's bucket holds one MTU");
    return fieldsThatAct({
      bandwidthKbps: byteRate(raw, 'rate', at, reader),
      'bandwidth.burstBytes': buffer > MTU ? buffer : 0,
      'bandwidth.queueBytes': size('limit'),
      'bandwidth.peakKbps': tidy((size('peakrate') * 8) / 1000),
    });
  },
  rate(raw, at, _compat, reader) {
    reader.closed(raw, at, ['rate']);
    return { bandwidthKbps: byteRate(raw, 'rate', at, reader), 'bandwidth.model': 'serialize' };
  },
};

function share(name: string, path: string, correlationPath: string): Block {
  return (raw, at, compat, reader) => {
    reader.closed(raw, at, [name, 'correlation']);
    if (raw[name] === undefined) reader.missing([...at, name], 'a percentage from 0 to 100');
    const hits = reader.percent(raw, name, at);
    return fieldsThatAct({ [path]: hits, [correlationPath]: correlation(raw, at, hits, compat, reader) });
  };
}

function correlation(
  raw: Raw,
  at: Path,
  hits: number,
  compat: boolean,
  reader: DocumentReader,
  why = FILTERED,
): number {
  const value = reader.percent(raw, 'correlation', at);
  if (value === 0 || hits === 0) return 0;
  if (!compat) reader.note('interpreted', [...at, 'correlation'], raw['correlation'], why);
  return value;
}

function reorder(raw: Raw | undefined, at: Path, compat: boolean, reader: DocumentReader) {
  if (raw === undefined) return {};
  reader.closed(raw, at, ['reorder', 'correlation', 'gap']);
  const hits = reader.percent(raw, 'reorder', at);
  const gap = reader.number(raw, 'gap', at, 'a whole number', 0, { min: 0, whole: true });
  return fieldsThatAct({
    'reorder.percentage': hits,
    'reorder.correlation': correlation(raw, at, hits, compat, reader),
    'reorder.gap': hits > 0 && gap > 1 ? gap : 0,
  });
}

const GO_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 3.6e6,
};

/** Go's durations, `1m30s`, in ms. */
function goDuration(raw: Raw, name: string, at: Path, reader: DocumentReader): number | undefined {
  const value = raw[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (value === '0' || value === 0) return 0;
  if (typeof value === 'string' && /^((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+$/.test(value)) {
    const parts = value.matchAll(/([\d.]+)([a-zµ]+)/g);
    return tidy(
      Array.from(parts, ([, number, unit]) => Number(number) * (GO_UNITS[unit ?? ''] ?? 0)).reduce(
        (sum, part) => sum + part,
        0,
      ),
    );
  }
  reader.findings.add([...at, name], value, 'a duration, such as 90ms or 1m30s');
  return 0;
}

/** `1mbps` are 1,048,576 bytes per second (ConvertUnitToBytes). */
function byteRate(raw: Raw, name: string, at: Path, reader: DocumentReader): number {
  const value = raw[name];
  const [, number, unit = ''] = /^\s*(\d+)\s*([tgmk]?)bps\s*$/i.exec(String(value ?? '')) ?? [];
  if (number === undefined) {
    reader.findings.add([...at, name], value, 'a rate in bytes per second, such as 1mbps or 500kbps');
    return 1;
  }
  const bytes = Number(number) * 1024 ** ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase());
  reader.note('interpreted', [...at, name], value, 'bps are bytes per second, in steps of 1,024');
  return tidy((bytes * 8) / 1000);
}
