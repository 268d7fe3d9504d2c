/** Traffic as it is written, with its many short forms, to full specs. */
import { LAST_INSTANT, NEVER } from '../../engine/index.ts';
import type { Destination, DurationLaw, TrafficCommon, TrafficSpec } from '../../sim/index.ts';
import {
  contains,
  formatAddress,
  type Prefix,
  parseAddress,
  parsePrefix,
  prefixText,
} from '../../sim/index.ts';
import type { ReadFile } from './fields.ts';
import { type Findings, messageOf, words } from './findings.ts';
import { vmNames, vmsNamed } from './machines.ts';
import {
  type CaptureFilter,
  type PacketList,
  readPacketCapture,
  readPacketCsv,
  UnreadableList,
} from './packet-lists.ts';
import type { Path } from './path.ts';
import { type Places, prefixOf } from './places.ts';
import { amount, flag, isMapping, list, mapping, type Raw, text, textPath, texts } from './raw.ts';
import { TRAFFIC } from './schema/traffic.ts';
import { parsePacketRate, parseRate } from './units.ts';

/** The UDP destination port of the first flow; each next one has the next. */
export const FIRST_PORT = 9000;
const FIRST_PORTS = 65535 - FIRST_PORT + 1;

export interface TrafficContext {
  readonly places: Places;
  readonly findings: Findings;
  readonly read: ReadFile;
  /** Ids of flows that the timeline begins. */
  readonly startedLater: ReadonlySet<string>;
}

export function readTraffic(document: Raw, context: TrafficContext): readonly TrafficSpec[] {
  const ids = new Set<string>();
  const specs: TrafficSpec[] = [];
  list(document['traffic']).forEach((value, index) => {
    const at: Path = ['traffic', index];
    const raw = mapping(value);
    const id = text(raw['id']);
    if (id !== undefined && ids.has(id))
      context.findings.add([...at, 'id'], id, 'an id that no other traffic has');
    if (id !== undefined) ids.add(id);
    const spec = readFlow(raw, at, index, context);
    if (spec !== undefined) specs.push(spec);
  });
  return specs;
}

function readFlow(raw: Raw, at: Path, index: number, context: TrafficContext): TrafficSpec | undefined {
  const kind = text(raw['kind']) ?? '';
  if (!Object.hasOwn(TRAFFIC, kind)) return undefined;
  const { findings, startedLater } = context;
  const id = text(raw['id']) ?? '';
  const senders = readSenders(raw['from'], [...at, 'from'], context);
  const target =
    kind === 'scan' ? readSwept(raw, at, senders, context) : readTarget(raw, at, senders, context);
  const start = amount({ measure: 'nanos' }, raw['start'], 0);
  const stop = amount({ measure: 'nanos' }, raw['stop'], NEVER);
  if (stop <= start && raw['stop'] !== undefined)
    findings.add([...at, 'stop'], raw['stop'], 'an instant after start');
  const common: TrafficCommon = {
    id,
    from: target.from,
    to: target.to,
    fromText: describe(raw['from']),
    toText: describe(raw['to']),
    start,
    stop,
    count: amount({ measure: 'count' }, raw['count'], Infinity),
    port: kind === 'ping' ? 0 : amount({ measure: 'count' }, raw['port'], FIRST_PORT + (index % FIRST_PORTS)),
    df: flag(raw['df'], false),
    ecn: flag(raw['ecn'], false),
    dscp: amount({ measure: 'count' }, raw['dscp'], 0),
    autostart: flag(raw['autostart'], !startedLater.has(id)),
    ttl: amount({ measure: 'count' }, raw['ttl'], 64),
  };
  return READERS[kind]?.({ raw, at, common, family: target.family, prefix: target.prefix, context });
}

/** `a, b`, `prod`, `10.0.0.7`: the user's own words. */
const describe = (value: unknown): string =>
  isMapping(value) ? (text(value['network']) ?? '') : texts(value).join(', ');

// ---- who and whom

