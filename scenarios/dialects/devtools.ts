/**
 * Browsers' throttling: profiles of Chrome DevTools, the protocol's Network.emulateNetworkConditions, Lighthouse's throttling.
 * Rates are in bytes per second (Lighthouse: kbit/s), the latency is a round trip's. DevTools' own presets do not say the network
 * they mean but one that makes pages as slow (front_end/core/sdk/NetworkManager.ts); those factors are taken back.
 */
import type { Path } from '../format/path.ts';
import { isMapping, type Raw, text } from '../format/raw.ts';
import { type Dialect, type ImportedPersonality, idFrom, tidy } from './dialect.ts';
import { type DocumentReader, fieldsThatAct, withDocument } from './document.ts';

interface KnownProfile {
  readonly titles: readonly string[];
  /** As DevTools writes it: bytes per second, and ms per request. */
  readonly download: number;
  readonly upload: number;
  readonly latency: number;
  readonly rateFactor: number;
  readonly roundTripMs: number;
}

const KNOWN: readonly KnownProfile[] = [
  {
    titles: ['3G', 'Slow 3G'],
    download: 50_000,
    upload: 50_000,
    latency: 2000,
    rateFactor: 0.8,
    roundTripMs: 400,
  },
  {
    titles: ['Slow 4G', 'Fast 3G'],
    download: 180_000,
    upload: 84_375,
    latency: 562.5,
    rateFactor: 0.9,
    roundTripMs: 150,
  },
  {
    titles: ['Fast 4G'],
    download: 1_012_500,
    upload: 168_750,
    latency: 165,
    rateFactor: 0.9,
    roundTripMs: 60,
  },
];

const SHAPES = {
  profile: ['download', 'upload', 'latency'],
  protocol: ['downloadThroughput', 'uploadThroughput', 'latency'],
  lighthouse: [
    'downloadThroughputKbps',
    'uploadThroughputKbps',
    'rttMs',
    'throughputKbps',
    'requestLatencyMs',
  ],
} as const;
const EXTRAS = ['packetLoss', 'packetQueueLength', 'packetReordering', 'offline', 'targetLatency'];
const WORDLESS = [
  'title',
  'name',
  'i18nTitleKey',
  'key',
  'value',
  'connectionType',
  'cpuSlowdownMultiplier',
  'urlPattern',
];
const FIELDS = [...new Set([...Object.values(SHAPES).flat(), ...EXTRAS, ...WORDLESS])];

const isProfile = (value: unknown): value is Raw =>
  isMapping(value) &&
  Object.values(SHAPES).some((names) => names.filter((name) => value[name] !== undefined).length >= 2);

/** The values of a protocol message stand in its `params`. */
const inside = (document: unknown): { readonly value: unknown; readonly at: Path } => {
  for (const name of ['params', 'throttling']) {
    if (isMapping(document) && isMapping(document[name])) return { value: document[name], at: [name] };
  }
  return { value: document, at: [] };
};

export const devtools: Dialect = {
  name: 'devtools',
  summary: "a browser's throttling profile, as JSON",
  recognises(_text, document) {
    const { value } = inside(document);
    const values = Array.isArray(value) ? value : isMapping(value) ? [value, ...Object.values(value)] : [];
    return values.some(isProfile);
  },
  read: ({ text: source }) =>
    withDocument(source, (document, reader) => {
      const { value, at } = inside(document);
      if (Array.isArray(value))
        return value.flatMap((each, index) => fromProfile(each, [...at, index], reader));
      if (isMapping(value) && !isProfile(value) && Object.values(value).some(isProfile))
        return Object.entries(value).flatMap(([name, each]) =>
          fromProfile(each, [...at, name], reader, name),
        );
      return fromProfile(value, at, reader);
    }),
};

function fromProfile(raw: unknown, at: Path, reader: DocumentReader, key = ''): ImportedPersonality[] {
  if (!isMapping(raw)) {
    reader.findings.add(at, raw, 'a profile: a mapping with download, upload and latency');
    return [];
  }
  reader.closed(raw, at, FIELDS);
  if (!isProfile(raw))
    reader.missing([...at, 'download'], 'download and upload in bytes per second, and latency in ms');
  const title = text(raw['title']) ?? text(raw['name']) ?? key;
  const base = { name: idFrom(title), source: [title === '' ? 'a throttling profile' : `profile ${title}`] };
  if (isOffline(raw)) {
    reader.note('interpreted', [...at, 'offline'], undefined, 'offline: every packet is lost');
    return [{ ...base, fields: { packetLossPercentage: 1 }, egress: { packetLossPercentage: 1 } }];
  }
  const isLighthouse = SHAPES.lighthouse.some((name) => raw[name] !== undefined);
  const { down, up, oneWay } = isLighthouse ? fromLighthouse(raw, at, reader) : fromRates(raw, at, reader);
  const extras = extrasOf(raw, at, reader);
  const line = (kbps: number | undefined) =>
    fieldsThatAct({ latencyMs: oneWay, ...extras, bandwidthKbps: kbps });
  return [{ ...base, fields: line(down), egress: line(up) }];
}

