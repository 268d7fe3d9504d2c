/** What outlives a run in operation: what its operators have made of personalities and assignments. */
import type { Profile } from '../../sim/index.ts';
import type { AssignmentLeft, Changes } from '../operation/run.ts';

/** What commands have changed with respect to the scenario. What they never touched is absent. */
export interface Kept {
  /** By id, in order of creation; null: deleted. */
  readonly personalities: ReadonlyMap<string, Profile | null>;
  /** By VM: all that it has, and nothing else. */
  readonly assignments: ReadonlyMap<string, readonly AssignmentLeft[]>;
}

export interface Store {
  /** As it was at opening. */
  readonly kept: Kept;
  /**
   * All of it or nothing, in the order of the calls. Resolves when it is on the disk. What could not be written is part of the next
   * write, so that what is kept is always how things once were.
   *
   * @throws {EnvironmentError} when the disk does not take it.
   */
  write(changes: Changes): Promise<void>;
  /**
   * Waits for writes.
   *
   * @throws {EnvironmentError} when something is still not on the disk.
   */
  close(): Promise<void>;
}

export const NOTHING_KEPT: Kept = { personalities: new Map(), assignments: new Map() };
