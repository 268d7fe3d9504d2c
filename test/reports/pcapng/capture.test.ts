import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, seconds } from '../../../engine/index.ts';
import type { Summary } from '../../../reports/index.ts';
import { type CaptureOptions, CaptureSink } from '../../../reports/pcapng/capture.ts';
import {
  ENDED_AT,
  FATE_SHIFT,
  Fate,
  FLAGS,
  HOP,
  ID,
  ORIGIN_SHIFT,
  Origin,
  SENT_AT,
  type WorldSpec,
} from '../../../sim/index.ts';
import { World } from '../../../sim/world.ts';
import { flow, network, once, personal, route, vm, worldSpec } from '../../support/world.ts';
import { Files } from '../support.ts';
import { type MiniCapture, type MiniPacket, readMini } from './mini-reader.ts';

async function capture(parts: Partial<WorldSpec>, options: CaptureOptions = {}): Promise<MiniCapture> {
  const files = new Files();
  const world = new World(worldSpec(parts), { until: seconds(10), interval: seconds(1) });
  const sink = new CaptureSink(world, files.open, options);
  world.attach(sink);
  await world.run();
  sink.finish({} as Summary, []);
  assert.ok(files.closed.has('capture.pcapng'));
  return readMini(Buffer.concat(files.bytes.get('capture.pcapng')!));
}

const text = (values: ReadonlyMap<number, readonly Buffer[]>, code: number): string =>
  values.get(code)?.[0]?.toString() ?? '';
const nameOf = ({ interfaces }: MiniCapture, { interfaceId }: MiniPacket): string =>
  text(interfaces[interfaceId]!.options, 2);
/** `a 0 #1 stream …`, a line a packet: interface, time in ms, comment. */
const story = (found: MiniCapture): string[] =>
  found.packets.map((packet) => `${nameOf(found, packet)} ${packet.time / 1e6} ${packet.comment}`);

test('a section by netpersona, and an interface for every attachment of a VM', async () => {
  const found = await capture({
    networks: [network('n', '10.0.0.0/24'), network('m', '2001:db8::/64')],
    vms: [vm('a', '10.0.0.1'), vm('g', { n: '10.0.0.9', m: '2001:db8::9' })],
  });
  assert.is(text(found.section, 4), 'netpersona');
  assert.equal(
    found.interfaces.map(({ options }) => text(options, 2)),
    ['a', 'g n', 'g m'],
  );
  for (const { linkType, snapLength, options } of found.interfaces) {
    assert.is(linkType, 101);
    assert.ok(snapLength >= 65535 + 64);
    assert.equal([...options.get(9)![0]!], [9]);
  }
  assert.equal([...found.interfaces[1]!.options.get(4)![0]!], [10, 0, 0, 9, 255, 255, 255, 0]);
  const ipv6 = found.interfaces[2]!.options.get(5)![0]!;
  assert.is(ipv6.toString('hex'), '20010db800000000000000000000000940');
  assert.is(found.packets.length, 0);
});

test('a delivered packet stands where it was sent and where it arrived, to the nanosecond', async () => {
  // 33 bytes: three bytes of padding. 1,234,567 ns of delay.
  const found = await capture({ ...personal({ b: { latencyMs: 1.234567 } }), traffic: [once(33)] });
  assert.equal(story(found), [
    'a 0 #1 cbr 0 delivered after 1.2 ms',
    'b 1.234567 #1 cbr 0 delivered after 1.2 ms',
  ]);
  for (const { bytes, original, options } of found.packets) {
    assert.is(bytes.length, 33);
    assert.is(original, 33);
    assert.is(options.get(5)![0]!.readBigUInt64LE(0), 1n);
  }
  const [sent, arrived] = found.packets;
  assert.is(sent!.options.get(2)![0]!.readUInt32LE(0), 2, 'outbound');
  assert.is(arrived!.options.get(2)![0]!.readUInt32LE(0), 1, 'inbound');
  assert.ok(sent!.bytes.equals(arrived!.bytes));
  // Version and length of the header, total length, TTL, UDP, from 10.0.0.1 to 10.0.0.2.
  assert.match(sent!.bytes.toString('hex'), /^45000021.{8}4011.{4}0a0000010a000002/);
});

test('times beyond 2^32 ns, and all of them in order', async () => {
  const found = await capture({
    ...personal({ b: { latencyMs: 4000, jitterMs: 3999, 'jitter.preserveOrder': false } }),
    traffic: [flow('cbr', { interval: ms(100), packetSize: 100 })],
  });
  const times = found.packets.map(({ time }) => time);
  assert.ok(times.length > 100);
  assert.ok(times.at(-1)! > 2 ** 32);
  assert.equal(
    times,
    [...times].sort((a, b) => a - b),
  );
});

test('what was dropped is there when asked for, with the reason and the stage', async () => {
  const parts = { ...personal({ b: { packetLossPercentage: 1 } }), traffic: [once(100)] };
  assert.equal((await capture(parts)).packets, []);
  assert.equal(story(await capture(parts, { dropped: true })), [
    'a 0 #1 cbr 0 dropped: loss (loss stage towards b) after 0 ns',
  ]);
  const inFlight = { ...personal({ b: { latencyMs: 20_000 } }), traffic: [once(100)] };
  assert.equal(story(await capture(inFlight, { dropped: true })), [
    'a 0 #1 cbr 0 in flight when the run ended, after 10.0 s',
  ]);
});

