/** A page in Debian's Chromium, served from memory under the content security policy that the page is served with. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { ROOT } from '../../support/cli.ts';

const CHROMIUM = '/usr/bin/chromium';
const POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'";

/** Why there is no browser to test with; null: there is. */
export const missingBrowser = (): string | null => (existsSync(CHROMIUM) ? null : `there is no ${CHROMIUM}`);

export interface TestSite {
  readonly url: string;
  readonly browser: Browser;
  /** A page of that size and what it has complained about: errors, and refusals of the policy. */
  open(
    query: string,
    options?: { width?: number; height?: number; isTouch?: boolean },
  ): Promise<{ readonly page: Page; readonly complaints: readonly string[] }>;
  close(): Promise<void>;
}

/** The module is bundled as the page is; style sheets are the page's. */
export async function serveModule(entry: string): Promise<TestSite> {
  const bundle = await build({
    entryPoints: { main: entry },
    absWorkingDir: ROOT,
    outdir: join(ROOT, 'out'),
    write: false,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  });
  const sheets = await build({
    entryPoints: [join(ROOT, 'app/ui/style.css')],
    write: false,
    bundle: true,
    logLevel: 'silent',
  });
  const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
    '/': [
      'text/html',
      '<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width, initial-scale=1"><title>Components</title><link rel="stylesheet" href="/style.css" id="__________cytoscape_stylesheet"><script type="module" src="/main.js"></script></head><body></body></html>',
    ],
    '/main.js': ['text/javascript', bundle.outputFiles[0]?.text ?? ''],
    '/style.css': ['text/css', sheets.outputFiles[0]?.text ?? ''],
  };
  const server = createServer((request, response) => {
    const found = files[new URL(request.url ?? '/', 'http://localhost').pathname];
    if (found === undefined) return response.writeHead(404).end();
    response.setHeader('Content-Security-Policy', POLICY);
    return response.setHeader('Content-Type', `${found[0]}; charset=utf-8`).end(found[1]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  return {
    url,
    browser,
    async open(query, { width = 1100, height = 900, isTouch = false } = {}) {
      const context = await browser.newContext({
        viewport: { width, height },
        hasTouch: isTouch,
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type()) && !message.text().includes('favicon'))
          complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204, body: '' }));
      await page.goto(`${url}?${query}`);
      return { page, complaints };
    },
    async close() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
