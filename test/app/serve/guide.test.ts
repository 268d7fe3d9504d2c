/** What docs/control-plane.md tells to type works, from the first command to the last, against one served run. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { blocksOf, read } from '../../docs/documents.ts';
import { ROOT, runCli, runProgram } from '../../support/cli.ts';
import { startServe } from '../../support/served.ts';

const BASE = 'http://127.0.0.1:7300';
const PAGE = read('docs/control-plane.md');

const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) console.log('skipped: there is no curl');

(hasCurl ? test : test.skip)('every command of the guide is answered as it says', async () => {
  // Inside the package, so that its own name is found.
  mkdirSync(join(ROOT, 'out'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'out', 'guide-'));
  const [serve] = blocksOf(PAGE).filter(({ language, label }) => language === 'bash' && label === '');
  const words = (serve?.text ?? '').trim().split(/\s+/);
  assert.equal(words.slice(0, 2), ['netpersona', 'serve']);
  const served = await startServe(words.slice(2));
  try {
    let commands = 0;
    for (const { language, label, text } of blocksOf(PAGE)) {
      const at = (source: string): string => source.replaceAll(BASE, served.url);
      if (language === 'bash' && label.startsWith('curl')) {
        const expected = label.split(' ')[1] ?? '2\\d\\d';
        for (const line of text.trim().split('\n')) {
          assert.match(line, /^curl /);
          const shown = line.includes(' -o ') ? '' : '-o /dev/null ';
          const typed = at(line).replace(/^curl /, `curl -sS ${shown}-w '%{http_code}' `);
          const { stdout, stderr } = await runProgram('bash', ['-c', typed], { cwd: folder });
          assert.match(stdout, new RegExp(`^${expected}$`), `${line}\n${stderr}`);
          commands++;
        }
      }
      if (language === 'ts') {
        writeFileSync(join(folder, 'lab.ts'), at(text));
        const { code, stdout, stderr } = await runProgram(process.execPath, ['--import', 'tsx', 'lab.ts'], {
          cwd: folder,
        });
        assert.is(code, 0, stderr);
        assert.match(stdout, /^server: \d/);
      }
    }
    assert.ok(commands > 10);
    assert.is((await runCli(['run', 'session.yaml', '--quiet'], { cwd: folder })).code, 0);
  } finally {
    await served.end();
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