test('a copy has no sender', async () => {
  const parts = { ...personal({ b: { duplicatePacketPercentage: 1 } }), traffic: [once(100)] };
  assert.equal(story(await capture(parts)).sort(), [
    'a 0 #1 cbr 0 delivered after 0 ns',
    'b 0 #1 cbr 0 delivered after 0 ns',
    'b 0 #2 cbr 0 (copy of #1) delivered after 0 ns',
  ]);
});

test('a whole is sent, fragments arrive when they arrive', async () => {
  // 980 bytes of payload in 552 and 428; at 8 kbit/s, a byte a millisecond, 572 and then 448 bytes.
  const found = await capture({
    ...personal({ b: { mtu: 576, bandwidthKbps: 8, 'bandwidth.model': 'serialize' } }),
    traffic: [once(1000)],
  });
  assert.equal(story(found), [
    'a 0 #1 cbr 0 replaced by its fragments after 0 ns',
    'b 572 #2 cbr 0 (fragment of #1) arrived, part of a whole after 1.0 s',
    'b 1020 #3 cbr 0 (fragment of #1) arrived, part of a whole after 1.0 s',
  ]);
  assert.equal(
    found.packets.map(({ bytes }) => bytes.length),
    [1000, 572, 448],
  );
});

test('a corrupted packet was right when it was sent, and arrives with other bits', async () => {
  const parts = { ...personal({ b: { 'corrupt.percentage': 1 } }), traffic: [once(100)] };
  const found = await capture(parts, { dropped: true });
  const words =
    '#1 cbr 0 dropped: checksum (IP host of b) after 0 ns, corrupted: bits flipped, a checksum is wrong';
  assert.equal(story(found), [`a 0 ${words}`, `b 0 ${words}`]);
  const [sent, arrived] = found.packets;
  let flipped = 0;
  for (let i = 0; i < 100; i++) {
    for (let bits = sent!.bytes[i]! ^ arrived!.bytes[i]!; bits !== 0; bits &= bits - 1) flipped++;
  }
  assert.is(flipped, 1);
});

test('what routers took off the TTL is still on it where it was sent', async () => {
  const found = await capture({
    networks: [
      network('n', '10.0.0.0/24', [route('10.1.0.0/24', 'g')]),
      network('m', '10.1.0.0/24', [route('10.0.0.0/24', 'g')]),
    ],
    vms: [
      vm('a', '10.0.0.1'),
      vm('b', { m: '10.1.0.2' }),
      vm('g', { n: '10.0.0.9', m: '10.1.0.9' }, { forwards: true }),
    ],
    traffic: [once(100)],
  });
  assert.equal(
    found.packets.map((packet) => [nameOf(found, packet), packet.bytes[8]]),
    [
      ['a', 64],
      ['b', 63],
    ],
  );
});

test('the substrate has an interface a direction, and IPv6 packets', async () => {
  const found = await capture(
    { ...personal({ b: { latencyMs: 5 } }), traffic: [once(100)] },
    { substrate: true },
  );
  assert.equal(story(found), [
    'a 0 #1 cbr 0 delivered after 5.0 ms',
    'h1>h2 5 #1 cbr 0 leaves h1 for h2',
    'b 5 #1 cbr 0 delivered after 5.0 ms',
  ]);
  const outer = found.packets[1]!;
  assert.is(outer.options.has(2), false);
  // IPv6 for IPv4: a header of 40 bytes instead of 20. Addresses begin with fd00 and the host's number.
  assert.is(outer.bytes.length, 120);
  assert.match(outer.bytes.toString('hex'), /^6.{15}fd000001.{24}fd000002/);
});

test('what nobody wants to see does not hold up what waits for its turn', () => {
  const writes: number[] = [];
  const world = new World(worldSpec(), { until: seconds(1), interval: seconds(1) });
  const open = () => ({ write: (bytes: Uint8Array) => void writes.push(bytes.length), close: () => {} });
  const sink = new CaptureSink(world, open);
  const { packets, fabric, system } = world;
  const [a, b] = [0, 1].map((index) => system.primaryAddress[index]!) as [number, number];
  const row = fabric.vms[0]!.datagram(-1, 0, a, b, 9000, 60_000, 0, 64);
  const tell = (id: number, sentNs: number, fate: Fate, origin: Origin): void => {
    const { ints, doubles } = packets;
    doubles[(row >> 1) + ID] = id;
    doubles[(row >> 1) + SENT_AT] = sentNs;
    doubles[(row >> 1) + ENDED_AT] = sentNs + 1;
    ints[row + HOP] = 1;
    ints[row + FLAGS] = (origin << ORIGIN_SHIFT) | (fate << FATE_SHIFT);
    sink.ended({ length: 1, packets: Int32Array.of(row), ints, doubles });
  };
  // Of each pair the original is lost behind the place where its copy was made.
  for (let pair = 0; pair < 100; pair++) {
    tell(2 * pair + 2, pair * 100, Fate.delivered, Origin.copy);
    tell(2 * pair + 1, pair * 100, Fate.queue, Origin.sent);
  }
  const written = writes.reduce((sum, length) => sum + length, 0);
  assert.ok(written > 90 * 60_000, `${written} bytes before the end`);
});

test('a run that fails leaves a closed file', () => {
  const files = new Files();
  const world = new World(worldSpec(), { until: seconds(1), interval: seconds(1) });
  new CaptureSink(world, files.open).abandon();
  assert.ok(files.closed.has('capture.pcapng'));
});

test.run();
