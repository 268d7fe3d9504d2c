/** What personalities will mean, before anything runs. */
import type { Profile } from '../../sim/index.ts';
import { type PreflightFigures, preflight } from './figures.ts';
import { sentence, warnings } from './words.ts';

export interface PreflightReport {
  readonly figures: PreflightFigures;
  /** `one way 45ms; round trip 90ms; 1 % loss; …: TCP at most 1.58 Mbit/s`. */
  readonly sentence: string;
  /** What is likely not meant, a sentence each. */
  readonly warnings: readonly string[];
}

/** `egress`: the profile that the personality names for packets from the VM; null: none. */
export function preflightReport(profile: Profile, egress: Profile | null): PreflightReport {
  const figures = preflight(profile, egress);
  return { figures, sentence: sentence(figures), warnings: warnings(profile, figures) };
}

/** Of each personality of a scenario, by id. */
export function preflightReports(
  personalities: Readonly<Record<string, Profile>>,
): Readonly<Record<string, PreflightReport>> {
  return Object.fromEntries(
    Object.entries(personalities).map(([id, profile]) => {
      const { egress } = profile;
      const back = typeof egress === 'string' ? (personalities[egress] ?? null) : null;
      return [id, preflightReport(profile, back)];
    }),
  );
}

export type { PreflightFigures, QueueFigures } from './figures.ts';
