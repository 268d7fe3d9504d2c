/** Groups of VMs that cannot reach each other for a while: what crosses is dropped, or waits for the healing. */
import type { Ledger } from './ledger.ts';
import type { PacketId } from './packet.ts';
import type { VmIndex } from './system-manager.ts';
import { Fate } from './trace.ts';

interface Partition {
  readonly id: string;
  readonly between: ReadonlySet<VmIndex>;
  readonly and: ReadonlySet<VmIndex>;
  readonly oneWay: boolean;
  /** Packets that wait, in order; null where they are dropped. */
  readonly held: PacketId[] | null;
}

export class Partitions {
  any = false;
  readonly #active: Partition[] = [];
  readonly #begun = new Set<string>();
  readonly #ledger: Ledger;
  readonly #release: (packet: PacketId) => void;

  /** `release` takes a held packet on. */
  constructor(ledger: Ledger, release: (packet: PacketId) => void) {
    this.#ledger = ledger;
    this.#release = release;
  }

  /** `oneWay`: only packets from `between` to `and` are stopped. A partition of the same id is healed first. */
  begin(
    id: string,
    between: readonly VmIndex[],
    and: readonly VmIndex[],
    oneWay: boolean,
    hold: boolean,
  ): void {
    this.heal(id);
    this.#begun.add(id);
    this.#active.push({ id, between: new Set(between), and: new Set(and), oneWay, held: hold ? [] : null });
    this.any = true;
  }

  /** Ends the partition of that id, or all of them; says how many ended. What it held goes on now, in order. */
  heal(id?: string): number {
    const healed = this.#active.filter((partition) => id === undefined || partition.id === id);
    for (const partition of healed) this.#active.splice(this.#active.indexOf(partition), 1);
    this.any = this.#active.length > 0;
    for (const partition of healed) for (const packet of partition.held ?? []) this.#release(packet);
    return healed.length;
  }

  /** Whether there has ever been one of that id. */
  hasBegun(id: string): boolean {
    return this.#begun.has(id);
  }

  /** Those in force, in the order in which they began. */
  ids(): string[] {
    return this.#active.map(({ id }) => id);
  }

  /** True when a partition has taken the packet over. */
  stops(packet: PacketId, from: VmIndex, to: VmIndex): boolean {
    for (const partition of this.#active) {
      const across =
        (partition.between.has(from) && partition.and.has(to)) ||
        (!partition.oneWay && partition.and.has(from) && partition.between.has(to));
      if (!across) continue;
      if (partition.held === null) this.#ledger.end(packet, Fate.linkDown);
      else partition.held.push(packet);
      return true;
    }
    return false;
  }
}
