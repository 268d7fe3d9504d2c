/**
 * How a served run bears many commands: `npm run load [-- --seconds 60 --rate 2000 --connections 50 --idle 100 --stuck 10]`.
 *
 * Starts `netpersona serve` at full speed, measures how fast the simulation goes alone, then under the commands, then alone again.
 * Every connection changes a personality of its own, one change after the other; at the end the record of commands must have every
 * answered change once and in order. Prints one line of JSON; exit code 1 when something was lost or out of order.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '2000' },
    connections: { type: 'string', default: '50' },
    idle: { type: 'string', default: '100' },
    stuck: { type: 'string', default: '10' },
  },
});
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const perConnection = Number(values.rate) / connections;

const SCENARIO = `
name: load
seed: 1
duration: 1h
networks:
  - { id: net, subnet: 10.0.0.0/24 }
hosts: [a, b]
vms:
  - { id: one, network: net, ip: 10.0.0.1, host: a }
  - { id: two, network: net, ip: 10.0.0.2, host: b }
personalities:
  line: { latencyMs: 20, jitterMs: 2, packetLossPercentage: 0.01, bandwidthKbps: 50000 }
assignments: { one: line, two: line }
traffic:
  - { id: there, kind: poisson, from: one, to: two, rate: 30Mbit, packetSize: 1000B }
  - { id: back, kind: poisson, from: two, to: one, rate: 30Mbit, packetSize: 1000B }
`;

const folder = mkdtempSync(join(tmpdir(), 'netpersona-load-'));
writeFileSync(join(folder, 'load.yaml'), SCENARIO);
const server = spawn(
  process.execPath,
  [
    join(root, 'dist', 'app', 'main.js'),
    'serve',
    join(folder, 'load.yaml'),
    '--port',
    '0',
    '--speed',
    'max',
    '--duration',
    'none',
    '--quiet',
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
process.on('exit', () => server.kill('SIGKILL'));
const address = await new Promise((resolve, reject) => {
  let text = '';
  server.stdout.on('data', (chunk) => {
    text += chunk;
    if (text.includes('\n')) resolve(new URL(text.trim()));
  });
  server.on('exit', (code) => reject(new Error(`the server ended with code ${code}`)));
});

/**
 * A connection that stays, with a request at a time; answers status, headers, body. By hand, since what this program takes of the
 * processors the server has not.
 */
class Connection {
  #socket = undefined;
  #received = Buffer.alloc(0);
  #resolve = undefined;
  #reject = undefined;

  /** The server closes those that rest for long. */
  #open() {
    const socket = connect(Number(address.port), address.hostname);
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => this.#reject?.(error));
    socket.on('close', () => {
      this.#socket = undefined;
      this.#reject?.(new Error('the server has closed a connection that waited for an answer'));
    });
    return socket;
  }

  call(method, path, body) {
    const text = body === undefined ? '' : JSON.stringify(body);
    const type = body === undefined ? '' : 'Content-Type: application/json\r\n';
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket ??= this.#open();
      this.#socket.write(
        `${method} ${path} HTTP/1.1\r\nHost: ${address.host}\r\n${type}Content-Length: ${text.length}\r\n\r\n${text}`,
      );
    });
  }

  end() {
    this.#reject = undefined;
    this.#socket?.destroy();
  }

  /** Answers come with a length; a missing one fails the program. */
  #read(chunk) {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)[1]);
    if (this.#received.length < end + 4 + length) return;
    const text = this.#received.toString('utf8', end + 4, end + 4 + length);
    this.#received = this.#received.subarray(end + 4 + length);
    const at = /\r\nnetpersona-at: (\d+)/i.exec(head)?.[1];
    this.#reject = undefined;
    this.#resolve({ status: Number(head.slice(9, 12)), at: Number(at), text });
  }
}

const lines = Array.from({ length: connections }, () => new Connection());
const aside = new Connection();

const events = async () => JSON.parse((await aside.call('GET', '/v1/stats')).text).totals.events;
/** Events of the simulation in a real second. */
async function pace(forSeconds) {
  const [from, began] = [await events(), performance.now()];
  await sleep(forSeconds * 1000);
  return ((await events()) - from) / ((performance.now() - began) / 1000);
}
/** Of the server's process, in MB. */
const memory = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;

