/** The catalogue: how one of several candidates is chosen. */
import type { Kernel, Nanos, RandomSource } from '../../engine/index.ts';
import type { PacketPool } from '../packet.ts';
import type { RoutingProfile } from '../specs.ts';
import { ChaoticRouter } from './chaotic.ts';
import { DynamicRouter } from './dynamic.ts';
import type { Router, RouterView } from './router.ts';
import { StaticRouter } from './static.ts';

export { DynamicRouter, FLOW_IDLE } from './dynamic.ts';
export type { Router, RouterView } from './router.ts';

export interface RouterSettings {
  readonly profile: RoutingProfile;
  /** Names the router's random stream. */
  readonly name: string;
  readonly candidates: Int32Array;
  readonly window: Nanos;
  readonly hysteresis: number;
  readonly chaosProbability: number;
}

export function createRouter(
  settings: RouterSettings,
  view: RouterView,
  ground: { readonly kernel: Kernel; readonly packets: PacketPool; readonly random: RandomSource },
): Router {
  const { candidates } = settings;
  switch (settings.profile) {
    case 'Static':
      return new StaticRouter(candidates, view);
    case 'Dynamic':
      return new DynamicRouter(
        candidates,
        view,
        ground.kernel,
        ground.packets,
        settings.window,
        settings.hysteresis,
      );
    case 'Chaotic':
      return new ChaoticRouter(
        candidates,
        view,
        ground.random.stream(settings.name),
        settings.chaosProbability,
      );
  }
}
