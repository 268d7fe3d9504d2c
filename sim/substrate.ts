/** The physical network between hosts: serializing links, shortest paths over them, and links that fail. */
import type { Kernel, RandomSource } from '../engine/index.ts';
import { invariant, NEVER } from '../engine/index.ts';
import { OUTER, type PacketId, type PacketPool, SIZE } from './packet.ts';
import { Delays } from './personality/delays.ts';
import { type Line, type LineExit, type LineId, Lines } from './personality/line.ts';
import type { LinkSpec, WorldSpec } from './specs.ts';
import type { HostIndex, SystemManager } from './system-manager.ts';
import { Fate } from './trace.ts';

/** Where the substrate hands packets over. */
export interface SubstrateExit {
  /** The packet has come to the host in its substrate header. */
  arrive(packet: PacketId, host: HostIndex): void;
  drop(packet: PacketId, why: Fate): false;
}

/** What a link did, for reports. One entry a direction. */
export interface LinkFigures {
  readonly id: string;
  readonly packets: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly backlogBytes: number;
  readonly backlogPeakBytes: number;
  /** bit/s; Infinity for no limit. */
  readonly rate: number;
}

/** The same for those who look in between. */
export type LinkLoad = Omit<LinkFigures, 'backlogBytes' | 'backlogPeakBytes'> & { readonly up: boolean };

/** How much may wait at a VM's bandwidth stage or at a link. */
export interface QueueLimit {
  /** A VM's id, with whom it is limited to; or `host>host`. */
  readonly at: string;
  readonly bytes: number | null;
  readonly packets: number | null;
}

/** Every direction is its own line's exit. */
const NOWHERE: LineExit = {
  leave: () => invariant(false, 'a link without an end'),
  drop: () => false,
};

/** One direction of a link. */
class Direction implements LineExit {
  readonly id: string;
  readonly to: HostIndex;
  readonly spec: LinkSpec;
  readonly line: Line;
  isUp = true;
  packets = 0;
  bytes = 0;
  dropped = 0;
  readonly #substrate: Substrate;
  readonly #pool: PacketPool;

  constructor(
    id: string,
    to: HostIndex,
    spec: LinkSpec,
    substrate: Substrate,
    lines: Lines,
    pool: PacketPool,
    random: RandomSource,
  ) {
    this.id = id;
    this.to = to;
    this.spec = spec;
    this.#substrate = substrate;
    this.#pool = pool;
    this.line = lines.open(new Delays(random.stream(`link/${id}`)), false);
    this.line.exitTo(this);
    if (spec.bandwidth < Infinity) {
      this.line.configureBandwidth({
        model: 'serialize',
        rate: spec.bandwidth,
        burstBytes: 0,
        queueBytes: Infinity,
        queuePackets: spec.queuePackets,
      });
    }
    this.line.configureDelay({ latency: spec.latency, jitter: 0 });
  }

  set(up: boolean): void {
    // What is on a link when it fails is lost with it.
    if (this.isUp && !up) this.line.clear(Fate.linkDown);
    this.isUp = up;
  }

  leave(packet: PacketId): void {
    this.packets++;
    this.bytes += this.#pool.ints[packet + SIZE]!;
    this.#substrate.forward(packet, this.to);
  }

  drop(packet: PacketId, why: Fate): false {
    this.dropped++;
    return this.#substrate.drop(packet, why);
  }
}

export class Substrate {
  /** True when every host reaches every other at once: there are no links, and a mesh. */
  readonly isIdeal: boolean;
  /** Of both directions of every link. */
  readonly lines: Lines;
  readonly #mesh: boolean;
  readonly #hosts: number;
  readonly #packets: PacketPool;
  readonly #exit: SubstrateExit;
  readonly #directions: Direction[] = [];
  /** By from * hosts + to. */
  readonly #between = new Map<number, Direction>();
  readonly #from: Direction[][];
  /** Without a mesh, by destination: the direction to take at each host. Made when first asked for, gone when a link changes. */
  #towards = new Map<HostIndex, (Direction | undefined)[]>();

