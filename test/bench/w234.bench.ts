/**
 * W2, W3 and W4: packets through links. One process measures one run.
 *
 *     node --import tsx test/bench/w234.bench.ts <w2|w3|w4> <engine|world> [packets] [rounds] [nodes of w4]
 *
 * `engine`: kernel and pipelines alone. `world`: everything that `netpersona run` does for a packet: managers, header rewrite,
 * verification, IP hosts, flow and VM statistics, digest. The arrivals come from the stream that the peers use too, the
 * impairments from our own. Prints one line of JSON; the last round is the one that counts (1: a cold process).
 */
import { type Actor, createQueue, Kernel, Pause, RandomSource, Rank } from '../../engine/index.ts';
import { ALIVE, FATE_SHIFT, FLAGS, HOP, type PacketId, PacketPool, SIZE } from '../../sim/packet.ts';
import { groundFor, Pipeline, type PipelineExit } from '../../sim/personality/pipeline.ts';
import type { Profile } from '../../sim/personality/profile.ts';
import type { TrafficSpec, WorldSpec } from '../../sim/specs.ts';
import { Fate } from '../../sim/trace.ts';
import type { IpHost } from '../../sim/vm/ip-host.ts';
import { Xoshiro } from '../support/xoshiro.ts';

type Workload = 'w2' | 'w3' | 'w4';

const PROFILES: Readonly<Record<Workload, Profile>> = {
  w2: { latencyMs: 20, packetLossPercentage: 0.01 },
  w3: { latencyMs: 20, bandwidthKbps: 10_000, 'bandwidth.model': 'serialize', 'bandwidth.queuePackets': 100 },
  w4: {
    latencyMs: 10,
    bandwidthKbps: 10_000,
    'bandwidth.model': 'serialize',
    'bandwidth.queuePackets': 100,
    packetLossPercentage: 0.005,
  },
};
const SEED = 1;

const [name = 'w2', level = 'engine', packetsText = '1000000', roundsText = '1', nodesText = '100'] =
  process.argv.slice(2);
const workload = name as Workload;
const offered = Number(packetsText);
const nodes = workload === 'w4' ? Number(nodesText) : 2;
const bytes = workload === 'w4' ? 500 : 1000;
/** W4 ends by time, the others by number. */
const end = workload === 'w4' ? offered * (5e6 / nodes) : Infinity;

interface Tally {
  seconds: number;
  events: number;
  sent: number;
  delivered: number;
  drops: number;
  losses: number;
}

/** One sender for each node, or the first one alone; draws as the peers do, in their order. `send` makes and sends a packet. */
class Sender implements Actor {
  sent = 0;
  readonly #kernel: Kernel;
  readonly #send: (source: number, target: number) => void;
  readonly #actor: number;
  readonly #times = new Xoshiro(SEED);
  readonly #targets = new Xoshiro(SEED + 2000);
  readonly #isStar = workload === 'w4';
  /** Ns between packets: constant in w2, the mean of an exponential law in the others. */
  readonly #constant = workload === 'w2' ? 160_000 : 0;
  readonly #mean = workload === 'w3' ? (8000 / 12e6) * 1e9 : 5e6;
  readonly #most = workload === 'w4' ? Infinity : offered;
  readonly #others = nodes - 1;