interface Senders {
  readonly ids: readonly string[];
  /** Named as a network: whoever else is addressed may drop out. */
  readonly isNetwork: boolean;
  readonly network: string;
}

const NO_SENDERS: Senders = { ids: [], isNetwork: false, network: '' };

function readSenders(value: unknown, at: Path, context: TrafficContext): Senders {
  const { places, findings } = context;
  if (isMapping(value)) {
    const network = readNetworkName(value['network'], [...at, 'network'], context);
    return network === undefined ? NO_SENDERS : { ids: network.vms, isNetwork: true, network: network.id };
  }
  const ids = readVms(value, at, context);
  const networks = new Set(ids.map((id) => places.vms.get(id)?.interfaces[0]?.network ?? ''));
  if (networks.size > 1) findings.add(at, words('VMs of several networks'), 'VMs of one network');
  return { ids, isNetwork: false, network: [...networks][0] ?? '' };
}

function readNetworkName(value: unknown, at: Path, { places, findings }: TrafficContext) {
  const id = text(value);
  if (id === undefined) return undefined;
  const network = places.networks.get(id);
  if (network === undefined) findings.unknown(at, id, 'the id of a network', places.networks.keys());
  else if (network.vms.length === 0) findings.add(at, id, 'a network with VMs');
  return network;
}

function readVms(value: unknown, at: Path, { places, findings }: TrafficContext): readonly string[] {
  const ids = new Set<string>();
  texts(value).forEach((name, index) => {
    const place = textPath(value, at, index);
    const named = vmsNamed(name, places);
    if (named === undefined) findings.unknown(place, name, 'the id of a VM', vmNames(places));
    else if (named.some((id) => ids.has(id))) findings.add(place, name, 'each VM once');
    for (const id of named ?? []) ids.add(id);
  });
  return [...ids];
}

interface Target {
  readonly from: readonly string[];
  readonly to: Destination;
  readonly family: 4 | 6;
  /** What a scan sweeps. */
  readonly prefix: string;
}

const familyOf = (senders: Senders, { places }: TrafficContext): 4 | 6 =>
  places.networks.get(senders.network)?.prefix?.family ?? 4;

function readTarget(raw: Raw, at: Path, senders: Senders, context: TrafficContext): Target {
  const { places, findings } = context;
  const value = raw['to'];
  const place = [...at, 'to'];
  const family = familyOf(senders, context);
  const base = { from: senders.ids, family, prefix: '' };
  if (isMapping(value) || Array.isArray(value)) {
    const network = isMapping(value)
      ? readNetworkName(value['network'], [...place, 'network'], context)
      : undefined;
    const anyOf = isMapping(value) ? (network?.vms ?? []) : readVms(value, place, context);
    checkReachable(anyOf, place, senders, context);
    const alone = senders.ids.find((id) => anyOf.length === 1 && anyOf[0] === id);
    if (alone !== undefined)
      findings.add(place, words(`only ${alone}, the sender`), 'somebody else than the sender');
    return { ...base, to: { anyOf } };
  }
  const written = text(value);
  if (written === undefined) return { ...base, to: { anyOf: [] } };
  const named = vmsNamed(written, places);
  if (named !== undefined && !places.vms.has(written)) {
    checkReachable(named, place, senders, context);
    return { ...base, to: { anyOf: named } };
  }
  if (named !== undefined) {
    checkReachable(named, place, senders, context);
    const others = senders.ids.filter((id) => id !== written);
    if (senders.ids.includes(written) && (!senders.isNetwork || others.length === 0)) {
      findings.add(place, written, 'somebody else than the sender');
    }
    return { ...base, from: senders.isNetwork ? others : senders.ids, to: { vm: written } };
  }
  return { ...base, to: readAddress(written, place, senders, context) };
}

