/** `--check-determinism`: runs a scenario again and names the first thing that differs. */
import { FateTrail, firstDifference } from '../reports/index.ts';
import type { TraceSink } from '../sim/index.ts';
import type { RunResult, Session } from './session.ts';

/** Puts a session together anew, watched by a sink; the same each time. */
export type Begin = (sink: TraceSink) => Promise<Session>;

/**
 * What differs between `first`, which left `trail`, and another run, in words; undefined when nothing does. When packets
 * differ it takes a third run to show them.
 */
export async function difference(
  first: RunResult,
  trail: FateTrail,
  begin: Begin,
): Promise<string | undefined> {
  trail.finish();
  const second = new FateTrail({ follow: trail });
  const session = await begin(second);
  const again = await session.run();
  second.finish();
  const block = second.firstDifferentBlock;
  if (block < 0) return differenceInText(first, again);
  const third = new FateTrail({ keep: block });
  await (await begin(third)).run();
  third.finish();
  return (
    firstDifference(block, third, second, session.world.names) ??
    'the first run differs from the second and the third, which are the same'
  );
}

/** The packets are the same. Are the commands, and the figures? */
function differenceInText(first: RunResult, again: RunResult): string | undefined {
  const pairs = [
    ['command', first.commands.map(shown), again.commands.map(shown)],
    ['line of summary.json', first.json().split('\n'), again.json().split('\n')],
  ] as const;
  for (const [what, one, other] of pairs) {
    const index = firstUnequal(one, other);
    if (index < 0) continue;
    const [a = 'nothing', b = 'nothing'] = [one[index], other[index]];
    return `the runs differ from ${what} ${index + 1} on:\n  first:  ${a.trim()}\n  second: ${b.trim()}`;
  }
  return undefined;
}

const shown = (value: unknown): string => JSON.stringify(value);

function firstUnequal(one: readonly string[], other: readonly string[]): number {
  const length = Math.max(one.length, other.length);
  for (let index = 0; index < length; index++) if (one[index] !== other[index]) return index;
  return -1;
}
