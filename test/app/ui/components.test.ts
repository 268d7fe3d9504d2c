import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { missingBrowser, serveModule, type TestSite } from './browser.ts';

const missing = missingBrowser();
const components = suite(missing === null ? 'components' : `components (skipped: ${missing})`);
const check = missing === null ? components : components.skip;

let site: TestSite;
let folder: string;

components.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netpersona-components-'));
  if (missing === null) site = await serveModule('test/app/ui/components-page.mjs');
});

components.after(async () => {
  await site?.close();
  rmSync(folder, { recursive: true, force: true });
});

const list = (page: Page) => page.getByRole('listbox');
const vm = (page: Page, name: string) => page.getByRole('option', { name: new RegExp(`^${name} on `) });
const calls = (page: Page): Promise<unknown[][]> => page.evaluate('calls');
async function boxOf(locator: Locator) {
  const box = await locator.boundingBox();
  if (box === null) throw new Error('it cannot be seen');
  return box;
}

const active = (page: Page) =>
  page.evaluate<string>(
    'document.getElementById(document.querySelector("[role=listbox]").getAttribute("aria-activedescendant")).getAttribute("aria-label")',
  );
/** How many colours a canvas has: one that is blank has one. */
const coloursOn = (page: Page, selector: string) =>
  page.evaluate<number>(`Math.max(...[...document.querySelectorAll(${JSON.stringify(selector)})].map((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  }))`);

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.unreachable(`waited in vain: ${what}`);
}

for (const [name, query, size] of [
  ['light', 'scene=regions', {}],
  ['dark', 'scene=regions&theme=dark', {}],
  ['on a phone', 'scene=regions', { width: 360, height: 780, isTouch: true }],
  ['with a thousand VMs', 'scene=thousand&looks=20', {}],
] as const)
  check(`network and charts are drawn, ${name}, under the content security policy`, async () => {
    const { page, complaints } = await site.open(query, size);
    await list(page).waitFor();
    await until(async () => (await coloursOn(page, '.topology-canvas canvas')) > 5, 'the network');
    await until(async () => (await coloursOn(page, '.plot canvas')) > 5, 'a chart');
    await page.screenshot({ path: join(folder, `${name.replaceAll(' ', '-')}.png`), fullPage: true });
    assert.is(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, 'too wide');
    assert.equal(complaints, []);
    await page.context().close();
  });

check('a screen reader hears of each VM where it is, what it has, and how it fares', async () => {
  const { page } = await site.open('scene=regions&looks=4');
  // Look 4 of 2 Mbit/s / 3 * (0.6 + 0.8 * wave); the wave of VM 2 at look 4 is (1 + sin(2 pi 18 / 29)) / 2 = 0.156.
  assert.is(
    await vm(page, 'user-us').getAttribute('aria-label'),
    'user-us on virginia, personality transatlantic, 483 kbit/s, 0 drops',
  );
  // It lost floor(4 / 3) packets.
  assert.match(
    (await vm(page, 'db').getAttribute('aria-label')) ?? '',
    /^db on frankfurt, personality somewhere and 2 more, .*, 1 drop$/,
  );
  assert.match((await vm(page, 'spare-.*').getAttribute('aria-label')) ?? '', /, off, 0 drops$/);
  assert.is(await page.getByRole('option').count(), 6);
  await page.context().close();
});

check('arrow keys go from VM to VM, Enter selects one, p asks for a personality', async () => {
  const { page } = await site.open('scene=regions');
  await list(page).focus();
  assert.match(await active(page), /^db on/);
  await page.keyboard.press('ArrowRight');
  assert.match(await active(page), /^user-eu on/);
  await page.keyboard.press('Home');
  assert.match(await active(page), /^db on/);
  await page.keyboard.press('End');
  assert.match(await active(page), /^mirror on/);
  await page.keyboard.press('Enter');
  await page.keyboard.press('p');
  assert.equal(await calls(page), [
    ['select', { kind: 'vm', id: 'mirror' }],
    ['assign', 'mirror'],
  ]);
  assert.is(await vm(page, 'mirror').getAttribute('aria-selected'), 'true');
  await page.context().close();
});