function readAddress(written: string, at: Path, senders: Senders, context: TrafficContext): Destination {
  const { places, findings } = context;
  const address = parseAddress(written);
  if (address === null) {
    findings.unknown(at, written, 'the id of a VM or an address', vmNames(places));
    return { address: written };
  }
  const family = familyOf(senders, context);
  const network = places.networks.get(senders.network);
  const isRouted = (places.routes.get(senders.network) ?? []).some(({ to }) =>
    holds(parsePrefix(to), written),
  );
  const isInReach = [...reachable(senders.network, places)].some((id) =>
    holds(places.networks.get(id)?.prefix, written),
  );
  if (network?.prefix != null && address.family !== family)
    findings.add(at, written, `an IPv${family} address, like the sender's`);
  else if (network?.prefix != null && !isRouted && !isInReach) {
    findings.add(
      at,
      written,
      `an address of ${prefixText(network.prefix)}, or one that a route or gateway leads to`,
    );
  }
  return { address: formatAddress(address) };
}

function holds(prefix: Prefix | null | undefined, written: string): boolean {
  const address = parseAddress(written);
  return prefix != null && address !== null && contains(prefix, address);
}

/** The network, and those that gateways join it with. */
function reachable(network: string, places: Places): ReadonlySet<string> {
  const found = new Set([network]);
  const joints = [...places.vms.values()].filter((vm) => vm.forwards && vm.interfaces.length > 1);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const { interfaces } of joints) {
      if (interfaces.some((entry) => found.has(entry.network)))
        for (const entry of interfaces) found.add(entry.network);
    }
  }
  return found;
}

function checkReachable(
  ids: readonly string[],
  at: Path,
  senders: Senders,
  { places, findings }: TrafficContext,
): void {
  if (senders.network === '') return;
  const strangers = ids.filter((id) => {
    const interfaces = places.vms.get(id)?.interfaces ?? [];
    return interfaces.length > 0 && !interfaces.some((entry) => entry.network === senders.network);
  });
  if (strangers.length === 0) return;
  const networks = reachable(senders.network, places);
  const cutOff = strangers.find((id) => !networks.has(places.vms.get(id)?.interfaces[0]?.network ?? ''));
  if (cutOff !== undefined) {
    findings.add(at, cutOff, `a VM in ${senders.network}, or in a network that a gateway joins with it`);
  }
}

/** The largest sweep: so many addresses. */
const MOST_SWEPT = 65536n;

function readSwept(raw: Raw, at: Path, senders: Senders, context: TrafficContext): Target {
  const { places, findings } = context;
  const written = text(raw['to']) ?? '';
  const place = [...at, 'to'];
  const prefix = parsePrefix(written);
  if (prefix === null) {
    const target = readTarget(raw, at, senders, context);
    const address =
      'vm' in target.to
        ? (places.vms.get(target.to.vm)?.interfaces[0]?.ip ?? '')
        : 'address' in target.to
          ? target.to.address
          : '';
    if ('anyOf' in target.to && text(raw['to']) !== undefined)
      findings.add(place, written, 'a VM, an address or a prefix');
    return { ...target, prefix: `${address}/${address.includes(':') ? 128 : 32}` };
  }
  const family = familyOf(senders, context);
  const bits = BigInt((prefix.family === 4 ? 32 : 128) - prefix.length);
  if (prefix.hostBits) findings.add(place, written, 'a prefix without host bits', prefixText(prefix));
  else if (prefix.family !== family && senders.network !== '') {
    findings.add(place, written, `an IPv${family} prefix, like the sender's network`);
  } else if (1n << bits > MOST_SWEPT)
    findings.add(place, written, `a prefix of at most ${MOST_SWEPT} addresses`);
  return {
    from: senders.ids,
    to: { address: formatAddress(prefix) },
    family,
    prefix: prefixText(prefix),
  };
}

// ---- kinds

interface Flow {
  readonly raw: Raw;
  readonly at: Path;
  readonly common: TrafficCommon;
  readonly family: 4 | 6;
  readonly prefix: string;
  readonly context: TrafficContext;
}

