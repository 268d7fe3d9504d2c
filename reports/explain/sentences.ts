/** The events of a story in words: what happened, and why. Does not lay them out. */
import { formatNanos, type Nanos } from '../../engine/index.ts';
import type {
  ChangedEvent,
  ChoiceEvent,
  DrawFact,
  EndedEvent,
  FieldFact,
  LineEvent,
  LinkEvent,
  MadeEvent,
  PersonalityFact,
  Setter,
  StageEvent,
  StoryEvent,
  TowardsEvent,
} from '../../sim/index.ts';
import { formatCount, formatRate } from '../precision.ts';
import type { Origin, Origins } from './explanation.ts';

export interface Sentence {
  readonly at: Nanos;
  /** The stage, or what else is at work; a word. */
  readonly who: string;
  readonly text: string;
  /** Where the values stand that decided it. */
  readonly because: readonly string[];
}

/** Exact: virtual time has whole nanoseconds. */
export const instantText = (at: Nanos): string => `${(at / 1e9).toFixed(9)}s`;
export const durationText = (duration: Nanos): string => formatNanos(duration, 9);

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' };

const KIND_WORDS: Readonly<Record<string, string>> = {
  echoRequest: 'echo request',
  echoReply: 'echo reply',
  portUnreachable: 'port unreachable',
  tooBig: 'packet too big',
  timeExceeded: 'time exceeded',
  reassemblyTimeExceeded: 'reassembly time exceeded',
};

const bytes = (count: number): string =>
  `${formatCount(Math.floor(count))} byte${Math.floor(count) === 1 ? '' : 's'}`;
const packets = (count: number): string => `${formatCount(count)} packet${count === 1 ? '' : 's'}`;
/** Draws are multiples of 2^-32. */
const number = (value: number): string => String(Number(value.toFixed(10)));
const everybody = (scope: string): string => (scope === '' ? "everybody's packets" : `packets from ${scope}`);

/** `line 24`, of the scenario's own file; `common.yaml:24` of an included one. */
export function originText({ file, line, path, preset }: Origin, { file: main }: Origins): string {
  const by = preset === null ? '' : `preset ${preset}, `;
  if (file === null || line === null) return `${by}${path}`;
  return file === main ? `${by}line ${line}` : `${by}${file}:${line}`;
}

/** An entry of the timeline: its instant and its line. */
const entryText = (setter: Setter, origins: Origins): string =>
  setter.path === null
    ? 'the beginning'
    : `${originText(origins.ofEntry(setter), origins)}, at ${durationText(setter.at)}`;

/** What happened, in one sentence or two; `next` is what happens to the packet then; in none where that needs no words. */
export function sentencesOf(event: StoryEvent, origins: Origins, next?: StoryEvent): readonly Sentence[] {
  const say = (who: string, text: string, because: readonly string[] = []): readonly Sentence[] => [
    { at: event.at, who, text, because },
  ];
  switch (event.what) {
    case 'made':
      return say('packet', madeText(event));
    case 'choice':
      return say(event.of, choiceText(event));
    case 'towards':
      return say(event.isEgress ? 'egress' : 'personality', towardsText(event, origins));
    case 'stage':
      return say(event.stage, stageText(event, next?.at), fieldTexts(event, origins));
    case 'line':
      return lineSentences(event, origins);
    case 'changed':
      return say('command', changedText(event, origins));
    case 'left':
      return [];
    case 'held': {
      const list = event.partitions.map(({ id, by }) => `${id} (${entryText(by, origins)})`).join(', ');
      return say('partition', `held until it is healed: ${list}`);
    }
    case 'rewritten':
      return say('substrate', `header rewritten, from host ${event.from} to host ${event.to}`);
    case 'link':
      return say('link', linkText(event));
    case 'arrived':
      return say('substrate', `arrives at host ${event.host}, header verified and written back`);
    case 'received':
      return say(
        'vm',
        `${event.vm} has it${wholeText(event.completes)}${childrenText(event.children, 'answers with')}`,
      );
    case 'complained': {
      const mtu = event.error === 'tooBig' ? `, MTU ${formatCount(event.mtu)}` : '';
      return say('icmp', `${event.vm} answers "${KIND_WORDS[event.error] ?? event.error}"${mtu}`);
    }
    case 'ended':
      return say('end', endText(event, origins));
  }
}

