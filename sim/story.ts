/**
 * The life of chosen packets, told by those who handle them: stands in front of methods of one world's parts, notes what they are asked
 * and what they answer, and lets them do their work. A world that is not watched has none of it.
 */
import { type Kernel, type Nanos, NEVER, type RandomSource, type RandomStream } from '../engine/index.ts';
import {
  COPY_OF,
  DUE,
  FLAGS,
  FRAGMENT_OF,
  HOP,
  OUTER,
  PacketFlag,
  type PacketId,
  PacketKind,
  type PacketPool,
  SENDER,
  SHAPED_AT,
} from './packet.ts';
import type { Delays } from './personality/delays.ts';
import { egressOf, outward } from './personality/egress.ts';
import type { LineId, Lines, LineView } from './personality/line.ts';
import type { Params } from './personality/params.ts';
import type { AnyGate, Pipeline } from './personality/pipeline.ts';
import type { Profile } from './personality/profile.ts';
import type { GateQueue, StageDefinition } from './personality/stage.ts';
import { stages } from './personality/stages/index.ts';
import { type PersonalityManager, type PipelineInForce, scopeText } from './personality-manager.ts';
import type { Router } from './routing/index.ts';
import type {
  ChangedEvent,
  ChoiceEvent,
  EndedEvent,
  FieldFact,
  LineEvent,
  LinkEvent,
  PersonalityFact,
  ReceivedEvent,
  Setter,
  StageEvent,
  StoryEvent,
} from './story-events.ts';
import { FATES, type FateName, isDrop, ORIGINS } from './trace.ts';
import type { IpHost } from './vm/ip-host.ts';
import type { World, WorldWatch } from './world.ts';

const KINDS = Object.keys(PacketKind);
const BEGINNING: Setter = { at: 0, path: null };

/** What is known of the changes of one personality. */
interface History {
  version: number;
  by: Setter;
  fields: Map<string, Setter>;
}

/** A packet that is in a pipeline. */
interface Inside {
  readonly pipeline: Pipeline;
  readonly row: PacketId;
  isInLine: boolean;
}

/** An event that those may write to who are asked meanwhile. */
type Open = StageEvent | LineEvent | ChoiceEvent | LinkEvent | ReceivedEvent;

const bounded = (limit: number): number | null => (limit === Infinity ? null : limit);

/** For one world. Follows the packets with the given ids, and whatever is made of them: copies, fragments, wholes. */
export class Story implements WorldWatch {
  /** In the order in which they happened. */
  readonly events: StoryEvent[] = [];
  readonly #followed: Set<number>;
  readonly #seen = new Set<number>();
  readonly #inside = new Map<number, Inside>();
  readonly #held = new Set<number>();
  readonly #ends = new Map<number, EndedEvent>();
  /** What happens now: the followed packet's event that draws belong to. */
  #open: Open | null = null;
  /** The stage that is at work on a followed packet. */
  #stage: string | null = null;
  #between: readonly [string, string] | null = null;
  #isStopping = false;
  /** The entry of the timeline that is being carried out. */
  #entry: string | null = null;
  #world: World | null = null;
  #personalities: PersonalityManager | null = null;
  readonly #histories = new Map<string, History>();
  readonly #assigned = new Map<string, Setter>();
  readonly #powerBy = new Map<number, Setter>();
  readonly #linkBy = new Map<string, Setter>();
  readonly #partitionBy = new Map<string, Setter>();
  readonly #pipelineOf = new Map<Lines, Map<LineId, Pipeline>>();

  constructor(ids: Iterable<number>) {
    this.#followed = new Set(ids);
  }

  // While the world is put together.

  random(random: RandomSource): void {
    const make = random.stream.bind(random);
    random.stream = (name) => this.#listenTo(make(name));
  }

  personalities(personalities: PersonalityManager): void {
    this.#personalities = personalities;
    const setProfile = personalities.setProfile.bind(personalities);
    personalities.setProfile = (id, profile) => {
      this.#noteProfile(id, personalities.profile(id), profile);
      setProfile(id, profile);
    };
    const assign = personalities.assign.bind(personalities);
    personalities.assign = (vm, personality, from, expires) => {
      this.#assigned.set(`${vm} ${scopeText(from)}`, this.#setter());
      return assign(vm, personality, from, expires);
    };
  }

