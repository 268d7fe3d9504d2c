/** A server on a free port of this machine, and those who ask it. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { createServer, type ServerOptions } from '../../../app/http/server.ts';
import { presets } from '../../../app/scenario-file.ts';
import { ScriptedRun } from './scripted-run.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** As JSON; undefined: it is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>;
  /** Texts and bytes go as they are, everything else as JSON. */
  readonly body?: unknown;
}

export interface Serving<R> {
  readonly run: R;
  readonly address: string;
  readonly port: number;
  /** What nobody foresaw. */
  readonly defects: Error[];
  ask(method: string, path: string, ask?: Ask): Promise<Reply>;
  /** Everything that comes back for these bytes, until the other end closes. */
  raw(bytes: string): Promise<string>;
  close(): Promise<void>;
}

export async function serve<R extends ServerOptions['run']>(
  run: R,
  options: Partial<ServerOptions> = {},
): Promise<Serving<R>> {
  const defects: Error[] = [];
  const server = await createServer({
    run,
    presets: presets(),
    readActions: () => ({ ok: true, value: [] }),
    port: 0,
    page: '/nowhere',
    onDefect: (error) => defects.push(error),
    ...options,
  });
  const { hostname, port } = new URL(server.address);
  return {
    run,
    address: server.address,
    port: Number(port),
    defects,
    ask: (method, path, ask = {}) => asked({ hostname, port, method, path }, ask),
    raw: (bytes) => rawly(Number(port), bytes),
    close: server.close,
  };
}

export const serveScripted = (options: Partial<ServerOptions> = {}): Promise<Serving<ScriptedRun>> =>
  serve(new ScriptedRun(), options);

function asked(
  where: { hostname: string; port: string; method: string; path: string },
  { headers = {}, body }: Ask,
): Promise<Reply> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const bytes = body === undefined ? undefined : Buffer.from(isRaw ? body : JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const asking = request({
      ...where,
      agent: false,
      headers: {
        ...(bytes === undefined
          ? {}
          : { 'Content-Type': 'application/json', 'Content-Length': bytes.length }),
        ...headers,
      },
    });
    asking.on('error', reject);
    asking.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) });
      });
    });
    asking.end(bytes);
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text);
  } catch {
    return undefined as never;
  }
}

function rawly(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    // Who is cut off while it still sends may see a reset.
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

/** Paths of the field errors, in order. */
export const pathsOf = ({ body }: Reply): readonly string[] =>
  (body['problems'] as readonly { path: string }[]).map(({ path }) => path);
