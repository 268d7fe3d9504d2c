/**
 * Toxiproxy: its configuration, what GET /proxies answers, or toxics alone. The VM is the client: downstream toxics are what it
 * receives, upstream toxics what it sends.
 */
import type { Path } from '../format/path.ts';
import { isMapping, type Raw, text } from '../format/raw.ts';
import { type Dialect, either, type ImportedPersonality, idFrom, tidy } from './dialect.ts';
import { type DocumentReader, withDocument } from './document.ts';

type Fields = Record<string, number | string | boolean>;

interface Toxic {
  readonly attributes: readonly string[];
  apply(fields: Fields, raw: Raw, at: Path, reader: DocumentReader): void;
}

const leftOut = (attributes: readonly string[], why: string): Toxic => ({
  attributes,
  apply: (_fields, raw, at, reader) => reader.note('left out', at, raw, why),
});

const TOXICS: Readonly<Record<string, Toxic>> = {
  latency: {
    attributes: ['latency', 'jitter'],
    apply(fields, raw, at, reader) {
      const latency = reader.milliseconds(raw, 'latency', at);
      const jitter = reader.milliseconds(raw, 'jitter', at);
      if (latency > 0) fields['latencyMs'] = tidy(Number(fields['latencyMs'] ?? 0) + latency);
      if (jitter > 0 && fields['jitterMs'] !== undefined)
        reader.note('left out', [...at, 'jitter'], jitter, 'another latency toxic has a jitter already');
      else if (jitter > 0) fields['jitterMs'] = jitter;
    },
  },
  bandwidth: {
    attributes: ['rate'],
    apply(fields, raw, at, reader) {
      const rate = reader.number(raw, 'rate', at, 'a number of KB/s', 0, { min: 0 });
      if (rate === 0) return;
      // A KB has 1,000 bytes: a chunk waits its length in bytes by the rate, in ms.
      const kbps = tidy(rate * 8);
      fields['bandwidthKbps'] = Math.min(kbps, Number(fields['bandwidthKbps'] ?? Infinity));
      fields['bandwidth.model'] = 'serialize';
    },
  },
  packet_loss: {
    attributes: ['loss_rate', 'correlation'],
    apply(fields, raw, at, reader) {
      const range = { min: 0, max: 1 };
      const rate = reader.number(raw, 'loss_rate', at, 'a number from 0 to 1', 0, range);
      const more = reader.number(raw, 'correlation', at, 'a number from 0 to 1', 0, range);
      reader.note('interpreted', at, raw, 'packets are lost; Toxiproxy drops pieces of a stream');
      if (rate === 0) return;
      if (more === 0 && fields['loss.model'] === undefined) {
        fields['packetLossPercentage'] = either(Number(fields['packetLossPercentage'] ?? 0), rate);
        return;
      }
      if (fields['packetLossPercentage'] !== undefined || fields['loss.model'] !== undefined) {
        reader.note('left out', at, raw, 'another toxic loses packets already');
        return;
      }
      // After a loss the next one has the chance rate + correlation: a Gilbert model, whose bad state is a loss.
      fields['loss.model'] = 'gilbertElliott';
      fields['loss.p'] = rate;
      fields['loss.r'] = tidy(1 - Math.min(1, rate + more));
    },
  },
  timeout: {
    attributes: ['timeout'],
    apply(fields, raw, at, reader) {
      const timeout = reader.milliseconds(raw, 'timeout', at);
      fields['packetLossPercentage'] = 1;
      const close = timeout > 0 ? `; the connection is not closed after ${timeout} ms` : '';
      reader.note('interpreted', at, raw, `no data gets through: every packet is lost${close}`);
    },
  },
  slow_close: leftOut(['delay'], 'how a program closes its connections is not the network'),
  reset_peer: leftOut(
    ['timeout'],
    'nobody resets connections; a timeline can switch a VM off (`power: off`)',
  ),
  slicer: leftOut(
    ['average_size', 'size_variation', 'delay'],
    'it slices the bytes of a stream; here there are packets',
  ),
  limit_data: leftOut(['bytes'], 'connections are not closed after so many bytes'),
};

const PROXY_FIELDS = [
  'name',
  'listen',
  'upstream',
  'enabled',
  'toxics',
  'upstream_toxics',
  'downstream_toxics',
  'Logger',
];
const TOXIC_FIELDS = ['name', 'type', 'stream', 'toxicity', 'attributes', 'id'];

const isToxic = (value: unknown): boolean =>
  isMapping(value) && (value['attributes'] !== undefined || text(value['type']) !== undefined);
