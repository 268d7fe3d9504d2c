/** The catalogue: every queue discipline. */
import { ared } from './ared.ts';
import { codel } from './codel.ts';
import type { DisciplineDefinition } from './discipline.ts';
import { drophead } from './drophead.ts';
import { droptail } from './droptail.ts';
import { drr } from './drr.ts';
import { fqCodel } from './fq-codel.ts';
import { pie } from './pie.ts';
import { prio } from './prio.ts';
import { red } from './red.ts';

export const disciplines: readonly DisciplineDefinition[] = [
  droptail,
  drophead,
  red,
  ared,
  codel,
  fqCodel,
  pie,
  prio,
  drr,
];
