/** Many packets through a small network: for promises that take more than one VM. */
import { type Nanos, seconds } from '../../engine/index.ts';
import type { PacketId } from '../../sim/packet.ts';
import { PacketFlag } from '../../sim/packet.ts';
import type { WorldSpec } from '../../sim/specs.ts';
import type { EndedPackets } from '../../sim/trace.ts';
import { World } from '../../sim/world.ts';
import { worldSpec } from '../support/world.ts';

/** Runs it and shows every packet of a flow that ended, answers excepted, in the order in which they ended. */
export async function watch(
  parts: Partial<WorldSpec>,
  until: Nanos,
  onEnd: (world: World, packet: PacketId, chunk: EndedPackets) => void,
): Promise<void> {
  const world = new World(worldSpec({ seed: 'calibration', ...parts }), {
    until,
    interval: seconds(1000),
    queue: 'ladder',
    programs: new Map(),
  });
  world.attach({
    ended(chunk) {
      for (let i = 0; i < chunk.length; i++) {
        const packet = chunk.packets[i]!;
        if (!world.packets.has(packet, PacketFlag.reverse)) onEnd(world, packet, chunk);
      }
    },
    sample() {},
    command() {},
  });
  await world.run();
}