  world(world: World): void {
    this.#world = world;
    const { fabric, timeline } = world;
    const perform = timeline.perform.bind(timeline);
    timeline.perform = (actions, path) => {
      const before = this.#entry;
      this.#entry = path;
      try {
        return perform(actions, path);
      } finally {
        this.#entry = before;
      }
    };
    this.#listenToPackets(world);
    this.#listenToFailures(world);
    this.#listenToChoices(world);
    for (const vm of fabric.vms) this.#listenToVm(vm);
    this.#listenToLinks(fabric.substrate.lines);
    world.observe({
      leaves: (packet, host) => this.#leaves(packet, host),
      arrives: (packet, host) => {
        this.#between = null;
        if (this.#isFollowed(packet))
          this.#tell({ what: 'arrived', ...this.#common(packet), host: world.system.hosts[host]! });
      },
    });
  }

  opened(pipeline: Pipeline, lines: Lines, delays: Delays): void {
    if (!this.#pipelineOf.has(lines)) {
      this.#pipelineOf.set(lines, new Map());
      this.#listenToLine(lines);
    }
    this.#pipelineOf.get(lines)!.set(pipeline.line.id, pipeline);
    const enter = pipeline.enter.bind(pipeline);
    pipeline.enter = (packet) => {
      if (this.#isFollowed(packet)) this.#enters(packet, pipeline);
      this.#within(null, () => enter(packet));
    };
    const configure = pipeline.configure.bind(pipeline);
    pipeline.configure = (profile) => this.#changes(pipeline, () => configure(profile));
    const delayFor = delays.delayFor.bind(delays);
    delays.delayFor = (draw) => {
      const delay = delayFor(draw);
      if (this.#open !== null && 'delay' in this.#open) this.#open.delay = delay;
      return delay;
    };
  }

  gate(gate: AnyGate, definition: StageDefinition, pipeline: Pipeline): AnyGate {
    const { queue, delayer } = gate;
    return {
      configure: (values) => gate.configure(values),
      admit: (packet) =>
        this.#isFollowed(packet)
          ? this.#asks(packet, gate, definition, pipeline)
          : this.#within(null, () => gate.admit(packet)),
      ...(gate.memory === undefined ? {} : { memory: gate.memory.bind(gate) }),
      ...(queue === undefined ? {} : { queue }),
      ...(delayer === undefined ? {} : { delayer }),
    };
  }

  // Chance.

  #listenTo(stream: RandomStream): RandomStream {
    const uniform = stream.uniform.bind(stream);
    stream.uniform = () => this.#drawn(stream.name, uniform(), null);
    stream.chance = (probability) => this.#drawn(stream.name, uniform(), probability) < probability;
    return stream;
  }

  #drawn(stream: string, value: number, threshold: number | null): number {
    if (this.#open !== null && 'draws' in this.#open) this.#open.draws.push({ stream, value, threshold });
    return value;
  }

  // Stages.

  #enters(packet: PacketId, pipeline: Pipeline): void {
    this.#note(packet);
    const fact = this.#personalityOf(pipeline);
    const isEgress = this.#inForce(pipeline)?.isEgress ?? this.#hop(packet) === '';
    const { system } = this.#world!;
    const vm = isEgress ? system.vms[this.#packets.ints[packet + SENDER]!]! : this.#hop(packet);
    this.#tell({ what: 'towards', ...this.#common(packet), vm, personality: fact, isEgress });
    this.#inside.set(this.#packets.id(packet), { pipeline, row: packet, isInLine: false });
  }

  #asks(packet: PacketId, gate: AnyGate, definition: StageDefinition, pipeline: Pipeline): boolean {
    this.#note(packet);
    const packets = this.#packets;
    const id = packets.id(packet);
    const inside = this.#inside.get(id);
    if (inside !== undefined) inside.isInLine = false;
    const flags = packets.flags(packet);
    const target = packets.target(packet);
    const damages = packets.damages(packet).length;
    const event: StageEvent = {
      what: 'stage',
      ...this.#common(packet),
      stage: definition.name,
      personality: this.#personalityOf(pipeline),
      fields: this.#fieldsOf(pipeline, definition),
      draws: [],
      size: packets.size(packet),
      result: 'taken',
      marked: false,
      damage: [],
      moved: null,
      children: [],
      memory: gate.memory?.() ?? null,
      queue: gate.queue === undefined ? null : queueFact(gate.queue),
      delay: null,
    };
    this.#tell(event);
    const passes = this.#within(event, () => gate.admit(packet), definition.name);
    const end = this.#endOf(id);
    if (end !== null && end.stage === definition.name && isDropName(end.fate)) event.result = 'dropped';
    // Its row may be another's by now.
    if (!passes) return false;
    event.result = 'passed';
    event.marked = (flags & PacketFlag.marked) === 0 && packets.has(packet, PacketFlag.marked);
    event.damage = packets.damages(packet).slice(damages);
    const now = packets.target(packet);
    const { system } = this.#world!;
    if (now !== target) event.moved = { from: system.address(target), to: system.address(now) };
    return true;
  }

  #listenToLine(lines: Lines): void {
    const admit = lines.admit.bind(lines);
    lines.admit = (line, packet) => {
      if (!this.#isFollowed(packet)) {
        this.#within(null, () => admit(line, packet));
        return;
      }
      this.#note(packet);
      const pipeline = this.#pipelineOf.get(lines)!.get(line)!;
      const event: LineEvent = {
        what: 'line',
        ...this.#common(packet),
        personality: this.#personalityOf(pipeline),
        fields: LINE_STAGES.flatMap((definition) => this.#fieldsOf(pipeline, definition)),
        draws: [],
        size: this.#packets.size(packet),
        before: viewFact(lines.view(line)),
        dropped: false,
        delay: null,
        shaped: null,
        due: null,
      };
      this.#tell(event);
      const id = this.#packets.id(packet);
      const inside = this.#inside.get(id);
      if (inside !== undefined) inside.isInLine = true;
      this.#within(event, () => admit(line, packet), event.before.rate > 0 ? 'bandwidth' : 'delay');
      const [shaped, due] = this.#afterwards(packet, id, inside);
      event.dropped = shaped === NEVER;
      if (!event.dropped) Object.assign(event, { shaped, due });
    };
  }

  /** When a packet leaves either stage of the line that has just admitted it. */
  #afterwards(packet: PacketId, id: number, inside: Inside | undefined): [shaped: Nanos, due: Nanos] {
    const { now } = this.#kernel;
    if (this.#endOf(id)?.stage === 'bandwidth') return [NEVER, NEVER];
    // Let through at once.
    if (inside === undefined || this.#inside.get(id) !== inside) return [now, now];
    const { doubles } = this.#packets;
    return [doubles[(packet >> 1) + SHAPED_AT]!, doubles[(packet >> 1) + DUE]!];
  }

  #changes(pipeline: Pipeline, change: () => void): void {
    const times = (row: PacketId) => {
      // Read anew: the pool may have grown.
      const { doubles } = this.#packets;
      return { shaped: doubles[(row >> 1) + SHAPED_AT]!, due: doubles[(row >> 1) + DUE]! };
    };
    const affected = [...this.#inside].filter(([, inside]) => inside.pipeline === pipeline);
    const events = affected.map(([packet, { row, isInLine }]) => {
      const event: ChangedEvent = {
        what: 'changed',
        at: this.#kernel.now,
        packet,
        personality: this.#personalityOf(pipeline),
        by: this.#entry === null ? null : this.#setter(),
        before: isInLine ? times(row) : null,
        after: null,
      };
      this.#tell(event);
      return event;
    });
    this.#within(null, change);
    affected.forEach(([packet, inside], index) => {
      if (inside.isInLine && this.#inside.get(packet) === inside) events[index]!.after = times(inside.row);
    });
  }

  // The packets themselves, and their managers.

  #listenToPackets({ fabric, packets }: World): void {
    const clone = packets.clone.bind(packets);
    packets.clone = (packet, origin) => {
      const copy = clone(packet, origin);
      if (this.#isFollowed(packet)) this.#bears(packet, copy);
      return copy;
    };
    const { ledger } = fabric;
    const end = ledger.end.bind(ledger);
    ledger.end = (packet, fate) => {
      if (this.#isFollowed(packet)) this.#endsNow(packet, fate);
      this.#within(null, () => end(packet, fate));
    };
    for (const manager of fabric.managers) {
      const submit = manager.submit.bind(manager);
      manager.submit = (packet) => {
        if (this.#isFollowed(packet)) this.#note(packet);
        this.#within(null, () => submit(packet));
      };
      const route = manager.route.bind(manager);
      manager.route = (packet) => {
        if (this.#isFollowed(packet)) this.#leavesPipeline(packet, false);
        this.#within(null, () => route(packet));
      };
      const transmit = manager.transmit.bind(manager);
      manager.transmit = (packet) => {
        if (this.#isFollowed(packet)) this.#leavesPipeline(packet, true);
        this.#within(null, () => transmit(packet));
      };
    }
  }

  #bears(parent: PacketId, child: PacketId): void {
    const packets = this.#packets;
    const id = packets.id(child);
    this.#followed.add(id);
    if (this.#open?.what === 'received') this.#open.completes = id;
    else if (this.#open?.what === 'stage') this.#open.children.push(id);
    const inside = this.#inside.get(packets.id(parent));
    if (inside !== undefined) this.#inside.set(id, { ...inside, row: child, isInLine: false });
  }

  #leavesPipeline(packet: PacketId, isTransmit: boolean): void {
    this.#note(packet);
    const id = this.#packets.id(packet);
    if (this.#inside.delete(id)) {
      const { system } = this.#world!;
      const vm = isTransmit ? this.#hop(packet) : system.vms[this.#packets.ints[packet + SENDER]!]!;
      this.#tell({ what: 'left', ...this.#common(packet), vm });
    } else if (isTransmit && !this.#held.delete(id)) {
      const vm = this.#hop(packet);
      this.#tell({ what: 'towards', ...this.#common(packet), vm, personality: null, isEgress: false });
    }
  }

  #leaves(packet: PacketId, host: number): void {
    if (!this.#isFollowed(packet)) return;
    const { hosts } = this.#world!.system;
    const to = this.#packets.ints[packet + OUTER]! & 0xffff;
    this.#tell({ what: 'rewritten', ...this.#common(packet), from: hosts[host]!, to: hosts[to]! });
  }

  #endsNow(packet: PacketId, fate: number): void {
    this.#note(packet);
    const { ints } = this.#packets;
    const hop = ints[packet + HOP]!;
    const name = FATES[fate]!;
    const isPartition = name === 'link-down' && this.#isStopping;
    const event: EndedEvent = {
      what: 'ended',
      ...this.#common(packet),
      fate: name,
      vm: this.#hop(packet),
      stage: this.#stage,
      by: this.#reason(name, hop, ints[packet + SENDER]!),
      partitions: isPartition ? this.#partitions() : [],
      between: name === 'link-down' || name === 'no-route' ? this.#between : null,
    };
    this.#inside.delete(event.packet);
    this.#ends.set(event.packet, event);
    this.#tell(event);
  }

  /** Who is to blame, of those who can be. */
  #reason(fate: string, hop: number, sender: number): Setter | null {
    if (fate === 'vm-down') return this.#powerBy.get(hop) ?? this.#powerBy.get(sender) ?? null;
    if (fate !== 'link-down' || this.#stage !== null || this.#isStopping) return null;
    if (this.#between !== null) return this.#linkBy.get(pairKey(...this.#between)) ?? null;
    // A link that fails takes with it what it carries.
    return this.#entry === null ? null : this.#setter();
  }

  // VMs.

  #listenToVm(vm: IpHost): void {
    const name = this.#world!.system.vms[vm.vm]!;
    const receive = vm.receive.bind(vm);
    vm.receive = (packet) => {
      if (!this.#isFollowed(packet)) {
        this.#within(null, () => receive(packet));
        return;
      }
      this.#note(packet);
      const ttl = this.#packets.ttl(packet);
      const event: ReceivedEvent = {
        what: 'received',
        ...this.#common(packet),
        vm: name,
        ttl,
        children: [],
        completes: null,
      };
      this.#tell(event);
      this.#within(event, () => receive(packet));
    };
    const answerTo = vm.answerTo.bind(vm);
    vm.answerTo = (packet, origin) => {
      const answer = answerTo(packet, origin);
      if (this.#isFollowed(packet) && this.#open?.what === 'received')
        this.#open.children.push(this.#packets.id(answer));
      return answer;
    };
    const complain = vm.complain.bind(vm);
    vm.complain = (packet, error, mtu) => {
      const { born } = this.#packets;
      complain(packet, error, mtu);
      if (this.#packets.born > born && this.#isFollowed(packet))
        this.#tell({ what: 'complained', ...this.#common(packet), vm: name, error: KINDS[error]!, mtu });
    };
  }

  // Failures, and who brought them about.

  #listenToFailures({ fabric, system }: World): void {
    const { substrate, partitions } = fabric;
    const setPower = system.setPower.bind(system);
    system.setPower = (vm, on) => {
      this.#powerBy.set(vm, this.#setter());
      setPower(vm, on);
    };
    const setLink = substrate.setLink.bind(substrate);
    substrate.setLink = (a, b, up) => {
      this.#linkBy.set(pairKey(system.hosts[a]!, system.hosts[b]!), this.#setter());
      setLink(a, b, up);
    };
    const forward = substrate.forward.bind(substrate);
    substrate.forward = (packet, host) => {
      if (!this.#isFollowed(packet)) {
        this.#within(null, () => forward(packet, host));
        return;
      }
      const to = this.#packets.ints[packet + OUTER]! & 0xffff;
      this.#between = [system.hosts[host]!, system.hosts[to]!];
      this.#within(null, () => forward(packet, host));
      this.#between = null;
    };
    const begin = partitions.begin.bind(partitions);
    partitions.begin = (id, ...rest) => {
      this.#partitionBy.set(id, this.#setter());
      begin(id, ...rest);
    };
    const stops = partitions.stops.bind(partitions);
    partitions.stops = (packet, from, to) => {
      const [common, isFollowed] = [this.#common(packet), this.#isFollowed(packet)];
      this.#isStopping = true;
      const isStopped = stops(packet, from, to);
      this.#isStopping = false;
      if (!isStopped || !isFollowed || this.#endOf(common.packet) !== null) return isStopped;
      this.#held.add(common.packet);
      this.#tell({ what: 'held', ...common, partitions: this.#partitions() });
      return true;
    };
  }

  #partitions(): { id: string; by: Setter }[] {
    return this.#world!.fabric.partitions.ids().map((id) => ({
      id,
      by: this.#partitionBy.get(id) ?? BEGINNING,
    }));
  }

  // Choices.

  #listenToChoices({ fabric, system }: World): void {
    const { steering } = fabric;
    const ofPool = steering.ofPool.bind(steering);
    steering.ofPool = (pool) => {
      const { spec, members } = system.pools[pool]!;
      return this.#choosing(ofPool(pool), 'pool', spec.address, spec.routingProfile, members);
    };
    const ofRoute = steering.ofRoute.bind(steering);
    steering.ofRoute = (network, route) => {
      const { spec, via } = system.networks[network]!.routes[route]!;
      return this.#choosing(ofRoute(network, route), 'route', spec.to, spec.routingProfile, via);
    };
  }

  #choosing(
    router: Router,
    of: 'pool' | 'route',
    name: string,
    profile: string,
    candidates: Iterable<number>,
  ): Router {
    const choose = (packet: PacketId): number => {
      if (!this.#isFollowed(packet)) return this.#within(null, () => router.choose(packet));
      const { system } = this.#world!;
      const known = [...candidates].map((vm) => ({ vm: system.vms[vm]!, isUp: system.isUp[vm] === 1 }));
      const event: ChoiceEvent = {
        what: 'choice',
        ...this.#common(packet),
        of,
        name,
        profile,
        candidates: known,
        draws: [],
        chosen: null,
      };
      this.#tell(event);
      const vm = this.#within(event, () => router.choose(packet));
      event.chosen = system.vms[vm] ?? null;
      return vm;
    };
    return { choose, ...(router.onLoad && { onLoad: router.onLoad.bind(router) }) };
  }

  // Links.

  #listenToLinks(lines: Lines): void {
    const admit = lines.admit.bind(lines);
    lines.admit = (line, packet) => {
      if (!this.#isFollowed(packet)) {
        this.#within(null, () => admit(line, packet));
        return;
      }
      const before = viewFact(lines.view(line));
      const link = this.#world!.fabric.substrate.linkOf(line);
      const size = this.#packets.size(packet);
      const common = this.#common(packet);
      const event: LinkEvent = {
        what: 'link',
        ...common,
        link,
        size,
        before,
        dropped: false,
        leaves: null,
        arrives: null,
      };
      const place = this.events.length;
      this.#tell(event);
      this.#between = null;
      this.#within(event, () => admit(line, packet), 'link');
      if (this.#endOf(common.packet)?.stage === 'link') event.dropped = true;
      else {
        // Without delay or limit it is somewhere else by now.
        const isThere = this.events.length > place + 1;
        const due = isThere ? common.at : this.#packets.doubles[(packet >> 1) + DUE]!;
        Object.assign(event, { leaves: due - before.latency, arrives: due });
      }
    };
  }

  // Facts.

  get #packets(): PacketPool {
    return this.#world!.packets;
  }

  get #kernel(): Kernel {
    return this.#world!.kernel;
  }

  #isFollowed(packet: PacketId): boolean {
    return this.#world !== null && this.#followed.has(this.#world.packets.id(packet));
  }

  #common(packet: PacketId): { at: Nanos; packet: number } {
    return { at: this.#kernel.now, packet: this.#packets.id(packet) };
  }

  #hop(packet: PacketId): string {
    return this.#world!.system.vms[this.#packets.ints[packet + HOP]!] ?? '';
  }