const wholeText = (id: number | null): string =>
  id === null ? '' : `, and with it all fragments: packet ${id} is whole`;

const childrenText = (ids: readonly number[], verb: string): string =>
  ids.length === 0 ? '' : `, ${verb} packet${ids.length === 1 ? '' : 's'} ${ids.join(', ')}`;

function madeText(event: MadeEvent): string {
  const { sourcePort, targetPort, protocol, vm, host } = event;
  const hasPorts = protocol === 6 || protocol === 17;
  const end = (address: string, port: number): string =>
    !hasPorts ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const flags = [
    ...(event.dontFragment ? ["don't fragment"] : []),
    ...(event.ecnCapable ? ['ECN-capable'] : []),
  ];
  const what = [
    bytes(event.size),
    `${PROTOCOLS[protocol] ?? `protocol ${protocol}`} ${end(event.source, sourcePort)} > ${end(event.target, targetPort)}`,
    `TTL ${event.ttl}`,
    ...flags,
  ].join(', ');
  switch (event.origin) {
    case 'copy':
      return `a copy of packet ${event.copyOf}: ${what}`;
    case 'fragment':
      return `a fragment of packet ${event.fragmentOf}, from byte ${formatCount(event.offset)} of its payload${event.moreFragments ? '' : ', the last'}: ${what}`;
    case 'whole':
      return `put together from fragments: ${what}`;
    case 'answer':
      return `${vm} on host ${host} answers with ${KIND_WORDS[event.kind] ?? event.kind}: ${what}`;
    default:
      return `${vm} on host ${host} sends it: ${what}`;
  }
}

function choiceText({ name, of, profile, candidates, draws, chosen }: ChoiceEvent): string {
  const list = candidates.map(({ vm, isUp }) => (isUp ? vm : `${vm} (off)`)).join(', ');
  const why = profile === 'Chaotic' && draws[0] !== undefined ? `, ${comparison(draws[0])}` : '';
  const who = of === 'pool' ? 'member' : 'next hop';
  return `${of} ${name}, ${profile}, of ${list}${why} -> ${chosen === null ? 'nobody' : `${who} ${chosen}`}`;
}

function towardsText({ vm, personality, isEgress }: TowardsEvent, origins: Origins): string {
  const direction = isEgress ? `from ${vm}` : `to ${vm === '' ? 'nobody' : vm}`;
  if (personality === null) return `${direction}: none applies`;
  const { scope, egressOf, others, expires } = personality;
  const own = egressOf === null ? '' : `, the egress of ${egressOf}`;
  const time = expires === null ? '' : `, until ${durationText(expires)}`;
  const rest =
    others.length === 0
      ? ''
      : `; not ${others.map((each) => `${each.personality}, for ${everybody(each.scope)}`).join(', nor ')}${scope === '' ? '' : ', which is less specific'}`;
  return `${direction}: ${versionText(personality, origins)}${own}, assigned for ${everybody(scope)} (${assignedText(personality, origins)})${time}${rest}`;
}

function versionText(personality: PersonalityFact, origins: Origins): string {
  const change = origins.ofVersion(personality);
  const by = change === null ? '' : ` (changed by ${entryText(personality.versionBy, origins)})`;
  return `${personality.id}, version ${personality.version}${by}`;
}

function assignedText(personality: PersonalityFact, origins: Origins): string {
  const origin = originText(origins.ofAssignment(personality), origins);
  const { at, path } = personality.assignedBy;
  return path === null ? origin : `${origin}, at ${durationText(at)}`;
}

/** `packetLossPercentage 0.01 (web.yaml:14)`. */
function fieldTexts(
  { fields, personality }: { fields: readonly FieldFact[]; personality: PersonalityFact | null },
  origins: Origins,
): string[] {
  if (personality === null) return [];
  return fields.map((field) => {
    const origin = origins.ofField(personality, field);
    const value = Array.isArray(field.value)
      ? `${formatCount(field.value.length)} numbers`
      : String(field.value);
    const at = field.setBy?.path == null ? '' : `, at ${durationText(field.setBy.at)}`;
    return `${field.path} ${value} (${origin === null ? 'default' : `${originText(origin, origins)}${at}`})`;
  });
}

