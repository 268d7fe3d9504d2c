/** What the thread of the simulation and the others say to each other. Everything can be cloned; many go together. */
import type { Scenario } from '../../scenarios/index.ts';
import type { Beginning } from './control-state.ts';
import type { Blueprint, Clock, Run, RunEvent, Speed } from './run.ts';

/** What the thread is started with. */
export interface ThreadData {
  readonly scenario: Scenario;
  /** What paths of programs are relative to. */
  readonly folder: string;
  readonly speed: Speed;
  readonly paused: boolean;
  readonly isOpenEnded: boolean;
  /** What a reset goes back to; default: how the scenario begins. */
  readonly beginning?: Beginning;
  readonly figuresMs?: number;
}

/** What can be asked. */
export type Method = Exclude<keyof Run, 'blueprint' | 'subscribe'>;

export interface Question {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

export type ThreadMessage =
  | { readonly type: 'ready'; readonly blueprint: Blueprint }
  /** It cannot begin, and whose turn it is. */
  | { readonly type: 'refused'; readonly name: string; readonly message: string }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly message: string }
  | { readonly type: 'event'; readonly event: RunEvent }
  /** How it was when it ended. */
  | { readonly type: 'over'; readonly clock: Clock };