const READERS: Readonly<Record<string, (flow: Flow) => TrafficSpec>> = {
  cbr: (flow) => ({ kind: 'cbr', ...flow.common, ...readPace(flow, 1200) }),
  poisson: (flow) => ({ kind: 'poisson', ...flow.common, ...readPace(flow, 1200) }),
  onOff: (flow) => ({
    kind: 'onOff',
    ...flow.common,
    ...readPace(flow, 1200),
    on: readLaw(flow, 'on'),
    off: readLaw(flow, 'off'),
  }),
  ping: (flow) => ({
    kind: 'ping',
    ...flow.common,
    interval: amount({ measure: 'nanos' }, flow.raw['interval'], 1e9),
    packetSize: readPacketSize(flow, 84),
    timeout: amount({ measure: 'nanos' }, flow.raw['timeout'], 1e9),
  }),
  request: (flow) => ({
    kind: 'request',
    ...flow.common,
    interval: readInterval(flow, 0),
    requestSize: amount({ measure: 'bytes' }, flow.raw['requestSize'], 1),
    responseSize: amount({ measure: 'bytes' }, flow.raw['responseSize'], 1),
    packetSize: readPacketSize(flow, 1500),
    think: amount({ measure: 'nanos' }, flow.raw['think'], 0),
    timeout: amount({ measure: 'nanos' }, flow.raw['timeout'], 1e9),
    retries: amount({ measure: 'count' }, flow.raw['retries'], 0),
  }),
  file: (flow) => ({
    kind: 'file',
    ...flow.common,
    ...readPace(flow, 1500),
    size: amount({ measure: 'bytes' }, flow.raw['size'], 1),
  }),
  list: (flow) => ({ kind: 'list', ...flow.common, ...readList(flow, readCsv) }),
  capture: (flow) => ({ kind: 'capture', ...flow.common, ...readList(flow, readCapture) }),
  program: ({ raw, common }) => ({
    kind: 'program',
    ...common,
    module: text(raw['module']) ?? '',
    args: raw['args'],
  }),
  spoof: (flow) => ({
    kind: 'spoof',
    ...flow.common,
    ...readPace(flow, 64),
    as: readForged(flow),
    compromisedHost: flag(flow.raw['compromisedHost'], false),
  }),
  flood: (flow) => ({ kind: 'flood', ...flow.common, ...readPace(flow, 64) }),
  scan: (flow) => ({
    kind: 'scan',
    ...flow.common,
    ...readPace(flow, 64),
    prefix: flow.prefix,
    ports: list(flow.raw['ports']).filter((port) => typeof port === 'number'),
  }),
};

/** IP header and 8 bytes of UDP or ICMP. */
const headersOf = (family: 4 | 6): number => (family === 4 ? 28 : 48);

function readPacketSize({ raw, at, family, context }: Flow, otherwise: number): number {
  const size = amount({ measure: 'bytes' }, raw['packetSize'], otherwise);
  const least = headersOf(family);
  if (size >= least && size <= 65535) return size;
  const allowed = `a size from ${least} (headers of IPv${family} and UDP or ICMP) to 65535 bytes`;
  context.findings.add([...at, 'packetSize'], raw['packetSize'], allowed);
  return otherwise;
}

function readPace(flow: Flow, otherwise: number): { interval: number; packetSize: number } {
  const packetSize = readPacketSize(flow, otherwise);
  return { interval: readInterval(flow, packetSize), packetSize };
}

/** Exactly one of `rate` and `interval`; the mean time between packets in ns. */
function readInterval({ raw, at, context }: Flow, packetSize: number): number {
  const { rate, interval } = raw;
  if (rate !== undefined && interval !== undefined) {
    context.findings.add([...at, 'interval'], interval, 'either rate or interval');
  }
  if (rate === undefined && interval === undefined) {
    context.findings.add(
      [...at, 'rate'],
      undefined,
      packetSize === 0 ? 'a rate, such as 20/s, or interval' : 'a rate, such as 4Mbit or 20/s, or interval',
    );
  }
  if (rate === undefined) return amount({ measure: 'nanos' }, interval, 1e9);
  const perPacket = parsePacketRate(rate);
  if (perPacket !== null) return perPacket;
  return (packetSize * 8e9) / (parseRate(rate) || 1);
}