/** `drew 0.0041 < 0.01`. */
const comparison = ({ value, threshold }: DrawFact): string =>
  threshold === null
    ? `drew ${number(value)}`
    : `drew ${number(value)} ${value < threshold ? '<' : '>='} ${number(threshold)}`;

const given = (fields: readonly FieldFact[], path: string): unknown =>
  fields.find((field) => field.path === path)?.value;

/** A chance that a draw was compared with; a correlated one is bent towards the one before it first. */
function chanceText({ draws, fields }: StageEvent, share: string, correlation: string): string {
  const [draw] = draws;
  if (draw === undefined) return 'no draw';
  if (draw.threshold !== null) return comparison(draw);
  const threshold = given(fields, share);
  const bend = given(fields, correlation);
  if (typeof threshold !== 'number') return comparison(draw);
  if (typeof bend === 'number' && bend > 0)
    return `drew ${number(draw.value)}, bent towards the draw before it by ${bend}, against ${threshold}`;
  return comparison({ ...draw, threshold });
}

/** What a model remembers, and the draw that it is asked with. */
function memoryText({ memory, draws: [draw] }: StageEvent): string {
  const state = memory === null ? '' : `, ${memory.state} state`;
  if (draw === undefined) return state;
  return `${state}, ${comparison({ ...draw, threshold: memory?.chance ?? draw.threshold })}`;
}

/** `until`: when the next thing happens to it. */
function stageText(event: StageEvent, until: Nanos | undefined): string {
  const { result, fields, children, draws, size } = event;
  switch (event.stage) {
    case 'routing': {
      const moved = event.moved === null ? 'stays' : `moved from ${event.moved.from} to ${event.moved.to}`;
      return draws.length === 0 ? `Dynamic -> ${moved}` : `${comparison(draws[0]!)} -> ${moved}`;
    }
    case 'mtu': {
      const limit = formatCount(Number(given(fields, 'mtu') ?? 0));
      if (result === 'dropped') return `${bytes(size)} > ${limit}, and it must stay whole -> dropped`;
      return `${bytes(size)} > ${limit} -> cut into packets ${children.join(', ')}`;
    }
    case 'loss': {
      const model = given(fields, 'loss.model') ?? 'random';
      const chance =
        model === 'random'
          ? chanceText(event, 'packetLossPercentage', 'loss.correlation')
          : `${model}${memoryText(event)}`;
      return `${chance} -> ${event.marked ? 'congestion marked instead of lost' : result === 'dropped' ? 'lost' : 'not lost'}`;
    }
    case 'duplicate': {
      const chance = chanceText(event, 'duplicatePacketPercentage', 'duplicate.correlation');
      return `${chance} -> ${children.length === 0 ? 'no copy' : `copied as packet ${children.join(', ')}`}`;
    }
    case 'corrupt': {
      const chance = chanceText(event, 'corrupt.percentage', 'corrupt.correlation');
      const [damage] = event.damage;
      if (damage === undefined) return `${chance} -> left as it is`;
      const where = damage.where === 'any' ? '' : ` of the ${damage.where}`;
      const silent = damage.isSilent ? ', checksums made right again' : '';
      return `${chance} -> ${damage.bits} bit${damage.bits === 1 ? '' : 's'}${where} flipped${silent}`;
    }
    case 'outage':
      if (result === 'dropped') return 'the link is down -> dropped';
      return result === 'passed' ? 'the link is up' : `the link is down -> held${untilText(event.at, until)}`;
    case 'queue':
      return `${queueText(event)} -> ${result === 'dropped' ? 'dropped' : waitsText(event, until)}`;
    case 'disorder': {
      const delay = event.delay === null ? '' : `, delay ${durationText(Math.max(0, event.delay))}`;
      const drawn = draws.map((draw) => comparison(draw)).join('; ');
      return `${drawn === '' ? 'no draw' : drawn}${delay} -> ${waitsText(event, until)}`;
    }
    default: {
      const drawn = draws.length === 0 ? '' : `${draws.map((draw) => comparison(draw)).join('; ')} `;
      const made = children.length === 0 ? '' : `, copied as packet ${children.join(', ')}`;
      return `${drawn}-> ${result === 'taken' ? 'kept for later' : result}${made}`;
    }
  }
}

