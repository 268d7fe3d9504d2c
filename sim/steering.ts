/** The routers of a world: one per pool and per route, and the loads that they look at. */
import type { Kernel, Nanos, RandomSource } from '../engine/index.ts';
import { FROM, HOP, PATH, type PacketId, type PacketPool, SIZE, TARGET, VIA_POOL } from './packet.ts';
import type { LineMeter } from './personality/line.ts';
import type { PersonalityManager } from './personality-manager.ts';
import { createRouter, DynamicRouter, type Router, type RouterView } from './routing/index.ts';
import { type NetworkIndex, NOBODY, type SystemManager, type VmIndex } from './system-manager.ts';

/** A route's router has no settings of its own: those that a personality has by default. */
const ROUTE_WINDOW: Nanos = 100_000_000;
const ROUTE_HYSTERESIS = 0.1;
const ROUTE_CHAOS = 0.01;

export interface SteeringGround {
  readonly kernel: Kernel;
  readonly packets: PacketPool;
  readonly random: RandomSource;
  readonly system: SystemManager;
  /** Asked late: the pipelines are built on top of this. */
  readonly personalities: () => PersonalityManager;
}

export class Steering implements LineMeter, RouterView {
  /** Null when no load matters to anybody. */
  readonly meter: LineMeter | null;
  readonly #ground: SteeringGround;
  readonly #ofPool: readonly Router[];
  readonly #ofRoute: readonly (readonly Router[])[];
  /** By pool: the router for members whose personality is Dynamic. */
  readonly #rebalancers: (DynamicRouter | undefined)[] = [];
  /** By VM: the routers that watch its load. */
  readonly #watchers: Router[][];

  constructor(ground: SteeringGround) {
    this.#ground = ground;
    const { system } = ground;
    this.#watchers = system.vms.map(() => []);
    this.#ofPool = system.pools.map((pool, index) =>
      this.#watched(
        createRouter(
          {
            profile: pool.spec.routingProfile,
            name: `pool/${system.networks[pool.network]!.id}/${pool.spec.address}`,
            candidates: pool.members,
            window: pool.spec.loadWindow,
            hysteresis: pool.spec.hysteresis,
            chaosProbability: pool.spec.chaosProbability,
          },
          this,
          ground,
        ),
        pool.members,
        index,
      ),
    );
    this.#ofRoute = system.networks.map((network) =>
      network.routes.map((route) =>
        this.#watched(
          createRouter(
            {
              profile: route.spec.routingProfile,
              name: `route/${network.id}/${route.spec.to}`,
              candidates: route.via,
              window: ROUTE_WINDOW,
              hysteresis: ROUTE_HYSTERESIS,
              chaosProbability: ROUTE_CHAOS,
            },
            this,
            ground,
          ),
          route.via,
        ),
      ),
    );
    // A pool member may be given a Dynamic personality at any time, so loads count wherever there are pools.
    this.meter = this.#watchers.some((routers) => routers.length > 0) ? this : null;
  }

  ofPool(pool: number): Router {
    return this.#ofPool[pool]!;
  }

  ofRoute(network: NetworkIndex, route: number): Router {
    return this.#ofRoute[network]![route]!;
  }

  /** Profile Dynamic of a personality: another member of the first pool that holds the packet's VM, if that is less loaded. */
  rebalance(packet: PacketId, window: Nanos, hysteresis: number): void {
    const { packets, system } = this.#ground;
    const vm = packets.ints[packet + HOP]!;
    const pool = system.poolsOf(vm)[0];
    if (pool === undefined) return;
    const router = this.#rebalancers[pool]!;
    router.tune(window, hysteresis);
    const chosen = router.choose(packet, vm);
    if (chosen === NOBODY || chosen === vm) return;
    const { address, network } = system.pools[pool]!;
    packets.ints[packet + VIA_POOL] = address;
    this.#redirect(packet, chosen, system.addressIn(chosen, network));
  }

  /** Profile Chaotic: a random valid address of the destination's network. Says whether the packet moved. */
  scatter(packet: PacketId, draw: number, scope: 'assigned' | 'subnet'): boolean {
    const { packets, system } = this.#ground;
    const network = system.network[packets.ints[packet + TARGET]!]!;
    const sender = system.addressIn(packets.ints[packet + FROM]!, network);
    const target = system.randomAddress(network, draw, scope, sender);
    if (target === NOBODY || target === packets.ints[packet + TARGET]) return false;
    // Who gets it now answers for itself, not for the pool that it came through.
    packets.ints[packet + VIA_POOL] = NOBODY;
    this.#redirect(packet, system.owner[target]!, target);
    return true;
  }

  accepted(packet: PacketId): void {
    const { packets } = this.#ground;
    const vm = packets.ints[packet + HOP]!;
    if (vm < 0) return;
    const bits = packets.ints[packet + SIZE]! * 8;
    for (const router of this.#watchers[vm]!) router.onLoad?.(vm, bits);
  }

  isAlive(vm: VmIndex): boolean {
    return this.#ground.system.isUp[vm] === 1;
  }

  backlogBytes(vm: VmIndex): number {
    let bytes = 0;
    for (const pipeline of this.#ground.personalities().pipelinesOf(vm)) bytes += pipeline.backlogBytes();
    return bytes;
  }

  rate(vm: VmIndex): number {
    // Packets from everybody decide; a VM with limited assignments only counts as their fastest.
    let rate = 0;
    for (const pipeline of this.#ground.personalities().pipelinesOf(vm)) {
      rate = Math.max(rate, pipeline.limits().rate);
    }
    return rate;
  }

  #redirect(packet: PacketId, vm: VmIndex, target: number): void {
    const { packets, system } = this.#ground;
    packets.ints[packet + TARGET] = target;
    packets.ints[packet + HOP] = vm;
    packets.ints[packet + PATH] = system.pathInstead(packets.ints[packet + PATH]!, vm);
  }

  #watched(router: Router, candidates: Int32Array, pool?: number): Router {
    const watchers: Router[] = router.onLoad === undefined ? [] : [router];
    if (pool !== undefined) {
      const { kernel, packets } = this.#ground;
      const rebalancer =
        router instanceof DynamicRouter
          ? router
          : new DynamicRouter(candidates, this, kernel, packets, ROUTE_WINDOW, ROUTE_HYSTERESIS);
      this.#rebalancers[pool] = rebalancer;
      if (rebalancer !== router) watchers.push(rebalancer);
    }
    for (const vm of candidates) this.#watchers[vm]!.push(...watchers);
    return router;
  }
}
