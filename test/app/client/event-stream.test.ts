import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EventStreamParser, readEvents, type StreamEvent } from '../../../app/client/event-stream.ts';

const parsed = (...pieces: readonly string[]): readonly StreamEvent[] => {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
};
const told = (...pieces: readonly string[]) => parsed(...pieces).map(({ type, data }) => [type, data]);

// The examples of WHATWG HTML, section 9.2.6.
test('lines of data are one event, and a line without a colon is a field without a value', () => {
  assert.equal(told('data: YHOO\ndata: +2\ndata: 10\n\n'), [['message', 'YHOO\n+2\n10']]);
  assert.equal(told('data\n\ndata\ndata\n\ndata:'), [
    ['message', ''],
    ['message', '\n'],
  ]);
  assert.equal(told('data:test\n\ndata: test\n\n'), [
    ['message', 'test'],
    ['message', 'test'],
  ]);
});

test('comments are no events, and an id without a value takes the last one back', () => {
  const text = ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n';
  assert.equal(parsed(text), [
    { type: 'message', data: 'first event', id: '1' },
    { type: 'message', data: 'second event', id: '' },
    { type: 'message', data: ' third event', id: '' },
  ]);
});

test('an event has the type that it names, and the next one not', () => {
  assert.equal(told('event: add\ndata: 73857293\n\ndata: 1\n\n'), [
    ['add', '73857293'],
    ['message', '1'],
  ]);
});

test('a type without data is no event', () => {
  assert.equal(told('event: clock\n\ndata: 1\n\n'), [['message', '1']]);
});

test('lines end with CR, LF or both, wherever the stream is cut', () => {
  const expected = [
    ['a', '1\n2'],
    ['message', '3'],
  ];
  for (const end of ['\n', '\r', '\r\n']) {
    const text = `event:a\ndata:1\ndata:2\n\ndata:3\n\n`.replaceAll('\n', end);
    // A lone CR at the very end may go on with LF.
    for (let cut = 0; cut <= text.length; cut++)
      assert.equal(told(text.slice(0, cut), text.slice(cut), ':\n'), expected, JSON.stringify([end, cut]));
    assert.equal(told(...text, ':\n'), expected);
  }
});

test('a byte order mark at the beginning is none of the text', () => {
  assert.equal(told('\uFEFFdata: 1\n\n'), [['message', '1']]);
});

test('an id with NUL and a retry that is no number are not taken', () => {
  const parser = new EventStreamParser('7');
  parser.push('id: 8\0\nretry: 1.5\ndata: x\n\n');
  assert.is(parser.lastEventId, '7');
  assert.is(parser.retryMs, null);
  parser.push('retry: 250\n\n');
  assert.is(parser.retryMs, 250);
});

test('an interrupted stream goes on after the last event, with the token', async () => {
  const asked: (string | undefined)[][] = [];
  const stop = new AbortController();
  const server = createServer((request, response: ServerResponse) => {
    asked.push([request.headers.authorization, request.headers['last-event-id'] as string | undefined]);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.end(`retry: 1\nid: ${asked.length}\nevent: command\ndata: ${asked.length}\n\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const seen: string[] = [];
  const states: string[] = [];
  await readEvents({
    url: `http://127.0.0.1:${port}/`,
    headers: () => ({ Authorization: 'Bearer secret' }),
    onEvent: ({ data }) => {
      seen.push(data);
      if (seen.length === 3) stop.abort();
    },
    onState: (state) => states.push(state),
    onRefused: () => false,
    signal: stop.signal,
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  assert.equal(seen, ['1', '2', '3']);
  assert.equal(asked, [
    ['Bearer secret', undefined],
    ['Bearer secret', '1'],
    ['Bearer secret', '2'],
  ]);
  assert.equal(states, ['open', 'waiting', 'open', 'waiting', 'open']);
});

test('a refusal is told, and ends it when nobody wants to try again', async () => {
  const server = createServer((_, response) => response.writeHead(401).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const refusals: number[] = [];
  await readEvents({
    url: `http://127.0.0.1:${port}/`,
    headers: () => ({}),
    onEvent: () => assert.unreachable(),
    onState: () => assert.unreachable(),
    onRefused: (status) => {
      refusals.push(status);
      return false;
    },
    signal: new AbortController().signal,
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  assert.equal(refusals, [401]);
});

test.run();