/** Who is taken may be let go at the same instant. */
const waitsText = ({ at, result }: StageEvent, until: Nanos | undefined): string =>
  result === 'passed' || until === at ? 'leaves at once' : `waits${untilText(at, until)}`;

const untilText = (at: Nanos, until: Nanos | undefined): string =>
  until === undefined ? '' : ` ${durationText(until - at)}, until ${instantText(until)}`;

const limitText = (limitBytes: number | null, limitPackets: number | null): string => {
  const limits = [
    ...(limitBytes === null ? [] : [bytes(limitBytes)]),
    ...(limitPackets === null ? [] : [packets(limitPackets)]),
  ];
  return limits.length === 0 ? 'no limit' : `room for ${limits.join(' and ')}`;
};

function queueText({ queue, fields }: StageEvent): string {
  const discipline = given(fields, 'bandwidth.discipline') ?? 'droptail';
  if (queue === null) return String(discipline);
  const rate = queue.rate > 0 ? `${formatRate(queue.rate)}, ` : '';
  return `${rate}${discipline}, ${bytes(queue.bytes)} wait, ${limitText(queue.queueBytes, queue.queuePackets)}`;
}

/** Bandwidth, then delay: each where it does something. */
function lineSentences(event: LineEvent, origins: Origins): readonly Sentence[] {
  const { at, before, shaped, due, size, fields } = event;
  const isDelay = ({ path }: FieldFact): boolean => /^(latencyMs|jitterMs|jitter\.)/.test(path);
  const because = (wanted: boolean): string[] =>
    fieldTexts({ ...event, fields: fields.filter((field) => isDelay(field) === wanted) }, origins);
  const sentences: Sentence[] = [];
  if (before.rate > 0)
    sentences.push({ at, who: 'bandwidth', text: bandwidthText(event), because: because(false) });
  if (shaped === null || due === null) return sentences;
  if (before.latency > 0 || before.jitter > 0 || due > shaped)
    sentences.push({ at, who: 'delay', text: delayText(event, shaped, due), because: because(true) });
  if (sentences.length > 0) return sentences;
  return [{ at, who: 'delay', text: `none, and no limit for its ${bytes(size)}`, because: [] }];
}

function bandwidthText({ before, size, shaped, at, dropped }: LineEvent): string {
  const { rate, model, waitingPackets, waitingBytes } = before;
  const ahead =
    waitingPackets === 0
      ? 'nobody waits'
      : `${packets(waitingPackets)} (${bytes(waitingBytes)}) ${waitingPackets === 1 ? 'waits' : 'wait'}`;
  const limit = limitText(before.queueBytes, before.queuePackets);
  const state =
    model === 'serialize'
      ? before.busyUntil > at
        ? `wire busy until ${instantText(before.busyUntil)}`
        : 'wire free'
      : `${formatCount(Math.floor(before.tokenBytes))} of ${bytes(before.burstBytes)} of tokens`;
  const facts = `${formatRate(rate)}, ${state}, ${ahead}, ${limit}`;
  if (dropped) return `${facts}: none for ${bytes(size)} -> dropped`;
  if (shaped === null || shaped === at) return `${facts} -> leaves at once`;
  return `${facts} -> leaves after ${durationText(shaped - at)}, at ${instantText(shaped)}`;
}