const isOffline = (raw: Raw): boolean =>
  raw['offline'] === true || (raw['download'] === 0 && raw['upload'] === 0 && raw['offline'] !== false);

interface Line {
  readonly down: number | undefined;
  readonly up: number | undefined;
  readonly oneWay: number;
}

function fromRates(raw: Raw, at: Path, reader: DocumentReader): Line {
  const bytes = (...names: readonly string[]): number => {
    const name = names.find((each) => raw[each] !== undefined) ?? names[0]!;
    return reader.number(raw, name, at, 'bytes per second; -1: no limit', -1, { min: -1 });
  };
  const download = bytes('download', 'downloadThroughput');
  const upload = bytes('upload', 'uploadThroughput');
  const latency = reader.milliseconds(raw, 'latency', at);
  const known = KNOWN.find((each) => isKnown(each, download, upload, latency));
  const target =
    raw['targetLatency'] === undefined ? undefined : reader.milliseconds(raw, 'targetLatency', at);
  const roundTrip = known?.roundTripMs ?? target ?? latency;
  if (known !== undefined) {
    const why = `DevTools' ${known.titles[0]}: ${known.rateFactor} of the rate that is meant, and ${known.latency} ms per request for a round trip of ${known.roundTripMs} ms`;
    reader.note('interpreted', [...at, 'latency'], latency, why);
  } else if (latency > 0) {
    reader.note(
      'interpreted',
      [...at, 'latency'],
      latency,
      'from a request to its answer: half of it each way, per packet',
    );
  }
  const kbps = (rate: number): number | undefined =>
    rate <= 0 ? undefined : tidy((rate * 8) / 1000 / (known?.rateFactor ?? 1));
  return { down: kbps(download), up: kbps(upload), oneWay: tidy(roundTrip / 2) };
}

const isKnown = (known: KnownProfile, download: number, upload: number, latency: number): boolean =>
  near(known.download, download) && near(known.upload, upload) && near(known.latency, latency);

/** 1.6 * 1000 * 1000 / 8 * 0.9 may come out with a rest. */
const near = (one: number, other: number): boolean => Math.abs(one - other) < 1e-6 * one;

/** Lighthouse says the network itself (rttMs, throughputKbps), and what it tells DevTools for it. */
function fromLighthouse(raw: Raw, at: Path, reader: DocumentReader): Line {
  const kbps = (name: string): number | undefined =>
    reader.number(raw, name, at, 'a number of kbit/s', 0, { min: 0 }) || undefined;
  const roundTrip = reader.milliseconds(raw, 'rttMs', at);
  const meant = kbps('throughputKbps');
  if (raw['requestLatencyMs'] !== undefined)
    reader.note(
      'left out',
      [...at, 'requestLatencyMs'],
      raw['requestLatencyMs'],
      'a delay per request: rttMs says what it stands for',
    );
  if (meant !== undefined && raw['uploadThroughputKbps'] !== undefined)
    reader.note(
      'interpreted',
      [...at, 'throughputKbps'],
      meant,
      'the rate towards the VM; the other one is uploadThroughputKbps',
    );
  return {
    down: meant ?? kbps('downloadThroughputKbps'),
    up: kbps('uploadThroughputKbps') ?? meant,
    oneWay: tidy(roundTrip / 2),
  };
}

function extrasOf(raw: Raw, at: Path, reader: DocumentReader) {
  const loss = reader.percent(raw, 'packetLoss', at);
  const queue = reader.number(raw, 'packetQueueLength', at, 'a whole number of packets', 0, {
    min: 0,
    whole: true,
  });
  if (loss > 0)
    reader.note(
      'interpreted',
      [...at, 'packetLoss'],
      raw['packetLoss'],
      'of all packets; a browser loses those of WebRTC only',
    );
  if (raw['packetReordering'] === true)
    reader.note(
      'left out',
      [...at, 'packetReordering'],
      true,
      'nobody says how much: reorder.percentage does',
    );
  return { packetLossPercentage: loss, 'bandwidth.queuePackets': queue };
}