check('among a thousand VMs, the keyboard finds each, and only one is written down', async () => {
  const { page } = await site.open('scene=thousand&looks=4');
  await list(page).focus();
  await page.keyboard.press('End');
  assert.match(await active(page), /^vm999 on host9/);
  assert.is(await page.getByRole('option').count(), 1);
  assert.is(await page.getByRole('option').getAttribute('aria-setsize'), '1000');
  await page.keyboard.press('Enter');
  assert.equal(await calls(page), [['select', { kind: 'vm', id: 'vm999' }]]);
  await page.context().close();
});

check('a click selects a VM or nothing', async () => {
  const { page } = await site.open('scene=regions');
  const box = await boxOf(vm(page, 'user-jp'));
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await until(async () => (await calls(page)).length === 1, 'a selection');
  const stage = await boxOf(list(page));
  await page.mouse.click(stage.x + 5, stage.y + 5);
  await until(async () => (await calls(page)).length === 2, 'no selection');
  assert.equal(await calls(page), [
    ['select', { kind: 'vm', id: 'user-jp' }],
    ['select', { kind: 'run' }],
  ]);
  await page.context().close();
});

/** As the browser would, from a source that is dragged. */
const drag = (page: Page, type: string, x: number, y: number, data: string) =>
  page.evaluate<boolean>(`(() => {
    const transfer = new DataTransfer();
    transfer.setData('application/x-netpersona', ${JSON.stringify(data)});
    const event = new DragEvent('${type}', { bubbles: true, cancelable: true, clientX: ${x}, clientY: ${y}, dataTransfer: transfer });
    document.elementFromPoint(${x}, ${y}).dispatchEvent(event);
    return event.defaultPrevented;
  })()`);

check('a personality or a preset can be dropped on a VM, and nothing else anywhere', async () => {
  const { page } = await site.open('scene=regions');
  const box = await boxOf(vm(page, 'user-jp'));
  const [x, y] = [box.x + 4, box.y + box.height - 4];
  const lte = JSON.stringify({ personality: 'lte' });
  assert.is(await drag(page, 'dragover', x, y, lte), true);
  await until(async () => (await page.locator('.topology-vm.is-target').count()) === 1, 'a target');
  assert.match(
    (await page.locator('.topology-vm.is-target').getAttribute('aria-label')) ?? '',
    /^user-jp on/,
  );
  await drag(page, 'drop', x, y, lte);
  await drag(page, 'drop', x, y, JSON.stringify({ preset: 'satellite' }));
  await drag(page, 'drop', x, y, 'not JSON');
  await drag(page, 'drop', x, y, JSON.stringify({ personality: 7 }));
  const stage = await boxOf(list(page));
  assert.is(await drag(page, 'dragover', stage.x + 5, stage.y + 5, lte), false);
  await drag(page, 'drop', stage.x + 5, stage.y + 5, lte);
  assert.equal(await calls(page), [
    ['drop', 'user-jp', { personality: 'lte' }],
    ['drop', 'user-jp', { preset: 'satellite' }],
  ]);
  assert.is(await page.locator('.topology-vm.is-target').count(), 0);
  await page.context().close();
});

check('arrow keys go through time, with the values in words, in all charts at once', async () => {
  const { page } = await site.open('scene=regions&of=vm:db&show=charts');
  const plot = page.getByRole('slider', { name: /^Throughput/ });
  await plot.focus();
  assert.is(await plot.getAttribute('aria-valuetext'), 'no instant chosen');
  await page.keyboard.press('End');
  // 160 looks of 250 ms.
  assert.match((await plot.getAttribute('aria-valuetext')) ?? '', /^at 0:40\.000: delivered .*bit\/s$/);
  await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('ArrowRight');
  const delay = page.getByRole('slider', { name: /^Delay/ });
  for (const each of [plot, delay])
    assert.match((await each.getAttribute('aria-valuetext')) ?? '', /^at 0:37\.750: /);
  // 30 s before the end are known of a VM that nobody has looked at: from 10.25 s on.
  await page.keyboard.press('Home');
  assert.match(
    (await delay.getAttribute('aria-valuetext')) ?? '',
    /^at 0:10\.250: p50 [\d.]+ ms, p95 .*, p99 [\d.]+ ms$/,
  );
  await page.context().close();
});

