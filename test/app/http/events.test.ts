import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { fastify } from 'fastify';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EventStreamParser, type StreamEvent } from '../../../app/client/event-stream.ts';
import { type EventOptions, type EventStats, registerEvents } from '../../../app/http/events.ts';
import { problemOfError } from '../../../app/http/faults.ts';
import type { CommandEntry, Figures } from '../../../app/operation/run.ts';
import { RunGone } from '../../../app/operation/thread.ts';
import { figuresOf, TalkingRun } from './talking-run.ts';

interface Desk {
  readonly run: TalkingRun;
  readonly port: number;
  stats(): EventStats;
  read(path?: string, headers?: Readonly<Record<string, string>>): Promise<Reader>;
  /** One who asks for events and never reads any. */
  stuck(): Promise<Socket>;
  close(): Promise<void>;
}

async function desk(options: EventOptions = {}, run = new TalkingRun()): Promise<Desk> {
  const app = fastify();
  app.setErrorHandler((error, _request, reply) => {
    const { status, details, headers } = problemOfError(error, () => {});
    return reply.code(status).headers(headers).send(details);
  });
  const stats = registerEvents(app, run, { gatherMs: 1, ...options });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const sockets: Socket[] = [];
  const readers: Reader[] = [];
  const opened: Desk = {
    run,
    port,
    stats,
    async read(path = '/v1/events', headers = {}) {
      const reader = await Reader.open(port, path, headers);
      readers.push(reader);
      return reader;
    },
    async stuck() {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      const before = stats().readers;
      socket.write('GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
      sockets.push(socket);
      await until(() => stats().readers > before);
      return socket;
    },
    async close() {
      for (const reader of readers) reader.leave();
      for (const socket of sockets) socket.destroy();
      await app.close();
    },
  };
  desks.push(opened);
  return opened;
}

/** Those of the test under way. */
const desks: Desk[] = [];
test.after.each(async () => {
  for (const { close } of desks.splice(0)) await close();
});

class Reader {
  readonly events: StreamEvent[] = [];
  text = '';
  isOver = false;
  readonly #asking: ClientRequest;
  readonly response: IncomingMessage;

  static open(port: number, path: string, headers: Readonly<Record<string, string>>): Promise<Reader> {
    return new Promise((resolve, reject) => {
      const asking = request({ host: '127.0.0.1', port, path, headers, agent: false });
      asking.on('error', reject);
      asking.on('response', (response) => resolve(new Reader(asking, response)));
      asking.end();
    });
  }

  constructor(asking: ClientRequest, response: IncomingMessage) {
    this.#asking = asking;
    this.response = response;
    const parser = new EventStreamParser();
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      this.text += piece;
      this.events.push(...parser.push(piece));
    });
    response.on('error', () => {});
    response.on('close', () => {
      this.isOver = true;
    });
  }

  get headers(): IncomingHttpHeaders {
    return this.response.headers;
  }

  get types(): readonly string[] {
    return this.events.map(({ type }) => type);
  }

  of<T>(type: string): readonly T[] {
    return this.events.filter((event) => event.type === type).map(({ data }) => JSON.parse(data) as T);
  }

  get sequences(): readonly number[] {
    return this.of<CommandEntry>('command').map(({ sequence }) => sequence);
  }

  leave(): void {
    this.#asking.destroy();
  }
}

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`never came true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const breath = () => new Promise((resolve) => setImmediate(resolve));
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

test('a reader is greeted, told how things are, and then what happens', async () => {
  const { run, read } = await desk();
  run.command();
  run.command();
  const reader = await read();
  await until(() => reader.events.length === 3);
  assert.is(reader.response.statusCode, 200);
  assert.match(reader.headers['content-type'] ?? '', /^text\/event-stream/);
  assert.is(reader.headers['cache-control'], 'no-store');
  assert.match(reader.text, /^retry: 2000\n/);
  // What it does not know yet, it did not ask for.
  assert.equal(reader.events[0], { type: 'hello', data: '{"version":"0.0.0"}', id: '2' });
  assert.equal(reader.of('clock'), [run.time]);
  assert.equal(reader.of('figures'), [run.look]);
  run.command('wan -> none');
  run.figuresTaken(figuresOf(2));
  run.tell({ type: 'clock', clock: { ...run.time, state: 'paused' } });
  await until(() => reader.events.length === 6);
  assert.equal(reader.of('command'), [run.log[2]]);
  assert.is(reader.events.find(({ type }) => type === 'command')?.id, '3');
  assert.equal(reader.of('figures').at(-1), figuresOf(2));
  assert.equal(reader.of<{ state: string }>('clock').at(-1)?.state, 'paused');
});

test('whoever wants some types only gets these', async () => {
  const { run, read } = await desk();
  const commands = await read('/v1/events?types=command');
  const figures = await read('/v1/events?types=figures,hello');
  run.command();
  run.figuresTaken(figuresOf(2));
  await until(() => commands.events.length === 2 && figures.events.length === 3);
  assert.equal(commands.types, ['hello', 'command']);
  assert.equal(figures.types, ['hello', 'figures', 'figures']);
});

test('what a reader asks for has to make sense', async () => {
  const { read, stats } = await desk();
  const problem = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const reader = await read(path, headers);
    await until(() => reader.isOver);
    assert.is(reader.response.statusCode, 400);
    return JSON.parse(reader.text).problems.map((each: { path: string; nearest?: string }) => [
      each.path,
      each.nearest,
    ]);
  };
  assert.equal(await problem('/v1/events?types=figure,clock,'), [
    ['types', 'figures'],
    ['types', undefined],
  ]);
  assert.equal(await problem('/v1/events?types='), [['types', undefined]]);
  assert.equal(await problem('/v1/events?types=clock&types=figures'), [['types', undefined]]);
  assert.equal(await problem('/v1/events?after=-1'), [['after', undefined]]);
  assert.equal(await problem('/v1/events?typs=clock'), [['typs', 'types']]);
  assert.equal(await problem('/v1/events', { 'Last-Event-ID': 'x' }), [['Last-Event-ID', undefined]]);
  assert.is(stats().readers, 0);
});

test('whoever comes back gets every command since, then those that follow', async () => {
  const { run, read } = await desk();
  for (let i = 0; i < 1300; i++) run.command();
  const byHeader = await read('/v1/events?types=command&after=3', { 'Last-Event-ID': '40' });
  const byQuery = await read('/v1/events?types=command&after=0');
  const known = await read('/v1/events?types=command', { 'Last-Event-ID': '1300' });
  for (let i = 0; i < 50; i++) {
    run.command();
    await breath();
  }
  await until(() => [byHeader, byQuery, known].every(({ sequences }) => sequences.at(-1) === 1350));
  assert.equal(byHeader.sequences, upTo(1350, 41));
  assert.equal(byQuery.sequences, upTo(1350));
  assert.equal(known.sequences, upTo(1350, 1301));
  assert.not(byQuery.types.includes('gap'));
});

test('a number that is yet to come is of another run: this one is told from its beginning', async () => {
  const { run, read } = await desk();
  run.command();
  run.command();
  const reader = await read('/v1/events?types=command', { 'Last-Event-ID': '900' });
  await until(() => reader.sequences.length === 2);
  assert.is(reader.events[0]?.id, '0');
  assert.equal(reader.sequences, [1, 2]);
});

test('commands that nobody has any more are told as lost', async () => {
  const { run, read } = await desk();
  for (let i = 0; i < 10; i++) run.command();
  run.log.splice(0, 6);
  const reader = await read('/v1/events?types=command&after=2');
  await until(() => reader.sequences.length === 4);
  assert.equal(reader.types.slice(0, 3), ['hello', 'gap', 'command']);
  assert.equal(reader.of('gap'), [{ from: 3, to: 10, lost: 4 }]);
  assert.equal(reader.sequences, [7, 8, 9, 10]);
});

test('commands of before the server began are known to it', async () => {
  const run = new TalkingRun();
  for (let i = 0; i < 2100; i++) run.command();
  const { read } = await desk({}, run);
  const reader = await read('/v1/events?types=command');
  await until(() => reader.events.length === 1);
  assert.is(reader.events[0]?.id, '2100');
  run.command();
  await until(() => reader.sequences.length === 1);
  assert.equal(reader.sequences, [2101]);
});

test('of what comes together, states are told once and commands each', async () => {
  const { run, read } = await desk({ gatherMs: 20 });
  const reader = await read();
  await until(() => reader.events.length === 3);
  for (let i = 1; i <= 100; i++) {
    run.command();
    run.figuresTaken(figuresOf(i + 1));
    run.tell({ type: 'clock', clock: { ...run.time, now: i } });
  }
  await until(
    () => reader.sequences.length === 100 && reader.of<Figures>('figures').at(-1)?.sequence === 101,
  );
  assert.equal(reader.sequences, upTo(100));
  assert.ok(reader.of('figures').length < 101);
  assert.is(reader.of<{ now: number }>('clock').at(-1)?.now, 100);
});

test('of a large world, only what has changed is told to those who know the rest', async () => {
  const run = new TalkingRun();
  run.look = figuresOf(1, 300);
  const { read } = await desk({}, run);
  const early = await read('/v1/events?types=figures');
  await until(() => early.events.length === 2);
  run.figuresTaken(figuresOf(2, 300, 5));
  await until(() => early.events.length === 3);
  const late = await read('/v1/events?types=figures');
  await until(() => late.events.length === 2);
  const [first, second] = early.of<Figures & { partial?: boolean }>('figures');
  assert.is(first?.vms.length, 300);
  assert.is(first?.partial, undefined);
  assert.equal(second, { ...figuresOf(2, 300, 5), partial: true, vms: figuresOf(2, 300, 5).vms.slice(0, 2) });
  assert.equal(late.of('figures'), [figuresOf(2, 300, 5)]);
});

test('a stream in which nothing happens stays alive', async () => {
  const { read } = await desk({ heartbeatMs: 5 });
  const reader = await read();
  await until(() => (reader.text.match(/^:\n\n/gm) ?? []).length >= 3);
  assert.is(reader.events.length, 3);
});

test('only so many may read at once', async () => {
  const { read, stats } = await desk({ readers: 2 });
  const first = await read();
  await read();
  const third = await read();
  assert.is(third.response.statusCode, 503);
  assert.ok(Number(third.headers['retry-after']) > 0);
  first.leave();
  await until(() => stats().readers === 1);
  assert.is((await read()).response.statusCode, 200);
});

test('readers that never read hold up nobody and keep no memory', async () => {
  const { run, read, stuck, stats } = await desk({ gatherMs: 1 });
  for (let i = 0; i < 10; i++) await stuck();
  const good = await read();
  const effect = `none -> ${'w'.repeat(300)}`;
  let [most, mostOfAll] = [0, 0];
  for (let i = 0; i < 30_000; i++) {
    run.command(effect);
    if (i % 50 === 0) {
      run.figuresTaken(figuresOf(i + 2, 100));
      run.tell({ type: 'clock', clock: { ...run.time, now: i } });
      await breath();
      most = Math.max(most, stats().mostWaiting);
      mostOfAll = Math.max(mostOfAll, stats().waiting);
    }
  }
  await until(() => good.sequences.length >= 30_000 && stats().slow === 10);
  assert.equal(good.sequences, upTo(30_000));
  // Some has to wait: otherwise nothing was shown.
  assert.ok(most > 100_000, `${most}`);
  assert.ok(most <= 256 * 1024, `${most}`);
  assert.ok(mostOfAll <= 11 * 256 * 1024, `${mostOfAll}`);
  assert.is(stats().readers, 11);
});

test('a slow reader gets what it missed when it reads again: every command, and the latest look', async () => {
  const { run, read, stats } = await desk({ gatherMs: 1, bufferBytes: 64 * 1024 });
  const reader = await read();
  await until(() => reader.events.length === 3);
  reader.response.pause();
  const effect = `none -> ${'w'.repeat(1000)}`;
  while (stats().slow === 0) {
    for (let i = 0; i < 100; i++) run.command(effect);
    run.figuresTaken(figuresOf(run.log.length));
    await breath();
  }
  for (let i = 0; i < 2000; i++) run.command(effect);
  const last = run.log.length;
  run.figuresTaken(figuresOf(last + 1));
  reader.response.resume();
  await until(() => reader.sequences.at(-1) === last);
  run.command();
  await until(() => reader.sequences.at(-1) === last + 1);
  assert.equal(reader.sequences, upTo(last + 1));
  const gaps = reader.of<{ from: number; to: number; lost: number }>('gap');
  assert.ok(gaps.length >= 1);
  assert.is(gaps[0]?.lost, 0);
  const at = reader.types.indexOf('gap');
  assert.is((JSON.parse(reader.events[at + 1]?.data ?? '') as CommandEntry).sequence, gaps[0]?.from);
  await until(() => reader.of<Figures>('figures').at(-1)?.sequence === last + 1);
  assert.is(stats().slow, 0);
});

test('a reader that takes nothing for too long is cut off', async () => {
  const { run, stuck, read, stats } = await desk({ stuckMs: 200 });
  const socket = await stuck();
  const good = await read('/v1/events?types=command');
  const effect = 'w'.repeat(1000);
  while (stats().waiting === 0 && stats().cutOff === 0) {
    for (let i = 0; i < 100; i++) run.command(effect);
    await breath();
  }
  await until(() => stats().readers === 1);
  assert.is(stats().cutOff, 1);
  assert.is(stats().waiting, 0);
  const last = run.log.length;
  await until(() => good.sequences.length === last);
  socket.destroy();
});

test('readers are sent away when the server closes, whether they read or not', async () => {
  const { run, read, stuck, stats, close } = await desk({ lingerMs: 50 });
  const reader = await read();
  await stuck();
  while (stats().slow === 0) {
    for (let i = 0; i < 100; i++) run.command('w'.repeat(1000));
    await breath();
  }
  await until(() => reader.sequences.length === run.log.length);
  await close();
  await until(() => reader.isOver);
  assert.is(run.listeners.size, 0);
  assert.is(stats().readers, 0);
});

test('when the run is gone, so are its readers, and whoever comes is told', async () => {
  const { run, read, stats } = await desk();
  run.command();
  const first = await read('/v1/events?types=command');
  run.failure = new RunGone('gone');
  const second = await read('/v1/events?types=command&after=0');
  await until(() => second.isOver && stats().readers === 1);
  assert.not(first.isOver);
  const gone = new TalkingRun();
  gone.failure = new RunGone('gone');
  const other = await desk({}, gone);
  assert.is((await other.read()).response.statusCode, 503);
  // Nor is it for ever.
  gone.failure = undefined;
  assert.is((await other.read()).response.statusCode, 200);
});

test('a stream has no head of its own', async () => {
  const { port } = await desk();
  const status = await new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path: '/v1/events', method: 'HEAD', agent: false });
    asking.on('response', (response) => resolve(response.statusCode));
    asking.on('error', reject);
    asking.end();
  });
  assert.is(status, 404);
});

test.run();