function delayText({ before, draws, delay, fields }: LineEvent, shaped: Nanos, due: Nanos): string {
  const { latency, jitter } = before;
  const drawn = delay ?? latency;
  const [draw] = draws;
  const isUniform = (given(fields, 'jitter.distribution') ?? 'uniform') === 'uniform';
  const law = isUniform
    ? `up to ${durationText(jitter)} either way`
    : `${given(fields, 'jitter.distribution')}, ${durationText(jitter)}`;
  const variation = drawn - latency;
  const sum =
    draw === undefined
      ? `delay ${durationText(latency)}`
      : `delay ${durationText(latency)} ${variation < 0 ? '-' : '+'} ${durationText(Math.abs(variation))} (drew ${number(draw.value)}, ${law}) = ${durationText(drawn)}`;
  const bounded = Math.max(0, drawn);
  const clamped = drawn < 0 ? ', below 0: none' : '';
  const own = shaped + bounded;
  const end =
    due > own
      ? `${instantText(own)}, kept in order behind the packet before it until ${instantText(due)}`
      : instantText(due);
  return `${sum}${clamped} -> leaves at ${end}`;
}

function changedText({ personality, by, before, after }: ChangedEvent, origins: Origins): string {
  const who = by === null ? "the assignment's time is over" : entryText(by, origins);
  const now =
    personality === null
      ? 'no personality'
      : versionText({ ...personality, versionBy: { at: 0, path: null } }, origins).replace(/ \(.*$/, '');
  if (before === null || after === null) return `${who}: now ${now}`;
  const changes = [
    ...(before.shaped === after.shaped
      ? []
      : [`leaves the queue at ${instantText(after.shaped)} instead of ${instantText(before.shaped)}`]),
    ...(before.due === after.due
      ? []
      : [`is delayed until ${instantText(after.due)} instead of ${instantText(before.due)}`]),
  ];
  return `${who}: now ${now}; ${changes.length === 0 ? 'nothing changes for it' : changes.join(', ')}`;
}

function linkText({ link, before, dropped, leaves, arrives, size, at }: LinkEvent): string {
  const wire =
    before.rate === 0
      ? ''
      : `, ${formatRate(before.rate)}, ${before.busyUntil > at ? `busy until ${instantText(before.busyUntil)}` : 'free'}, ${before.waitingPackets === 0 ? 'nobody waits' : `${packets(before.waitingPackets)} ${before.waitingPackets === 1 ? 'waits' : 'wait'}`}, ${limitText(null, before.queuePackets)}`;
  const facts = `${link}${wire}`;
  if (dropped || leaves === null || arrives === null) return `${facts}: none for ${bytes(size)} -> dropped`;
  const sent = leaves > at ? `sent after ${durationText(leaves - at)}, ` : '';
  return `${facts} -> ${sent}${durationText(before.latency)} on the way, arrives at ${instantText(arrives)}`;
}

const FATE_WORDS: Readonly<Record<string, string>> = {
  delivered: 'delivered',
  loss: 'lost',
  queue: 'dropped: the queue has no room for it',
  mtu: 'dropped: longer than what can pass',
  checksum: 'dropped: its checksum is wrong',
  spoofed: 'dropped: the sender does not have its source address',
  'no-route': 'dropped: there is no way to its destination',
  ttl: 'dropped: its TTL is used up',
  unassigned: 'dropped: nobody has its destination address',
  'vm-down': 'dropped: the VM is off',
  'link-down': 'dropped: the link is down',
  'reassembly-timeout': 'dropped: the other fragments did not come in time',
  'no-listener': 'dropped: nobody listens at its port',
  fragmented: 'replaced by its fragments',
  reassembled: 'replaced by the whole that it was a part of',
  'in-flight': 'still on its way when the run ends',
};

function endText({ fate, vm, by, partitions, between }: EndedEvent, origins: Origins): string {
  const words = FATE_WORDS[fate] ?? fate;
  if (fate === 'delivered') return `delivered to ${vm}`;
  if (fate === 'vm-down' && vm !== '')
    return `dropped: ${vm} is off${by === null ? '' : ` (${entryText(by, origins)})`}`;
  if (partitions.length > 0) {
    const list = partitions.map(({ id, by: who }) => `${id} (${entryText(who, origins)})`).join(', ');
    return `dropped at a partition: ${list}`;
  }
  const where = between === null ? '' : ` between ${between[0]} and ${between[1]}`;
  return `${words}${where}${by === null ? '' : ` (${entryText(by, origins)})`}`;
}

export const fateWords = (fate: string): string => FATE_WORDS[fate] ?? fate;
