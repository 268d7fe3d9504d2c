/** The page against a real run: a worse network in two clicks, the chart that shows it, and the session that repeats it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connect } from '../../../app/client/index.ts';
import { runCli } from '../../support/cli.ts';
import { type Served, startServe } from '../../support/served.ts';
import { missingBrowser } from '../ui/browser.ts';

const missing = missingBrowser();
if (missing !== null) console.log(`skipped: ${missing}`);
const test = suite('page');
const check = missing === null ? test : test.skip;

let browser: Browser;
let served: Served;
let folder = '';
test.before(async () => {
  if (missing !== null) return;
  folder = mkdtempSync(join(tmpdir(), 'netpersona-page-'));
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  served = await startServe([
    'scenarios/library/transatlantic-web.yaml',
    '--duration',
    'none',
    '--speed',
    '1x',
  ]);
});
test.after(async () => {
  if (missing !== null) return;
  await browser.close();
  await served.end();
  rmSync(folder, { recursive: true, force: true });
});

interface Opened {
  readonly page: Page;
  /** Errors, refusals of the policy, requests to elsewhere. */
  readonly complaints: string[];
}

async function open(options: Parameters<Browser['newPage']>[0] = {}): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...options });
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (said) => {
    if (said.type() === 'error') complaints.push(said.text());
  });
  page.on('request', (request) => {
    if (!/^(blob|data):/.test(request.url()) && new URL(request.url()).origin !== served.url)
      complaints.push(`a request to ${request.url()}`);
  });
  await page.goto(served.url);
  await page.getByRole('heading', { name: 'transatlantic web', exact: true }).waitFor();
  await page.locator('.virtual-row', { hasText: 'server' }).waitFor();
  return { page, complaints };
}

/** The median delay that the page shows for the chosen VM, in ms. */
async function delay(page: Page): Promise<number> {
  const text = await page.locator('.facts > *', { hasText: 'delay p50' }).first().innerText();
  const [, value = '0', unit = ''] = /([\d.]+)\s*(µs|ms|s)\b/.exec(text) ?? [];
  return Number(value) * (unit === 's' ? 1000 : unit === 'ms' ? 1 : 0.001);
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 300; n++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`it never came to this: ${what}`);
}

check(
  'two clicks give a VM a worse network, the delay rises, and the saved session has the same digest',
  async () => {
    const { page, complaints } = await open();
    await page.locator('.virtual-row', { hasText: 'server' }).click();
    await until('the delay is that of the scenario', async () => {
      const now = await delay(page);
      return now > 30 && now < 130;
    });
    await page
      .locator('.give', { hasText: /^geo-sat\b/ })
      .first()
      .click();
    await until('the delay is that of a satellite', async () => (await delay(page)) > 200);
    // The chart says so too, as a table.
    await page.getByRole('button', { name: 'Values over time' }).first().click();
    await until('the chart has values', async () => (await page.locator('.charts table').count()) > 0);

    await page.getByRole('button', { name: /Pause/ }).click();
    await page.getByRole('button', { name: /Resume|Go on/ }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: /Save as scenario/ }).click(),
    ]);
    const file = join(folder, 'session.yaml');
    await download.saveAs(file);
    const { digest, text } = await connect(served.url).session();
    assert.is(text, readFileSync(file, 'utf8'));
    const run = await runCli(['run', file, '--json']);
    assert.is((JSON.parse(run.stdout) as { digest: string }).digest, digest, run.stderr);
    await connect(served.url).resume();
    assert.equal(complaints, []);
    await page.close();
  },
);

check('the same by keyboard alone', async () => {
  const lab = connect(served.url);
  const { page, complaints } = await open();
  await page.locator('.virtual-list').first().focus();
  for (let n = 0; n < 3; n++) {
    await page.keyboard.press('ArrowDown');
    const active = await page.locator('.virtual-list').first().getAttribute('aria-activedescendant');
    const chosen = active === null ? '' : await page.locator(`[id="${active}"]`).innerText();
    if (chosen.includes('spare')) break;
  }
  await page.keyboard.press('p');
  await page.locator('dialog[open]').waitFor();
  await page.keyboard.type('outage');
  await page.waitForTimeout(300);
  await page.keyboard.press('Enter');
  await until('the API says so too', async () => {
    const vms = await lab.vms();
    return vms.some(({ assignments }) => assignments.some(({ personality }) => personality === 'outage'));
  });
  assert.equal(complaints, []);
  await page.close();
});

check('on a phone nothing is wider than the screen, and the parts have tabs', async () => {
  const { page, complaints } = await open({
    viewport: { width: 360, height: 740 },
    isMobile: true,
    hasTouch: true,
    colorScheme: 'dark',
  });
  for (const tab of ['Charts', 'Edit', 'Log', 'Network']) {
    await page.locator('.tab-bar button', { hasText: tab }).click();
    await page.waitForTimeout(200);
    assert.is(await page.evaluate('document.documentElement.scrollWidth'), 360, tab);
  }
  assert.equal(complaints, []);
  await page.close();
});

check('every control has a name', async () => {
  const { page } = await open();
  await page.locator('.virtual-row', { hasText: 'client' }).click();
  for (const role of ['button', 'textbox', 'combobox', 'slider', 'checkbox', 'spinbutton'] as const) {
    const count = await page.getByRole(role).count();
    const named = await page.getByRole(role, { name: /\S/ }).count();
    assert.is(named, count, role);
  }
  await page.close();
});

test.run();
