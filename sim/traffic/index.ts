/** The catalogue of traffic kinds. */
import type { TrafficKind } from '../specs.ts';
import { cbr } from './cbr.ts';
import type { TrafficDefinition } from './definition.ts';
import { file } from './file.ts';
import { flood } from './flood.ts';
import { capture, list } from './list.ts';
import { onOff } from './on-off.ts';
import { ping } from './ping.ts';
import { poisson } from './poisson.ts';
import { program } from './program.ts';
import { request } from './request.ts';
import { scan } from './scan.ts';
import { spoof } from './spoof.ts';

export const trafficKinds: Readonly<Record<TrafficKind, TrafficDefinition>> = {
  cbr,
  poisson,
  onOff,
  ping,
  request,
  file,
  list,
  capture,
  program,
  spoof,
  flood,
  scan,
};
