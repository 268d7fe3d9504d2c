/** `npm run calibrate`: measures every promise and writes `docs/impairments.md`. Ends with 1 when one does not hold. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/cli.ts';
import { type Proven, page } from './page.ts';
import { proofs } from './proofs/index.ts';

const proven: Proven[] = [];
for (const proof of proofs) {
  const verdict = proof.measure();
  proven.push({ proof, verdict });
  const { expected, measured, interval, holds } = verdict;
  console.log(
    `${holds ? 'holds' : 'FAILS'}  ${proof.stage}: ${proof.settings}: ${measured} (${expected}; ${interval})`,
  );
}
writeFileSync(join(ROOT, 'docs', 'impairments.md'), page(proven));
if (proven.some(({ verdict }) => !verdict.holds)) process.exitCode = 1;