const isProxy = (value: unknown): boolean =>
  isMapping(value) &&
  (value['toxics'] !== undefined || (value['upstream'] !== undefined && value['listen'] !== undefined));

export const toxiproxy: Dialect = {
  name: 'toxiproxy',
  summary: 'proxies with toxics, or toxics alone, as JSON',
  recognises(_text, document) {
    const values = Array.isArray(document)
      ? document
      : isMapping(document)
        ? [document, ...Object.values(document)]
        : [];
    return values.some(
      (value) => isProxy(value) || (isToxic(value) && Object.hasOwn(TOXICS, String(value['type']))),
    );
  },
  read: ({ text: source }) =>
    withDocument(source, (document, reader) => {
      if (isToxic(document)) return [fromToxics([document], [], '', reader, () => [])];
      if (Array.isArray(document) && document.some(isToxic) && !document.some(isProxy))
        return [fromToxics(document, [], '', reader)];
      const proxies: [unknown, Path][] = Array.isArray(document)
        ? document.map((proxy, index) => [proxy, [index]])
        : isProxy(document)
          ? [[document, []]]
          : isMapping(document)
            ? Object.entries(document).map(([name, proxy]) => [proxy, [name]])
            : [];
      if (proxies.length === 0) reader.missing([], 'a list of proxies');
      return proxies.flatMap(([proxy, at]) => fromProxy(proxy, at, reader));
    }),
};

function fromProxy(raw: unknown, at: Path, reader: DocumentReader): ImportedPersonality[] {
  if (!isMapping(raw)) {
    reader.findings.add(at, raw, 'a proxy: a mapping with name, listen, upstream, toxics');
    return [];
  }
  reader.closed(raw, at, PROXY_FIELDS);
  const name = text(raw['name']) ?? String(at.at(-1) ?? '');
  const toxics = raw['toxics'] ?? [];
  if (!Array.isArray(toxics)) {
    reader.findings.add([...at, 'toxics'], toxics, 'a list of toxics');
    return [];
  }
  const personality = fromToxics(toxics, [...at, 'toxics'], name, reader);
  if (raw['enabled'] !== false) return [personality];
  reader.note(
    'interpreted',
    [...at, 'enabled'],
    false,
    'the proxy is down: every packet is lost, while Toxiproxy refuses connections',
  );
  return [{ ...personality, fields: { ...personality.fields, packetLossPercentage: 1 } }];
}

function fromToxics(
  toxics: readonly unknown[],
  at: Path,
  name: string,
  reader: DocumentReader,
  place: (index: number) => Path = (index) => [...at, index],
): ImportedPersonality {
  const down: Fields = {};
  const up: Fields = {};
  toxics.forEach((toxic, index) => {
    readToxic(toxic, place(index), reader, down, up);
  });
  const hasUp = Object.keys(up).length > 0;
  const source = toxics.map((toxic) => JSON.stringify(toxic) ?? '');
  return {
    name: idFrom(name),
    source: [...(name === '' ? [] : [`proxy ${name}`]), ...source],
    fields: down,
    ...(hasUp ? { egress: up } : {}),
  };
}

function readToxic(raw: unknown, at: Path, reader: DocumentReader, down: Fields, up: Fields): void {
  if (!isMapping(raw)) {
    reader.findings.add(at, raw, 'a toxic: a mapping with type and attributes');
    return;
  }
  reader.closed(raw, at, TOXIC_FIELDS);
  if (raw['type'] === undefined) reader.missing([...at, 'type'], Object.keys(TOXICS).join(', '));
  const type = reader.choice(raw, 'type', at, Object.keys(TOXICS));
  const stream = reader.choice(raw, 'stream', at, ['upstream', 'downstream']) ?? 'downstream';
  const toxicity = reader.number(raw, 'toxicity', at, 'a number from 0 to 1', 1, { min: 0, max: 1 });
  const attributes = reader.mapping(raw, 'attributes', at) ?? {};
  const toxic = type === undefined ? undefined : TOXICS[type];
  if (toxic === undefined) return;
  reader.closed(attributes, [...at, 'attributes'], toxic.attributes);
  if (toxicity === 0) {
    reader.note('left out', at, raw, `toxicity 0: no connection has this ${type}`);
    return;
  }
  if (toxicity < 1)
    reader.note(
      'interpreted',
      [...at, 'toxicity'],
      toxicity,
      'every connection has it here; a share of them is not chosen',
    );
  toxic.apply(stream === 'upstream' ? up : down, attributes, [...at, 'attributes'], reader);
}
