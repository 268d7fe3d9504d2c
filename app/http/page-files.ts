/** The page's files, in memory: a script, a style sheet, a document, and whatever else stands in the folder. */
import { createHash } from 'node:crypto';
import { extname, join } from 'node:path';
import { kindOf, namesIn, packageFolder, readBytes } from '../files.ts';
import { entityTag } from './entity-tag.ts';

const LIMIT = 64 * 1024 * 1024;

/** Other files are not the page's. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** As esbuild names them: `main-5D2F81C0.js`. The name changes with the content. */
const HASHED = /-[0-9A-Z]{8}\.[a-z0-9]+$/;
const FOR_EVER = 'public, max-age=31536000, immutable';

export interface PageFile {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
}

export const pageFolder = (): string => join(packageFolder(), 'dist', 'app', 'ui');

/** By path, `/` among them when there is an `index.html`; none when there is no such folder. */
export function readPage(folder: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  addFolder(folder, '/', files);
  const index = files.get('/index.html');
  if (index !== undefined) files.set('/', index);
  return files;
}

function addFolder(folder: string, prefix: string, files: Map<string, PageFile>): void {
  for (const name of namesIn(folder)) {
    const place = join(folder, name);
    const kind = kindOf(place);
    const type = TYPES[extname(name)];
    if (kind === 'folder') addFolder(place, `${prefix}${name}/`, files);
    else if (kind === 'file' && type !== undefined) files.set(`${prefix}${name}`, fileAt(place, type));
  }
}

function fileAt(place: string, type: string): PageFile {
  const bytes = Buffer.from(readBytes(place, LIMIT));
  const etag = entityTag(createHash('sha256').update(bytes).digest('base64url').slice(0, 22));
  return { bytes, type, etag, cacheControl: HASHED.test(place) ? FOR_EVER : 'no-cache' };
}