check('a drag zooms all charts, a double click shows all of the time again', async () => {
  const { page } = await site.open('scene=regions&show=charts');
  const shown = () => page.locator('.charts-range').textContent();
  assert.is(await shown(), '0:00.2 – 0:40.0');
  const over = await boxOf(page.locator('.u-over').first());
  // A quarter to three quarters of 0.25 … 40 s.
  await page.mouse.move(over.x + over.width / 4, over.y + 50);
  await page.mouse.down();
  await page.mouse.move(over.x + over.width / 2, over.y + 55);
  await page.mouse.move(over.x + (over.width * 3) / 4, over.y + 50);
  await page.mouse.up();
  await until(async () => /^0:1[01]\.\d – 0:(29|30)\.\d$/.test((await shown()) ?? ''), 'a zoom');
  await page.mouse.dblclick(over.x + 90, over.y + 50);
  await until(async () => (await shown()) === '0:00.2 – 0:40.0', 'all of the time');
  await page.context().close();
});

check('a command is a mark that says what was done', async () => {
  const { page } = await site.open('scene=regions&show=charts');
  const plot = page.getByRole('slider', { name: /^Throughput/ });
  await plot.focus();
  await page.keyboard.press('Home');
  // From look 1 to look 80, where two things were done at once.
  for (let n = 0; n < 7; n++) await page.keyboard.press('PageUp');
  for (let n = 0; n < 9; n++) await page.keyboard.press('ArrowRight');
  const label = page.locator('.plot-label:visible');
  await label.waitFor();
  assert.equal(await label.locator('span').allTextContents(), [
    '0:20.000 assign db: none -> somewhere',
    '0:20.000 link virginia - tokyo: down',
  ]);
  await page.context().close();
});

check('the table has the values of the charts', async () => {
  const { page } = await site.open('scene=regions&of=vm:db&show=charts');
  await page.evaluate('advance(3)');
  await page.getByRole('button', { name: 'Values over time' }).click();
  const row = page.locator('.charts-table tbody tr').first();
  await until(async () => (await row.locator('th').textContent()) === '0:40.750', 'the newest look');
  const cells = await row.locator('td').allTextContents();
  const last = (field: string) => page.evaluate<number>(`series('${field}').y.at(-1)`);
  // Three digits of what the series has.
  const shortened = async (field: string, size: number) =>
    Number(((await last(field)) / size).toPrecision(3));
  assert.equal(
    cells.map((cell) => Number.parseFloat(cell)),
    [
      await shortened('throughputBps', cells[0]?.endsWith('Mbit/s') ? 1e6 : 1e3),
      await shortened('delay.p50', 1e6),
      await shortened('delay.p95', 1e6),
      await shortened('delay.p99', 1e6),
      await shortened('delay.max', 1e6),
      await last('dropped.loss'),
      await last('dropped.queue'),
      await shortened('backlogBytes', cells[7]?.endsWith('kB') ? 1e3 : 1),
    ],
  );
  await page.context().close();
});

check('a line can be taken out of a chart, and put back', async () => {
  const { page } = await site.open('scene=regions&of=vm:db&show=charts');
  const p99 = page.getByRole('button', { name: /^p99/ });
  assert.is(await p99.getAttribute('aria-pressed'), 'true');
  await p99.click();
  assert.is(await p99.getAttribute('aria-pressed'), 'false');
  const delay = page.getByRole('slider', { name: /^Delay/ });
  await delay.focus();
  await page.keyboard.press('End');
  assert.not.match((await delay.getAttribute('aria-valuetext')) ?? '', /p99/);
  await p99.click();
  assert.is(await p99.getAttribute('aria-pressed'), 'true');
  await page.context().close();
});

check('where nothing has happened, the charts say so', async () => {
  const { page } = await site.open('scene=empty&looks=5&show=charts');
  await until(async () => (await page.locator('.plot-empty').count()) === 4, 'empty charts');
  assert.equal(await page.locator('.plot-empty').allTextContents(), [
    'Nothing was delivered in this time.',
    'No packet arrived in this time.',
    'Nothing was dropped in this time.',
    'No packet had to wait in this time.',
  ]);
  await page.context().close();
});

components.run();
