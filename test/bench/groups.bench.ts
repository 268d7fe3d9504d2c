/**
 * What the optional groups cost: packets through one pipeline, with a profile of the seven core fields, with one group more, or with
 * all of them.
 *
 *     node --import tsx test/bench/groups.bench.ts <seven|jitter|loss|duplicate|corrupt|reorder|bandwidth|outage|netem|all|all-GROUP> [packets]
 *
 * Prints one line of JSON.
 */
import { type Actor, createQueue, Kernel, LAST_INSTANT, RandomSource, Rank } from '../../engine/index.ts';
import { ALIVE, FATE_SHIFT, FLAGS, HOP, PacketPool, PORTS, SIZE } from '../../sim/packet.ts';
import { groundFor, Pipeline, type PipelineExit } from '../../sim/personality/pipeline.ts';
import type { Profile } from '../../sim/personality/profile.ts';
import { Xoshiro } from '../support/xoshiro.ts';

const SEVEN: Profile = {
  routingProfile: 'Chaotic',
  mtu: 1500,
  packetLossPercentage: 0.01,
  duplicatePacketPercentage: 0.01,
  bandwidthKbps: 100_000,
  latencyMs: 20,
  jitterMs: 2,
};
const GROUPS: Readonly<Record<string, Profile>> = {
  seven: {},
  jitter: { 'jitter.distribution': 'paretonormal', 'jitter.correlation': 0.25 },
  loss: { 'loss.model': 'gilbertElliott', 'loss.p': 0.005, 'loss.r': 0.3, 'loss.h': 0.2, 'loss.k': 0.999 },
  duplicate: { 'duplicate.correlation': 0.25 },
  corrupt: { 'corrupt.percentage': 0.01, 'corrupt.correlation': 0.25 },
  reorder: {
    'jitter.preserveOrder': false,
    'reorder.percentage': 0.05,
    'reorder.correlation': 0.25,
    'reorder.gap': 3,
  },
  bandwidth: {
    'bandwidth.discipline': 'fqCodel',
    'bandwidth.peakKbps': 200_000,
    'bandwidth.overheadBytes': 38,
  },
  outage: { 'outage.dropEvery': 5000, 'outage.dropFor': 100, 'outage.holdEvery': 3000, 'outage.holdFor': 50 },
  netem: { netemCompat: true, 'jitter.distribution': 'normal' },
};

const [name = 'seven', packetsText = '1000000'] = process.argv.slice(2);
const offered = Number(packetsText);
const { netem, ...groups } = GROUPS;
const left = name.startsWith('all-') ? name.slice(4) : null;
const all = Object.entries(groups).flatMap(([group, fields]) => (group === left ? [] : [fields]));
const extra: Profile = name.startsWith('all') ? Object.assign({}, ...all) : (GROUPS[name] ?? {});
const profile: Profile =
  name === 'netem' ? { ...SEVEN, routingProfile: 'Static', ...netem } : { ...SEVEN, ...extra };

const kernel = new Kernel(createQueue('ladder'));
const packets = new PacketPool();
let ended = 0;
const exit: PipelineExit = {
  leave(packet) {
    exit.drop(packet, 0);
  },
  drop(packet, why) {
    ended++;
    packets.end(packet, why, kernel.now);
    packets.free(packet);
    return false;
  },
  replaced() {},
};
const pipeline = new Pipeline(
  'vm',
  groundFor({
    kernel,
    packets,
    random: new RandomSource('1'),
    surroundings: {
      rebalance() {},
      scatter: () => false,
      answerTooBig() {},
      isIpv6: () => false,
      flowId: () => '',
      dscp: () => 0,
    },
    meter: null,
    exit,
  }),
);
pipeline.configure(profile);

/** Poisson, 8 flows, 80 Mbit/s of 1,000 bytes. */
class Sender implements Actor {
  readonly #gaps = new Xoshiro(1);
  readonly #actor = kernel.enroll(this, Rank.arrival);
  #sent = 0;

  start(): void {
    kernel.at(0, this.#actor, 0);
  }

  onEvent(): void {
    const packet = packets.take();
    const { ints } = packets;
    ints[packet + SIZE] = 1000;
    ints[packet + HOP] = 0;
    ints[packet + PORTS] = (this.#sent & 7) << 16;
    ints[packet + FLAGS] = ALIVE << FATE_SHIFT;
    if (++this.#sent < offered) {
      kernel.at(kernel.now + Math.floor(this.#gaps.exp() * 100_000 + 0.5), this.#actor, 0);
    }
    pipeline.enter(packet);
  }
}

new Sender().start();
const began = performance.now();
kernel.advance(LAST_INSTANT, Infinity);
const seconds = (performance.now() - began) / 1e3;
console.log(
  JSON.stringify({
    sys: `netpersona ${name}`,
    wall: Number(seconds.toFixed(6)),
    pps: Math.round(offered / seconds),
    events: kernel.events,
    ended,
    rssKB: process.resourceUsage().maxRSS,
  }),
);