/** Readers of the event stream: the idle ones read, the stuck ones never do. */
function reader(isStuck) {
  const socket = connect(Number(address.port), address.hostname, () => {
    socket.write(`GET /v1/events HTTP/1.1\r\nHost: ${address.host}\r\nAccept: text/event-stream\r\n\r\n`);
    if (isStuck) socket.pause();
    else socket.resume();
  });
  socket.on('error', () => {});
  return socket;
}

for (const [i, line] of lines.entries()) {
  const { status } = await line.call('POST', '/v1/personalities', { id: `c${i}`, latencyMs: 0 });
  if (status !== 201) throw new Error(`a personality could not be made: ${status}`);
}
await sleep(2000);
const alone = await pace(8);
const readers = [
  ...Array.from({ length: Number(values.idle) }, () => reader(false)),
  ...Array.from({ length: Number(values.stuck) }, () => reader(true)),
];
await sleep(1000);

const latencies = [];
const answered = new Array(connections).fill(0);
let refused = 0;
const memories = [memory()];
const until = performance.now() + seconds * 1000;

async function commander(line, i) {
  const began = performance.now() + (i / connections) * (1000 / perConnection);
  let at = -1;
  for (let k = 1; ; k++) {
    const due = began + (k * 1000) / perConnection;
    if (due > until) return;
    const wait = due - performance.now();
    if (wait > 1) await sleep(wait);
    const sent = performance.now();
    const answer = await line.call('PUT', `/v1/personalities/c${i}`, { latencyMs: k });
    latencies.push(performance.now() - sent);
    if (answer.status !== 200) {
      refused++;
      continue;
    }
    const now = answer.at;
    if (!(now >= at)) throw new Error(`c${i}: command ${k} took effect at ${now}, the one before at ${at}`);
    at = now;
    answered[i] = k;
  }
}

const commanding = Promise.all(lines.map(commander));
const watching = setInterval(() => memories.push(memory()), 2000);
const under = await pace(seconds - 2);
await commanding;
clearInterval(watching);
for (const socket of readers) socket.destroy();

// Every answered change is on the record, once, in its order.
const seen = new Array(connections).fill(0);
let lost = 0;
let reordered = 0;
for (let after = 0; ; ) {
  const { commands } = JSON.parse((await aside.call('GET', `/v1/commands?after=${after}&limit=1000`)).text);
  if (commands.length === 0) break;
  for (const { sequence, command, subject, effect } of commands) {
    if (sequence !== after + 1) lost += sequence - after - 1;
    after = sequence;
    if (command !== 'replace') continue;
    const i = Number(subject.slice(1));
    const k = Number(/-> (\d+)/.exec(effect)?.[1]);
    if (k <= seen[i]) reordered++;
    else lost += k - seen[i] - 1;
    seen[i] = k;
  }
}
for (const [i, k] of answered.entries()) if (seen[i] < k) lost += k - seen[i];
await sleep(1000);
const after = await pace(8);

latencies.sort((a, b) => a - b);
const quantile = (q) =>
  Number(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))].toFixed(2));
const third = Math.ceil(memories.length / 3);
const mean = (list) => Number((list.reduce((a, b) => a + b, 0) / list.length).toFixed(1));
console.log(
  JSON.stringify({
    commands: latencies.length,
    perSecond: Math.round(latencies.length / seconds),
    refused,
    lost,
    reordered,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    maxMs: quantile(1),
    eventsPerSecond: { alone: Math.round(alone), under: Math.round(under), after: Math.round(after) },
    slowdown: Number((1 - under / ((alone + after) / 2)).toFixed(3)),
    memoryMB: {
      first: mean(memories.slice(0, third)),
      last: mean(memories.slice(-third)),
      most: Math.round(Math.max(...memories)),
    },
  }),
);
for (const line of [...lines, aside]) line.end();
server.kill('SIGINT');
await new Promise((resolve) => server.on('exit', resolve));
rmSync(folder, { recursive: true, force: true });
process.exit(lost + reordered + refused > 0 ? 1 : 0);