  constructor(kernel: Kernel, send: (source: number, target: number) => void) {
    this.#kernel = kernel;
    this.#send = send;
    this.#actor = kernel.enroll(this, Rank.arrival);
    const senders = this.#isStar ? nodes : 1;
    for (let source = 0; source < senders; source++) {
      kernel.at(workload === 'w2' ? 0 : this.#gap(), this.#actor, 0, source);
    }
  }

  onEvent(_kind: number, source: number): void {
    let target = 1;
    if (this.#isStar) {
      target = this.#targets.below(this.#others);
      if (target >= source) target++;
    }
    this.sent++;
    this.#send(source, target);
    const next = this.#kernel.now + this.#gap();
    if (next < end && this.sent < this.#most) this.#kernel.at(next, this.#actor, 0, source);
  }

  #gap(): number {
    return this.#constant || Math.floor(this.#times.exp() * this.#mean + 0.5);
  }
}

function engine(): Tally {
  const kernel = new Kernel(createQueue('ladder'));
  const packets = new PacketPool();
  const random = new RandomSource(String(SEED));
  const fates = new Float64Array(32);
  const exit: PipelineExit = {
    leave(packet: PacketId): void {
      exit.drop(packet, Fate.delivered);
    },
    drop(packet: PacketId, why: Fate): false {
      fates[why]!++;
      packets.end(packet, why, kernel.now);
      packets.free(packet);
      return false;
    },
    replaced() {},
  };
  const surroundings = {
    rebalance() {},
    scatter: () => false,
    answerTooBig() {},
    isIpv6: () => false,
    flowId: () => '',
    dscp: () => 0,
  };
  const ground = groundFor({ kernel, packets, random, surroundings, meter: null, exit });
  const pipelines: Pipeline[] = [];
  for (let node = 0; node < nodes; node++) {
    const pipeline = new Pipeline(`vm${node}`, ground);
    pipeline.configure(PROFILES[workload]);
    pipelines.push(pipeline);
  }
  const sender = new Sender(kernel, (_source, target) => {
    const packet = packets.take();
    packets.ints[packet + SIZE] = bytes;
    packets.ints[packet + HOP] = target;
    packets.ints[packet + FLAGS] = ALIVE << FATE_SHIFT;
    pipelines[target]!.enter(packet);
  });
  const began = performance.now();
  while (kernel.advance(2 ** 50, 1_000_000) === Pause.budget);
  const seconds = (performance.now() - began) / 1e3;
  return tally(seconds, kernel.events, sender.sent, fates);
}

async function world(): Promise<Tally> {
  // Only here: the engine alone should not pay for the memory of what it does not use.
  const { RunReport } = await import('../../reports/index.ts');
  const { World } = await import('../../sim/index.ts');
  const spec = worldSpec();
  const until = workload === 'w4' ? end + 2e9 : 2 ** 50;
  const model = new World(spec, { until, interval: 1e9 });
  const { kernel, fabric } = model;
  const report = new RunReport({
    names: model.names,
    expectations: [],
    pools: model.system.pools,
    links: () => model.links(),
    packets: false,
  });
  model.attach(report);
  const fates = new Float64Array(32);
  model.attach({
    ended({ length, packets, ints }) {
      for (let i = 0; i < length; i++) fates[ints[packets[i]! + FLAGS]! >>> FATE_SHIFT]!++;
    },
  });
  const hosts: readonly IpHost[] = fabric.vms;
  const addresses = model.system.primaryAddress;
  const ports = hosts.map((host) => (host.bindEphemeral({ onPacket() {} }) << 16) | 9000);
  const numbers = new Float64Array(nodes);
  let stopAt = Infinity;
  const sender = new Sender(kernel, (source, target) => {
    const host = hosts[source]!;
    const seq = numbers[source]!++;
    host.send(host.datagram(0, seq, addresses[source]!, addresses[target]!, ports[source]!, bytes, 0, 64));
    if (workload !== 'w4' && sender.sent === offered) stopAt = kernel.now + 2e9;
  });
  const began = performance.now();
  await model.run(() => {
    if (kernel.now >= stopAt || kernel.pending === 0) model.stop();
  });
  report.finish({
    name: workload,
    seed: String(SEED),
    version: 'bench',
    partial: false,
    duration: kernel.now,
    born: model.packets.born,
  });
  const seconds = (performance.now() - began) / 1e3;
  return tally(seconds, kernel.events, sender.sent, fates);
}

function worldSpec(): WorldSpec {
  const ids = Array.from({ length: nodes }, (_, node) => `vm${node}`);
  const traffic: TrafficSpec = {
    id: 'stream',
    kind: 'cbr',
    from: ['vm0'],
    to: workload === 'w4' ? { anyOf: ids } : { vm: 'vm1' },
    fromText: workload === 'w4' ? 'all' : 'vm0',
    toText: workload === 'w4' ? 'all' : 'vm1',
    start: 0,
    stop: Infinity,
    count: Infinity,
    port: 9000,
    df: false,
    ecn: false,
    dscp: 0,
    // The senders of this bench take its place; it lends them the flow and the open port.
    autostart: false,
    ttl: 64,
    interval: 160_000,
    packetSize: bytes,
  };
  return {
    seed: String(SEED),
    networks: [{ id: 'net', subnet: '10.0.0.0/8', routes: [] }],
    hosts: ['host'],
    links: [],
    mesh: true,
    vms: ids.map((id, node) => ({
      id,
      host: 'host',
      interfaces: [{ network: 'net', ip: `10.0.${(node + 1) >> 8}.${(node + 1) & 255}` }],
      forwards: false,
      power: true,
    })),
    pools: [],
    personalities: { link: PROFILES[workload] },
    assignments: (workload === 'w4' ? ids : ['vm1']).map((vm) => ({ vm, personality: 'link' })),
    traffic: [traffic],
    timeline: [],
  };
}

function tally(seconds: number, events: number, sent: number, fates: Float64Array): Tally {
  const of = (fate: Fate): number => fates[fate]!;
  return {
    seconds,
    events,
    sent,
    delivered: of(Fate.delivered),
    drops: of(Fate.queue),
    losses: of(Fate.loss),
  };
}

let last: Tally | undefined;
for (let round = 0; round < Number(roundsText); round++) last = level === 'engine' ? engine() : await world();
if (last !== undefined) {
  console.log(
    JSON.stringify({
      w: workload,
      sys: `netpersona ${level}`,
      wall: Number(last.seconds.toFixed(6)),
      pps: Math.round(last.sent / last.seconds),
      events: last.events,
      eps: Math.round(last.events / last.seconds),
      sent: last.sent,
      delivered: last.delivered,
      drops: last.drops,
      losses: last.losses,
      rssKB: process.resourceUsage().maxRSS,
    }),
  );
}