  #setter(): Setter {
    return this.#entry === null ? BEGINNING : { at: this.#kernel.now, path: this.#entry };
  }

  #tell(event: StoryEvent): void {
    this.events.push(event);
  }

  /** Null while it lives. */
  #endOf(id: number): EndedEvent | null {
    return this.#ends.get(id) ?? null;
  }

  /** Has what is drawn and made meanwhile belong to that event; null: to none that is told. */
  #within<T>(event: Open | null, act: () => T, stage: string | null = null): T {
    const [open, before] = [this.#open, this.#stage];
    if (event === null && open === null && before === null) return act();
    this.#open = event;
    this.#stage = stage;
    try {
      return act();
    } finally {
      this.#open = open;
      this.#stage = before;
    }
  }

  /** What the packet is, when it is seen for the first time. */
  #note(packet: PacketId): void {
    const packets = this.#packets;
    const id = packets.id(packet);
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    const { system } = this.#world!;
    const sender = packets.ints[packet + SENDER]!;
    const double = (column: number): number => packets.doubles[(packet >> 1) + column]!;
    this.#tell({
      what: 'made',
      ...this.#common(packet),
      flow: system.flows[packets.flow(packet)]?.id ?? '',
      seq: packets.seq(packet),
      reverse: packets.has(packet, PacketFlag.reverse),
      kind: KINDS[packets.kind(packet)]!,
      origin: ORIGINS[packets.origin(packet)]!,
      copyOf: double(COPY_OF),
      fragmentOf: double(FRAGMENT_OF),
      size: packets.size(packet),
      offset: packets.offset(packet),
      moreFragments: (packets.ints[packet + FLAGS]! & PacketFlag.moreFragments) !== 0,
      vm: system.vms[sender]!,
      host: system.hosts[system.hostOf[sender]!]!,
      source: system.addressText(packets.source(packet)),
      target: system.addressText(packets.target(packet)),
      sourcePort: packets.sourcePort(packet),
      targetPort: packets.targetPort(packet),
      protocol: packets.protocol(packet),
      ttl: packets.ttl(packet),
      dontFragment: packets.has(packet, PacketFlag.dontFragment),
      ecnCapable: packets.has(packet, PacketFlag.ecnCapable),
    });
  }

  #noteProfile(id: string, before: Profile | undefined, profile: Profile): void {
    const by = this.#setter();
    const history = this.#histories.get(id) ?? { version: 0, by, fields: new Map<string, Setter>() };
    const fields = new Map<string, Setter>();
    for (const [path, value] of Object.entries(profile)) {
      const known = before === undefined ? undefined : history.fields.get(path);
      const isKept = known !== undefined && JSON.stringify(before?.[path]) === JSON.stringify(value);
      fields.set(path, isKept ? known : by);
    }
    this.#histories.set(id, { version: history.version + 1, by, fields });
  }

  #inForce(pipeline: Pipeline): PipelineInForce | undefined {
    return this.#personalities!.pipelines().find((each) => each.pipeline === pipeline);
  }

  #personalityOf(pipeline: Pipeline): PersonalityFact | null {
    const personalities = this.#personalities!;
    const found = this.#inForce(pipeline);
    if (found === undefined) return null;
    const scope = scopeText(found.from);
    const all = personalities.assignmentsOf(found.vm);
    const assignment = all.find(({ from }) => scopeText(from) === scope);
    if (assignment === undefined) return null;
    const owner = assignment.personality;
    const id = found.isEgress ? egressOf(personalities.profile(owner)) : owner;
    if (id === undefined) return null;
    const { version = 1, by = BEGINNING } = this.#histories.get(id) ?? {};
    return {
      id,
      version,
      versionBy: by,
      vm: this.#world!.system.vms[found.vm]!,
      scope,
      assignedBy: this.#assigned.get(`${found.vm} ${scope}`) ?? BEGINNING,
      expires: assignment.expires === NEVER ? null : assignment.expires,
      egressOf: found.isEgress ? owner : null,
      others: all
        .filter((each) => each !== assignment)
        .map(({ from, personality }) => ({ scope: scopeText(from), personality })),
    };
  }

  /** What the stage reads, where it is given or where absence means something. */
  #fieldsOf(pipeline: Pipeline, { params, ...definition }: StageDefinition): FieldFact[] {
    const fact = this.#personalityOf(pipeline);
    if (fact === null) return [];
    const profile = this.#personalities!.profile(fact.id) ?? {};
    const values = fact.egressOf === null ? profile : outward(profile);
    // Stages that do others' work read others' fields.
    const isForOthers = definition.place === 'gate' && definition.replaces !== undefined;
    const read: Params = isForOthers ? { ...params, ...definition.reads } : params;
    const history = this.#histories.get(fact.id);
    return Object.entries(read).flatMap(([path, param]) => {
      // What others' fields mean by default is theirs to say.
      const value = values[path] ?? (path in params ? param.default : undefined);
      if (value === undefined) return [];
      return [
        { path, value, setBy: values[path] === undefined ? null : (history?.fields.get(path) ?? null) },
      ];
    });
  }
}

const LINE_STAGES = stages.filter(({ place }) => place === 'line');

const isDropName = (fate: string): boolean => isDrop(FATES.indexOf(fate as FateName));

const pairKey = (a: string, b: string): string => [a, b].sort().join('\n');

function queueFact(queue: GateQueue): StageEvent['queue'] {
  const { rate, queueBytes, queuePackets } = queue.limits();
  return {
    bytes: queue.backlogBytes(),
    rate,
    queueBytes: bounded(queueBytes),
    queuePackets: bounded(queuePackets),
  };
}

const viewFact = (view: LineView): LineEvent['before'] => ({
  ...view,
  queueBytes: bounded(view.queueBytes),
  queuePackets: bounded(view.queuePackets),
});
