/** The control plane over HTTP: the calls, the streams, the page, and who is let in. */
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger, { type StaticDocumentSpec } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { EnvironmentError, UsageError } from '../faults.ts';
import { packageVersion } from '../version.ts';
import { lists, readTags } from './entity-tag.ts';
import { type EventOptions, registerEvents } from './events.ts';
import { type OnDefect, problemOfError, refuseConnection } from './faults.ts';
import { type GuardOptions, guard, isLoopback } from './guard.ts';
import { readJson } from './json-body.ts';
import { LIMITS, type Limits } from './limits.ts';
import { MethodTable } from './methods.ts';
import { registerMetrics } from './metrics.ts';
import { openApiDocument } from './openapi/document.ts';
import { type PageFile, pageFolder, readPage } from './page-files.ts';
import { HttpProblem, notFound, PROBLEM_TYPE } from './problem.ts';
import type { Answer, Context, Route } from './route.ts';
import { ROUTES } from './routes/index.ts';

export interface ServerOptions extends Context, GuardOptions {
  /** Default 127.0.0.1. Any other than a loopback address needs a token. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  readonly limits?: Partial<Limits>;
  readonly events?: EventOptions;
  /** Where the page's files are. Default: where the build puts them. */
  readonly page?: string;
  /** Hears of errors that nobody foresaw; whoever sent the request is told none of it. */
  readonly onDefect?: OnDefect;
}

export interface Server {
  /** `http://127.0.0.1:8080` */
  readonly address: string;
  /** Takes no more connections; answers under way get a moment. The run goes on. */
  close(): Promise<void>;
}

/**
 * Listens. What the options bring is not ended with it.
 *
 * @throws {UsageError} on a bind that is not safe or not possible.
 * @throws {EnvironmentError} when the machine does not allow it.
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { host = '127.0.0.1', port, token } = options;
  const limits = { ...LIMITS, ...options.limits };
  if (token !== undefined && !TOKEN.test(token))
    throw new UsageError('a token has at least 16 characters, letters, digits and signs without spaces');
  if (token === undefined && !isLoopback(host))
    throw new UsageError(
      `to be reached at ${host}, the server needs a token: otherwise anybody there commands the run`,
    );
  const app = await createApp(options, limits);
  try {
    // By name it would be two servers.
    const address = await app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port });
    return { address, close: () => close(app, limits) };
  } catch (error) {
    await app.close();
    throw bindFault(error, host, port);
  }
}

const TOKEN = /^[\x21-\x7e]{16,}$/;

async function close(app: FastifyInstance, { closeMs }: Limits): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), closeMs);
  await app.close();
  clearTimeout(timer);
}

function bindFault(error: unknown, host: string, port: number): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return new UsageError(`port ${port} of ${host} is taken; another one is free with --port 0`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new UsageError(`${host} is no address of this machine`);
  return code === undefined
    ? error
    : new EnvironmentError(`cannot listen on port ${port} of ${host}: ${message}`);
}

async function createApp(options: ServerOptions, limits: Limits): Promise<FastifyInstance> {
  const { onDefect = () => {}, page = pageFolder() } = options;
  const app = fastify({
    bodyLimit: limits.bodyBytes,
    connectionTimeout: limits.idleMs,
    keepAliveTimeout: limits.keepAliveMs,
    requestTimeout: limits.requestMs,
    http: {
      headersTimeout: limits.headersMs,
      maxHeaderSize: limits.headerBytes,
      connectionsCheckingInterval: Math.min(1000, limits.headersMs),
      // The guard says what is missing.
      requireHostHeader: false,
    },
    routerOptions: { maxParamLength: 1024 },
    return503OnClosing: false,
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error, _request, reply) => sendProblem(reply, problemOfError(error, onDefect)),
  });
  app.server.maxConnections = limits.connections;
  // Schemas are checked where the calls are answered: the scenario format's own checks say more.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  const methods = new MethodTable();
  app.addHook('onRoute', ({ url, method }) => methods.add(url, method));
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, problemOfError(error, onDefect)));
  app.setNotFoundHandler((request) => {
    throw noSuchPath(request, methods);
  });
  const files = readPage(page);
  await letIn(app, options, limits, files);
  readBodies(app);
  for (const route of ROUTES) addRoute(app, route, options, limits);
  registerEvents(app, options.run, options.events);
  registerMetrics(app, options.run, { version: packageVersion() });
  addPage(app, files);
  await addDocument(app);
  return app;
}

const pathOf = (url: string): string => url.replace(/[?#].*$/su, '');

/** What a browser may do with the page: everything from here, nothing from elsewhere. */
const POLICY = {
  'default-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
};

