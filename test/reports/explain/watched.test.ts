/** Who watches is not noticed: the library's scenarios give the digests that they give unwatched. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadPrograms } from '../../../app/programs.ts';
import { folderOf, loadScenario } from '../../../app/scenario-file.ts';
import { Digest } from '../../../reports/index.ts';
import { Story, World } from '../../../sim/index.ts';
import { ROOT } from '../../support/cli.ts';

const LIBRARY = join(ROOT, 'scenarios', 'library');
/** Every so many packets are followed: enough to meet every stage, few enough to remember. */
const STRIDE = 101;
const MOST = 500_000;

for (const file of readdirSync(LIBRARY).filter((name) => name.endsWith('.yaml'))) {
  test(`${file} is the same run when it is watched`, async () => {
    const path = join(LIBRARY, file);
    const scenario = loadScenario(path);
    const ids = Array.from({ length: Math.floor(MOST / STRIDE) }, (_, index) => 1 + index * STRIDE);
    const watch = new Story(ids);
    const world = new World(scenario.world, {
      until: scenario.duration,
      interval: scenario.interval,
      impossible: scenario.impossible,
      programs: await loadPrograms(scenario, folderOf(path)),
      watch,
    });
    const digest = new Digest();
    world.attach(digest);
    await world.run();
    const golden = join(ROOT, 'test', 'golden', file.replace(/yaml$/, 'json'));
    assert.is(digest.hex(), (JSON.parse(readFileSync(golden, 'utf8')) as { digest: string }).digest);
    // Whoever is followed is told from beginning to end.
    const of = (what: string): Set<number> =>
      new Set(watch.events.filter((event) => event.what === what).map(({ packet }) => packet));
    assert.ok(of('made').size >= Math.floor(world.packets.born / STRIDE));
    assert.equal(of('ended'), of('made'));
  });
}

test.run();
