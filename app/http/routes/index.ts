/** Every call of the API, by resource. */
import type { Route } from '../route.ts';
import { clockRoutes } from './clock.ts';
import { commandRoutes } from './commands.ts';
import { personalityRoutes } from './personalities.ts';
import { presetRoutes } from './presets.ts';
import { runRoutes } from './run.ts';
import { serviceRoutes } from './service.ts';
import { vmRoutes } from './vms.ts';

export const ROUTES: readonly Route[] = [
  ...runRoutes,
  ...clockRoutes,
  ...vmRoutes,
  ...personalityRoutes,
  ...presetRoutes,
  ...commandRoutes,
  ...serviceRoutes,
];
