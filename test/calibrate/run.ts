/** `npm run calibrate`: measures every promise and writes `docs/impairments.md`. Ends with 1 when one does not hold. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/cli.ts';
import { type Proven, page } from './page.ts';
import { settingsText } from './proof.ts';
import { proofs } from './proofs/index.ts';

// `… run.ts loss delay`: only these stages, and no page.
const wanted = process.argv.slice(2);
const proven: Proven[] = [];
for (const proof of proofs) {
  if (wanted.length > 0 && !wanted.includes(proof.stage)) continue;
  const verdict = await proof.measure();
  proven.push({ proof, verdict });
  const { expected, measured, interval, holds } = verdict;
  console.log(
    `${holds ? 'holds' : 'FAILS'}  ${proof.stage}: ${settingsText(proof.profile)}: ${proof.promise} ${measured} (${expected}; ${interval})`,
  );
}
if (wanted.length === 0) writeFileSync(join(ROOT, 'docs', 'impairments.md'), page(proven));
if (proven.some(({ verdict }) => !verdict.holds)) process.exitCode = 1;
