/** What is posted while a world runs is repeated, to the byte, by a timeline of it. */
import { readFileSync } from 'node:fs';
import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { type Pacer, virtualPacer } from '../../engine/index.ts';
import { Digest } from '../../reports/index.ts';
import { parseScenario } from '../../scenarios/index.ts';
import { type Command, RefusedAction, World, type WorldAction, type WorldSpec } from '../../sim/index.ts';

const TEXT = readFileSync(new URL('../../scenarios/library/transatlantic-web.yaml', import.meta.url), 'utf8');
const parsed = parseScenario(TEXT, {}, { until: 4e9 });
if (!parsed.ok) throw new Error('the scenario is broken');
const spec: WorldSpec = parsed.value.world;
const until = 4e9;

const ms = (least: number, most: number) => fc.integer({ min: least, max: most });
const vm = fc.constantFrom('client', 'server', 'spare');
const action: fc.Arbitrary<Command | WorldAction> = fc.oneof(
  fc.record({
    op: fc.constant('update' as const),
    personality: fc.constant('transatlantic'),
    set: fc.record({ latencyMs: ms(0, 200) }),
  }),
  fc.record({
    op: fc.constant('replace' as const),
    personality: fc.constantFrom('outage', 'made'),
    values: fc.record({ bandwidthKbps: ms(100, 5000), jitterMs: ms(0, 20) }),
  }),
  fc.record({
    op: fc.constant('create' as const),
    personality: fc.constant('made'),
    values: fc.record({ jitterMs: ms(0, 50) }),
  }),
  fc.record({
    op: fc.constant('assign' as const),
    vm,
    personality: fc.constantFrom('transatlantic', 'outage', 'made'),
    ttl: ms(1, 500_000_000),
  }),
  fc.record({
    op: fc.constant('assign' as const),
    vm,
    personality: fc.constantFrom('transatlantic', 'made'),
  }),
  fc.record({ op: fc.constant('remove' as const), vm }),
  fc.record({ op: fc.constant('power' as const), vm, on: fc.boolean() }),
);

interface Visit {
  /** How far the pace has gone when it happens, ns. Steps of a nanosecond and less make ties. */
  readonly after: number;
  readonly batches: readonly (readonly (Command | WorldAction)[])[];
}
const visits: fc.Arbitrary<readonly Visit[]> = fc.array(
  fc.record({
    after: fc.oneof(fc.constantFrom(0, 1, 1_000_000, 100_000_000), fc.integer({ min: 0, max: 700_000_000 })),
    batches: fc.array(fc.array(action, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 8 },
);

/** Goes on by what is asked, each time somebody looks; then to `end`. */
function pacing(steps: readonly number[], end: number): Pacer {
  const left = [...steps];
  let now = 0;
  return {
    ...virtualPacer(),
    horizon: () => {
      now = left.length > 0 ? now + left.shift()! : end;
      return now;
    },
  };
}

async function digestOf(world: World): Promise<string> {
  const digest = new Digest();
  world.attach(digest);
  await world.run();
  return digest.hex();
}

test.prop([visits, fc.integer({ min: 0, max: 7 })], { seed: 20, numRuns: 150 })(
  'the journal repeats the run, and looking at it changes nothing',
  async (plan, lookAt) => {
    const live = new World(spec, {
      until,
      interval: 1e9,
      pacer: pacing(
        plan.map(({ after }) => after),
        until,
      ),
      impossible: 'skip',
    });
    const digest = new Digest();
    live.attach(digest);
    let visit = 0;
    let seen: { at: number; digest: string; entries: number } | undefined;
    const answers: Promise<unknown>[] = [];
    await live.run(() => {
      const now = plan[visit];
      if (now === undefined) return;
      for (const batch of now.batches) {
        answers.push(
          live.post(batch).catch((error: unknown) => {
            if (!(error instanceof RefusedAction)) throw error;
          }),
        );
      }
      if (visit === lookAt) {
        answers.push(
          live.look(() => {
            const copy = digest.copy();
            live.preview(copy);
            seen = { at: live.kernel.now, digest: copy.hex(), entries: live.journal.length };
          }),
        );
      }
      visit++;
    });
    await Promise.all(answers);
    const timeline = [...spec.timeline, ...live.journal];
    const again = new World({ ...spec, timeline }, { until, interval: 1e9, impossible: 'skip' });
    expect(await digestOf(again)).toBe(digest.hex());
    // At most one entry at an instant at which something else had happened would show here.
    if (seen !== undefined && seen.at > 0) {
      const part = [...spec.timeline, ...live.journal.slice(0, seen.entries)];
      const cut = new World(
        { ...spec, timeline: part },
        { until: seen.at, interval: 1e9, impossible: 'skip' },
      );
      expect(await digestOf(cut)).toBe(seen.digest);
    }
  },
);
