/** The catalogue: every stage, in the order in which a packet meets them. */
import type { StageDefinition } from '../stage.ts';
import { bandwidth } from './bandwidth.ts';
import { corrupt } from './corrupt.ts';
import { delay } from './delay.ts';
import { disorder } from './disorder.ts';
import { duplicate } from './duplicate.ts';
import { loss } from './loss.ts';
import { mtu } from './mtu.ts';
import { netem } from './netem.ts';
import { outage } from './outage.ts';
import { queue } from './queue.ts';
import { routing } from './routing.ts';

export const stages: readonly StageDefinition[] = [
  routing,
  mtu,
  netem,
  loss,
  duplicate,
  corrupt,
  outage,
  queue,
  bandwidth,
  delay,
  disorder,
];
