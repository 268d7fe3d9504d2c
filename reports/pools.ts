/** How the packets to each pool's address were shared among its members. Does not choose. */
import type { Nanos } from '../engine/index.ts';
import {
  ADDRESSED,
  type EndedPackets,
  FATE_SHIFT,
  Fate,
  FLAGS,
  HOP,
  type Names,
  SIZE,
  type TraceSink,
} from '../sim/index.ts';

/** A pool as the system manager has it: the id of its address, and its members' numbers in order. */
export interface PoolInfo {
  readonly spec: { readonly address: string; readonly network: string };
  readonly address: number;
  readonly members: Iterable<number>;
}

/** Packets that were sent to the pool's address. */
export interface PoolFigures {
  readonly address: string;
  readonly network: string;
  /** Delivered bits over the run's duration, bit/s; null for a run of no time. */
  readonly throughput: number | null;
  readonly delivered: number;
  readonly dropped: number;
  /** In the pool's order. `share`: its part of what was delivered, null when nothing was. */
  readonly members: readonly {
    readonly vm: string;
    readonly delivered: number;
    readonly share: number | null;
  }[];
}

const NO_POOL = -1;

export class PoolSink implements TraceSink {
  readonly #names: Names;
  readonly #pools: readonly PoolInfo[];
  /** By address id: the pool. Longer than any pool's id, so what lies beyond is none. */
  readonly #poolAt: Int32Array;
  readonly #bytes: Float64Array;
  readonly #dropped: Float64Array;
  /** By pool and VM. */
  readonly #delivered: Float64Array;

  constructor(names: Names, pools: readonly PoolInfo[]) {
    this.#names = names;
    this.#pools = pools;
    this.#poolAt = new Int32Array(Math.max(0, ...pools.map(({ address }) => address + 1))).fill(NO_POOL);
    pools.forEach(({ address }, pool) => {
      this.#poolAt[address] = pool;
    });
    this.#bytes = new Float64Array(pools.length);
    this.#dropped = new Float64Array(pools.length);
    this.#delivered = new Float64Array(pools.length * names.vms.length);
  }

  ended({ length, packets, ints }: EndedPackets): void {
    const poolAt = this.#poolAt;
    const vms = this.#names.vms.length;
    for (let i = 0; i < length; i++) {
      const packet = packets[i]!;
      const target = ints[packet + ADDRESSED]!;
      if (target < 0 || target >= poolAt.length) continue;
      const pool = poolAt[target]!;
      if (pool === NO_POOL) continue;
      const fate = ints[packet + FLAGS]! >>> FATE_SHIFT;
      if (fate === Fate.delivered) {
        this.#bytes[pool]! += ints[packet + SIZE]!;
        this.#delivered[pool * vms + ints[packet + HOP]!]! += 1;
      } else if (fate <= Fate.noListener) {
        this.#dropped[pool]! += 1;
      }
    }
  }

  figures(duration: Nanos): PoolFigures[] {
    const vms = this.#names.vms.length;
    return this.#pools.map(({ spec: { address, network }, members }, pool) => {
      const all = this.#delivered.subarray(pool * vms, (pool + 1) * vms).reduce((a, b) => a + b, 0);
      return {
        address,
        network,
        throughput: duration > 0 ? Math.round((this.#bytes[pool]! * 8e9) / duration) : null,
        delivered: all,
        dropped: this.#dropped[pool]!,
        members: Array.from(members, (vm) => {
          const delivered = this.#delivered[pool * vms + vm]!;
          return { vm: this.#names.vms[vm] ?? '', delivered, share: all > 0 ? delivered / all : null };
        }),
      };
    });
  }
}