function readLaw({ raw, at, context }: Flow, field: 'on' | 'off'): DurationLaw {
  const value = raw[field];
  if (!isMapping(value)) return { law: 'fixed', mean: amount({ measure: 'nanos' }, value, 1) };
  const { exponential, pareto, shape } = value;
  if ((exponential === undefined) === (pareto === undefined)) {
    context.findings.add(
      [...at, field],
      value,
      'one of { exponential: DURATION } and { pareto: DURATION, shape: NUMBER }',
    );
  }
  if (exponential !== undefined) {
    if (shape !== undefined) context.findings.add([...at, field, 'shape'], shape, 'a shape only with pareto');
    return { law: 'exponential', mean: amount({ measure: 'nanos' }, exponential, 1) };
  }
  const mean = amount({ measure: 'nanos' }, pareto, 1);
  return { law: 'pareto', mean, shape: amount({ measure: 'number' }, shape, 1.5) };
}

const NO_PACKETS: PacketList = { sentNs: new Float64Array(0), sizes: new Int32Array(0) };

function readList(flow: Flow, parse: (bytes: Uint8Array, flow: Flow) => PacketList): PacketList {
  const { raw, at, context } = flow;
  const file = text(raw['file']);
  if (file === undefined) return NO_PACKETS;
  const place = [...at, 'file'];
  try {
    return parse(context.read(file, at), flow);
  } catch (error) {
    if (error instanceof UnreadableList)
      context.findings.add(place, words(`${file}: ${error.message}`), error.allowed);
    else context.findings.add(place, words(`${file}: ${messageOf(error)}`), 'a file that can be read');
    return NO_PACKETS;
  }
}

const lastOffset = ({ common }: Flow): number => LAST_INSTANT - common.start;

const readCsv = (bytes: Uint8Array, flow: Flow): PacketList =>
  readPacketCsv(bytes, headersOf(flow.family), lastOffset(flow));

function readCapture(bytes: Uint8Array, flow: Flow): PacketList {
  return readPacketCapture(bytes, readFilter(flow), headersOf(flow.family), lastOffset(flow));
}

function readFilter({ raw, at, context }: Flow): CaptureFilter {
  const { from, to, port, protocol } = mapping(raw['filter']);
  const canonical = (value: unknown, field: string): string | undefined => {
    const written = text(value);
    const address = written === undefined ? null : parseAddress(written);
    if (written !== undefined && address === null) {
      context.findings.add([...at, 'filter', field], written, 'an IP address, such as 10.0.0.1');
    }
    return address === null ? undefined : formatAddress(address);
  };
  const source = canonical(from, 'from');
  const destination = canonical(to, 'to');
  return {
    ...(source === undefined ? {} : { from: source }),
    ...(destination === undefined ? {} : { to: destination }),
    ...(typeof port === 'number' ? { port } : {}),
    ...(protocol === 'tcp' || protocol === 'udp' || protocol === 'icmp' ? { protocol } : {}),
  };
}

function readForged({ raw, at, common, context }: Flow): string {
  const written = text(raw['as']);
  if (written === undefined) return '';
  const { places, findings } = context;
  const address = parseAddress(written);
  const place = [...at, 'as'];
  if (address === null) {
    findings.add(place, written, 'an IP address, such as 10.0.0.1');
    return '';
  }
  for (const id of common.from) {
    const vm = places.vms.get(id);
    const prefix = vm === undefined ? null : prefixOf(vm, places);
    if (prefix !== null && !contains(prefix, address)) {
      findings.add(place, written, `an address of the sender's network, ${prefixText(prefix)}`);
    } else if (vm?.interfaces.some(({ ip }) => ip === formatAddress(address))) {
      findings.add(place, written, `an address that is not ${id}'s own`);
    }
  }
  return formatAddress(address);
}
