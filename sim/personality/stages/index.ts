/** The catalogue: every stage, in the order in which a packet meets them. */
import type { StageDefinition } from '../stage.ts';
import { bandwidth } from './bandwidth.ts';
import { delay } from './delay.ts';
import { duplicate } from './duplicate.ts';
import { loss } from './loss.ts';
import { mtu } from './mtu.ts';
import { routing } from './routing.ts';

export const stages: readonly StageDefinition[] = [routing, mtu, loss, duplicate, bandwidth, delay];