async function letIn(
  app: FastifyInstance,
  options: GuardOptions,
  { requestsPerSecond }: Limits,
  files: ReadonlyMap<string, PageFile>,
): Promise<void> {
  // First, so that refusals have these headers too. Nothing here is served over TLS, so nothing may insist on it.
  await app.register(helmet, {
    global: false,
    contentSecurityPolicy: { useDefaults: false, directives: POLICY },
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
  });
  // They are the same for all, so they are made once.
  let safety: Readonly<Record<string, number | string | string[] | undefined>> | undefined;
  app.addHook('onRequest', async (_request, reply) => {
    if (safety !== undefined) return void reply.headers(safety);
    await reply.helmet();
    safety = reply.getHeaders();
  });
  await app.register(rateLimit, { global: false, max: requestsPerSecond, timeWindow: 1000 });
  const visited = Number.isFinite(requestsPerSecond) ? app.createRateLimit() : undefined;
  const admit = guard(options);
  // What is the same for everybody: the page, and what the calls are like.
  const open = new Set(['/', '/healthz', '/openapi.json', ...files.keys()]);
  const isOpen = (path: string): boolean => open.has(path) || /^\/docs(\/|$)/.test(path);
  app.addHook('onRequest', async (request) => {
    const visits = await visited?.(request);
    if (visits !== undefined && !visits.isAllowed && visits.isExceeded)
      throw new HttpProblem(429, 'too many requests', {
        headers: { 'Retry-After': String(Math.max(1, visits.ttlInSeconds)) },
      });
    const { method, url, headers, socket } = request.raw;
    admit({
      method: method ?? '',
      url: url ?? '',
      headers,
      localAddress: socket.localAddress,
      localPort: socket.localPort,
      isOpen: isOpen(pathOf(url ?? '')),
    });
  });
}

function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => readJson(body),
  );
}

function addRoute(app: FastifyInstance, route: Route, context: Context, { idleMs }: Limits): void {
  app.route({
    method: route.method.toUpperCase(),
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    async handler(request, reply) {
      const { params, query, headers, body, raw } = request;
      // It is the run that takes its time now.
      raw.socket.setTimeout(0);
      try {
        const call = { params, query, headers, body } as Parameters<Route['answer']>[0];
        return send(reply, await route.answer(call, context));
      } finally {
        raw.socket.setTimeout(idleMs);
      }
    },
  });
}

function send(reply: FastifyReply, { status = 200, headers = {}, body, type }: Answer): FastifyReply {
  void reply.code(status).header('Cache-Control', 'no-store').headers(headers);
  if (body === undefined) return reply.send();
  if (typeof body === 'string') return reply.type(type ?? 'text/plain; charset=utf-8').send(body);
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(body));
}

function sendProblem(reply: FastifyReply, { status, headers, details }: HttpProblem): FastifyReply {
  return send(reply.type(PROBLEM_TYPE), {
    status,
    headers,
    body: JSON.stringify(details),
    type: PROBLEM_TYPE,
  });
}

function noSuchPath({ method, url }: FastifyRequest, methods: MethodTable): HttpProblem {
  const path = pathOf(url);
  const allowed = methods.of(path);
  if (allowed.length === 0) return notFound('there is nothing at this address');
  const problem = { path: 'method', found: method, allowed: allowed.join(', ') };
  return new HttpProblem(405, `${method} does nothing here`, {
    headers: { Allow: allowed.join(', ') },
    problems: [problem],
  });
}

function addPage(app: FastifyInstance, files: ReadonlyMap<string, PageFile>): void {
  for (const [path, { bytes, type, etag, cacheControl }] of files) {
    app.get(path, (request, reply) => {
      const noneMatch = readTags('If-None-Match', request.headers['if-none-match']);
      void reply.headers({ ETag: etag, 'Cache-Control': cacheControl });
      if (noneMatch !== undefined && lists(noneMatch, etag.slice(1, -1))) return reply.code(304).send();
      return reply.type(type).send(bytes);
    });
  }
  if (files.has('/')) return;
  app.get('/', () => {
    throw notFound('the page has not been built; the API is all there is, described at /docs');
  });
}

/** The one style that its script writes into the page. Another version's would be blocked, which the eye does not see but the console says. */
const DOCS_STYLE = "style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='";

async function addDocument(app: FastifyInstance): Promise<void> {
  const document = openApiDocument();
  const text = JSON.stringify(document, null, 2);
  app.get('/openapi.json', (_request, reply) =>
    send(reply, { body: text, type: 'application/json; charset=utf-8' }),
  );
  await app.register(swagger, {
    mode: 'static',
    specification: { document: document as unknown as StaticDocumentSpec['document'] },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { deepLinking: true, tryItOutEnabled: true },
    transformStaticCSP: (policy) => `${policy};${DOCS_STYLE}`,
  });
}
