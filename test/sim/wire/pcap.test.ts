import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Capture, isProblem, readCapture } from '../../../sim/wire/index.ts';
import {
  block,
  classicCapture,
  enhancedPacket,
  interfaceBlock,
  join,
  option,
  sectionBlock,
  simplePacket,
} from '../../support/captures.ts';
import { hex, toHex } from '../../support/hex.ts';

const ipv4 = hex('4500 001c 1234 4000 4011 149b 0a00 0001 0a00 0002 0001 0002 0008 ebd8');
const ipv6 = hex(`6000 0000 0000 3b40 20010db8000000000000000000000001 20010db8000000000000000000000002`);
const macs = 'ffffffffffff 020000000001';

function read(bytes: Uint8Array): Capture {
  const capture = readCapture(bytes);
  if (isProblem(capture)) throw new Error(`${capture.problem} at ${capture.offset}`);
  return capture;
}

const times = (capture: Capture): readonly bigint[] => capture.packets.map(({ timeNs }) => timeNs);

test('classic captures: both byte orders, micro- and nanoseconds', () => {
  for (const little of [true, false]) {
    for (const nanos of [true, false]) {
      const frames = [{ seconds: 1_700_000_000, fraction: 123_456, data: ipv4 }];
      const capture = read(classicCapture(frames, { little, nanos, linkType: 101 }));
      const timeNs = nanos ? 1_700_000_000_000_123_456n : 1_700_000_000_123_456_000n;
      assert.equal(capture, { packets: [{ timeNs, ip: ipv4, originalIpLength: 28 }], skipped: 0 });
    }
  }
});

test('the IP packet is found behind every link header', () => {
  const samples: [number, Uint8Array, Uint8Array][] = [
    [1, join(hex(`${macs} 0800`), ipv4), ipv4],
    [1, join(hex(`${macs} 86dd`), ipv6), ipv6],
    [1, join(hex(`${macs} 8100 0064 0800`), ipv4), ipv4],
    [1, join(hex(`${macs} 88a8 0064 8100 0065 86dd`), ipv6), ipv6],
    [12, ipv4, ipv4],
    [101, ipv6, ipv6],
    [228, ipv4, ipv4],
    [229, ipv6, ipv6],
    [113, join(hex('0000 0001 0006 020000000001 0000 0800'), ipv4), ipv4],
    [276, join(hex('86dd 0000 00000002 0001 00 06 0200000000010000'), ipv6), ipv6],
    [0, join(hex('02000000'), ipv4), ipv4],
    [0, join(hex('0000001e'), ipv6), ipv6],
    [108, join(hex('00000018'), ipv6), ipv6],
  ];
  for (const [linkType, data, ip] of samples) {
    const { packets } = read(classicCapture([{ seconds: 0, fraction: 0, data }], { linkType }));
    assert.equal(packets, [{ timeNs: 0n, ip, originalIpLength: ip.length }], `link type ${linkType}`);
  }
});

test('padding is cut off; what was not captured still counts', () => {
  const padded = join(hex(`${macs} 0800`), ipv4, new Uint8Array(18));
  const long = ipv4.slice();
  long.set([0x05, 0xdc], 2);
  const cut = join(hex(`${macs} 0800`), long.subarray(0, 24));
  const capture = read(
    classicCapture([
      { seconds: 0, fraction: 0, data: padded },
      { seconds: 0, fraction: 1, data: cut, original: 1514 },
    ]),
  );
  assert.equal(
    capture.packets.map(({ ip, originalIpLength }) => [toHex(ip), originalIpLength]),
    [
      [toHex(ipv4), 28],
      [toHex(long.subarray(0, 24)), 1500],
    ],
  );
});

test('a length of 0 is one that the network card had still to fill in', () => {
  const unfinished = ipv4.slice();
  unfinished.set([0, 0], 2);
  const data = join(hex(`${macs} 0800`), unfinished);
  const { packets } = read(classicCapture([{ seconds: 0, fraction: 0, data, original: 20_014 }]));
  assert.is(packets[0]?.originalIpLength, 20_000);
});

test('frames without IP are counted', () => {
  const frames = [`${macs} 0806 0001`, `${macs} 0800 4500`, `${macs} 0800`, macs, '', `${macs} 8100 0064`];
  const capture = read(classicCapture(frames.map((text) => ({ seconds: 0, fraction: 0, data: hex(text) }))));
  assert.equal(capture, { packets: [], skipped: 6 });
});

