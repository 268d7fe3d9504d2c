/** What the parts of one world share. Each part takes from here what it needs; only `world.ts` puts it together. */
import type { Kernel, Programs, RandomSource } from '../engine/index.ts';
import type { CommunicationManager } from './communication-manager.ts';
import type { Ledger } from './ledger.ts';
import type { PacketPool } from './packet.ts';
import type { Partitions } from './partitions.ts';
import type { PersonalityManager } from './personality-manager.ts';
import type { Steering } from './steering.ts';
import type { Substrate } from './substrate.ts';
import type { SystemManager } from './system-manager.ts';
import type { IpHost } from './vm/ip-host.ts';

export interface Fabric {
  readonly kernel: Kernel;
  readonly random: RandomSource;
  readonly packets: PacketPool;
  readonly ledger: Ledger;
  readonly system: SystemManager;
  readonly personalities: PersonalityManager;
  readonly partitions: Partitions;
  readonly steering: Steering;
  readonly substrate: Substrate;
  /** One per physical host. */
  readonly managers: readonly CommunicationManager[];
  readonly programs: Programs;
  /** The IP host of each VM. */
  readonly vms: readonly IpHost[];
}