  constructor(
    spec: WorldSpec,
    system: SystemManager,
    ground: { readonly kernel: Kernel; readonly packets: PacketPool; readonly random: RandomSource },
    exit: SubstrateExit,
  ) {
    this.#mesh = spec.mesh;
    this.isIdeal = spec.mesh && spec.links.length === 0;
    this.#hosts = system.hosts.length;
    this.#packets = ground.packets;
    this.#exit = exit;
    this.#from = system.hosts.map(() => []);
    const lines = new Lines(ground.kernel, ground.packets, NOWHERE, null);
    this.lines = lines;
    for (const link of spec.links) {
      const [a, b] = link.between;
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        const start = system.hostIndex(from);
        const end = system.hostIndex(to);
        const direction = new Direction(
          `${from}>${to}`,
          end,
          link,
          this,
          lines,
          ground.packets,
          ground.random,
        );
        this.#directions.push(direction);
        this.#between.set(start * this.#hosts + end, direction);
        this.#from[start]!.push(direction);
      }
    }
  }

  /** Takes a packet with a substrate header at one host towards the target host. */
  forward(packet: PacketId, at: HostIndex): void {
    const target = this.#packets.ints[packet + OUTER]! & 0xffff;
    if (at === target) {
      this.#exit.arrive(packet, at);
      return;
    }
    if (this.isIdeal) {
      this.#exit.arrive(packet, target);
      return;
    }
    const direction = this.#mesh ? this.#between.get(at * this.#hosts + target) : this.#next(at, target);
    if (direction !== undefined) {
      if (direction.isUp) direction.line.admit(packet);
      else direction.drop(packet, Fate.linkDown);
      return;
    }
    if (this.#mesh) this.#exit.arrive(packet, target);
    else this.drop(packet, this.#isJoined(at, target) ? Fate.linkDown : Fate.noRoute);
  }

  drop(packet: PacketId, why: Fate): false {
    return this.#exit.drop(packet, why);
  }

  /** Both directions. Paths are found anew. */
  setLink(a: HostIndex, b: HostIndex, up: boolean): void {
    for (const key of [a * this.#hosts + b, b * this.#hosts + a]) {
      this.#between.get(key)?.set(up);
    }
    this.#towards = new Map();
  }

  /** Whose line that is: `eu>us`. */
  linkOf(line: LineId): string {
    return this.#directions.find((direction) => direction.line.id === line)?.id ?? '';
  }

  hasLink(a: HostIndex, b: HostIndex): boolean {
    return this.#between.has(a * this.#hosts + b);
  }

  /** How many packets may wait for each direction of each link; null for no limit. */
  queues(): QueueLimit[] {
    return this.#directions
      .filter(({ spec }) => spec.bandwidth < Infinity)
      .map(({ id, spec }) => ({
        at: id,
        bytes: null,
        packets: spec.queuePackets === Infinity ? null : spec.queuePackets,
      }));
  }

  /** What each direction has carried so far. Takes nothing away from {@link figures}. */
  loads(): LinkLoad[] {
    return this.#directions.map(({ id, packets, bytes, dropped, spec, isUp }) => ({
      id,
      packets,
      bytes,
      dropped,
      rate: spec.bandwidth,
      up: isUp,
    }));
  }

  figures(): LinkFigures[] {
    return this.#directions.map((direction) => ({
      id: direction.id,
      packets: direction.packets,
      bytes: direction.bytes,
      dropped: direction.dropped,
      backlogBytes: direction.line.backlogBytes(),
      backlogPeakBytes: direction.line.takeBacklogPeak(),
      rate: direction.spec.bandwidth,
    }));
  }

  #next(at: HostIndex, target: HostIndex): Direction | undefined {
    let tree = this.#towards.get(target);
    if (tree === undefined) {
      tree = this.#shortest(target, false);
      this.#towards.set(target, tree);
    }
    return tree[at];
  }

  /** Would there be a path if every link were up? */
  #isJoined(at: HostIndex, target: HostIndex): boolean {
    return this.#shortest(target, true)[at] !== undefined;
  }

  /** Dijkstra by latency towards one host; among equals fewer hops, then the lower host number. */
  #shortest(target: HostIndex, evenDown: boolean): (Direction | undefined)[] {
    const distance = new Float64Array(this.#hosts).fill(NEVER);
    const hops = new Int32Array(this.#hosts);
    const next: (Direction | undefined)[] = [];
    const done = new Uint8Array(this.#hosts);
    distance[target] = 0;
    for (;;) {
      let nearest = -1;
      for (let host = 0; host < this.#hosts; host++) {
        if (done[host] === 1 || distance[host] === NEVER) continue;
        if (nearest < 0 || distance[host]! < distance[nearest]!) nearest = host;
      }
      if (nearest < 0) return next;
      done[nearest] = 1;
      for (const back of this.#from[nearest]!) {
        const host = back.to;
        const direction = this.#between.get(host * this.#hosts + nearest)!;
        if (done[host] === 1 || !(direction.isUp || evenDown)) continue;
        const through = distance[nearest]! + direction.spec.latency;
        const isShorter =
          through < distance[host]! || (through === distance[host]! && hops[nearest]! + 1 < hops[host]!);
        if (!isShorter) continue;
        distance[host] = through;
        hops[host] = hops[nearest]! + 1;
        next[host] = direction;
      }
    }
  }
}