test('pcapng: several interfaces, each with its link type, resolution and offset', () => {
  const seconds = hex('0a00000000000000'); // little endian: 10
  for (const little of [true, false]) {
    const offset = little ? seconds : seconds.slice().reverse();
    const file = join(
      sectionBlock(little),
      interfaceBlock(1, option(2, hex('65746830'), little), 0, little), // if_name, default microseconds
      interfaceBlock(101, join(option(9, hex('09'), little), option(0, hex(''), little)), 0, little),
      interfaceBlock(101, join(option(9, hex('8a'), little), option(14, offset, little)), 0, little),
      block(0x0bad, hex('010203'), little), // of an unknown type
      enhancedPacket(1, 1_700_000_000_123_456_789n, ipv4, little),
      enhancedPacket(0, 1_700_000_000_123_456n, join(hex(`${macs} 86dd`), ipv6), little),
      enhancedPacket(2, 1024n + 512n, ipv4, little),
    );
    const capture = read(file);
    assert.equal(times(capture), [1_700_000_000_123_456_789n, 1_700_000_000_123_456_000n, 11_500_000_000n]);
    assert.equal(
      capture.packets.map(({ ip }) => ip),
      [ipv4, ipv6, ipv4],
    );
  }
});

test('pcapng: what another kind of interface saw is skipped', () => {
  const file = join(
    sectionBlock(),
    interfaceBlock(189), // USB
    interfaceBlock(101),
    enhancedPacket(0, 0n, ipv4),
    enhancedPacket(1, 1n, ipv4),
  );
  assert.equal(read(file), { packets: [{ timeNs: 1000n, ip: ipv4, originalIpLength: 28 }], skipped: 1 });
});

test('pcapng: sections begin anew, in their own byte order', () => {
  const section = (little: boolean, ticks: bigint) =>
    join(
      sectionBlock(little),
      interfaceBlock(101, hex(''), 0, little),
      enhancedPacket(0, ticks, ipv4, little),
    );
  assert.equal(times(read(join(section(true, 1n), section(false, 2n)))), [1000n, 2000n]);
});

test('pcapng: a Simple Packet has the time of the one before, and the length that the interface lets it have', () => {
  const long = ipv4.slice();
  long.set([0x05, 0xdc], 2);
  const file = join(
    sectionBlock(),
    interfaceBlock(101, hex(''), 24),
    enhancedPacket(0, 5n, ipv4),
    simplePacket(long.subarray(0, 24), 1500),
  );
  const [, simple] = read(file).packets;
  assert.equal(simple, { timeNs: 5000n, ip: long.subarray(0, 24), originalIpLength: 1500 });
});

test('a broken file is described, with the offset', () => {
  const frames = [{ seconds: 0, fraction: 0, data: ipv4 }];
  const classic = classicCapture(frames, { linkType: 101 });
  const ng = join(sectionBlock(), interfaceBlock(101), enhancedPacket(0, 0n, ipv4));
  const samples: [Uint8Array, string, number][] = [
    [hex(''), '0 bytes, a capture begins with 4 magic ones', 0],
    [hex('47455420'), '0x47455420 begins neither a pcap nor a pcapng file', 0],
    [classic.subarray(0, 23), '23 bytes, a pcap file header has 24', 0],
    [classic.subarray(0, 39), 'the file ends in a packet header: 15 of 16 bytes', 24],
    [classic.subarray(0, 60), 'the file ends in a packet: 20 of 28 bytes', 24],
    [
      classicCapture([], { linkType: 105 }),
      'link type 105, known are 0, 108, 1, 113, 276, 12, 14, 101, 228, 229',
      20,
    ],
    [ng.subarray(0, 8), 'the file ends in a block: 8 bytes, at least 12', 0],
    [ng.subarray(0, 30), 'the file ends in a block: 2 bytes, at least 12', 28],
    [ng.subarray(0, 100), 'the file ends in a block: 52 of 60 bytes', 48],
    [join(sectionBlock(), enhancedPacket(0, 0n, ipv4)), 'interface 0, 0 are described', 36],
    [join(sectionBlock(), simplePacket(ipv4)), 'a packet before its interface', 28],
  ];
  for (const [bytes, problem, offset] of samples) assert.equal(readCapture(bytes), { problem, offset });
});

test.run();
