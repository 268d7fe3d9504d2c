import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Address,
  broadcastAddress,
  contains,
  formatAddress,
  isUsableHost,
  networkAddress,
  nthHost,
  overlaps,
  parseAddress,
  parsePrefix,
  prefixText,
  readAddress,
  usableHosts,
  type WrittenPrefix,
  writeAddress,
} from '../../sim/address.ts';
import { hex, toHex } from '../support/hex.ts';

const address = (text: string): Address => {
  const parsed = parseAddress(text);
  assert.ok(parsed, text);
  return parsed;
};
const prefix = (text: string): WrittenPrefix => {
  const parsed = parsePrefix(text);
  assert.ok(parsed, text);
  return parsed;
};
const text = (parsed: Address | null): string | null => parsed && formatAddress(parsed);

test('IPv4 is four decimal octets', () => {
  assert.equal(address('192.0.2.1'), { family: 4, value: 0xc0000201n });
  assert.equal(address('255.255.255.255'), { family: 4, value: 0xffffffffn });
  for (const good of ['0.0.0.0', '10.0.0.1', '255.255.255.255']) assert.is(text(address(good)), good);
});

test('what is not quite an IPv4 address is none', () => {
  const bad = [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '01.2.3.4',
    '1.2.3.04',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.4\n',
  ];
  bad.push(
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '+1.2.3.4',
    '-1.2.3.4',
    '0x1.2.3.4',
    '1e1.2.3.4',
    '1.2.3.4/32',
    'a.b.c.d',
  );
  for (const sample of bad) assert.is(parseAddress(sample), null, JSON.stringify(sample));
});

test('IPv6 is read in every form of RFC 4291 and written in the one of RFC 5952', () => {
  const samples: [string, string][] = [
    ['ABCD:EF01:2345:6789:ABCD:EF01:2345:6789', 'abcd:ef01:2345:6789:abcd:ef01:2345:6789'],
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['FF01:0:0:0:0:0:0:101', 'ff01::101'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:13.1.68.3', '::d01:4403'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // one zero group is not shortened
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'], // the longest run
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], // the first of two
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['1::', '1::'],
    ['fd00:2:0:100::a00:1', 'fd00:2:0:100::a00:1'],
  ];
  for (const [written, canonical] of samples) assert.is(text(address(written)), canonical);
});

test('what is not quite an IPv6 address is none', () => {
  const bad = [
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    'g::',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
  ];
  bad.push(
    '1:2:3:4::5:6:7:8',
    '::1 ',
    ' ::1',
    '[::1]',
    '::1.2.3',
    '::01.2.3.4',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1/64',
    '::-1',
  );
  for (const sample of bad) assert.is(parseAddress(sample), null, sample);
});

test('zone ids and IPv4-mapped addresses are refused', () => {
  for (const sample of [
    'fe80::1%eth0',
    'fe80::1%1',
    '::ffff:10.0.0.1',
    '::ffff:a00:1',
    '0:0:0:0:0:ffff:0:0',
  ]) {
    assert.is(parseAddress(sample), null, sample);
  }
  assert.is(parsePrefix('::ffff:0:0/96'), null);
  assert.is(formatAddress({ family: 6, value: 0xffff_c000_0201n }), '::ffff:192.0.2.1');
});

test('a prefix keeps its bits and tells of others', () => {
  assert.equal(prefix('10.0.0.0/24'), { family: 4, value: 0x0a000000n, length: 24, hostBits: false });
  assert.is(prefix('10.0.0.5/24').hostBits, true);
  assert.is(prefixText(prefix('10.0.0.5/24')), '10.0.0.0/24');
  assert.is(prefixText(prefix('2001:DB8::/32')), '2001:db8::/32');
  assert.is(prefix('2001:db8::1/64').hostBits, true);
  assert.is(prefix('0.0.0.0/0').value, 0n);
  const bad = [
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/024',
    '10.0.0.0/ 24',
    '10.0.0.0/-1',
    '10.0.0.0/24/24',
  ];
  bad.push('::/129', '::/1e1', '/24', '10.0.0/24', '10.0.0.0/255.255.255.0', 'fe80::%1/64');
  for (const sample of bad) assert.is(parsePrefix(sample), null, sample);
});

test('a prefix contains the addresses that begin like it, of its own family', () => {
  assert.ok(contains(prefix('10.0.0.0/24'), address('10.0.0.255')));
  assert.not(contains(prefix('10.0.0.0/24'), address('10.0.1.0')));
  assert.ok(contains(prefix('0.0.0.0/0'), address('255.1.2.3')));
  assert.not(contains(prefix('0.0.0.0/0'), address('::1')));
  assert.ok(contains(prefix('2001:db8::/64'), address('2001:db8::ffff:ffff:ffff:ffff')));
  assert.not(contains(prefix('2001:db8::/64'), address('2001:db8:0:1::')));
});

test('prefixes overlap when one contains the other', () => {
  assert.ok(overlaps(prefix('10.0.0.0/8'), prefix('10.1.0.0/16')));
  assert.ok(overlaps(prefix('10.1.0.0/16'), prefix('10.0.0.0/8')));
  assert.not(overlaps(prefix('10.0.0.0/16'), prefix('10.1.0.0/16')));
  assert.not(overlaps(prefix('0.0.0.0/0'), prefix('::/0')));
});

test('the usable hosts of a prefix', () => {
  const samples: [string, bigint, string, string][] = [
    ['10.0.0.0/24', 254n, '10.0.0.1', '10.0.0.254'],
    ['10.0.0.0/30', 2n, '10.0.0.1', '10.0.0.2'],
    ['10.0.0.0/31', 2n, '10.0.0.0', '10.0.0.1'],
    ['10.0.0.7/32', 1n, '10.0.0.7', '10.0.0.7'],
    ['0.0.0.0/0', 2n ** 32n - 2n, '0.0.0.1', '255.255.255.254'],
    ['2001:db8::/64', 2n ** 64n - 1n, '2001:db8::1', '2001:db8::ffff:ffff:ffff:ffff'],
    ['2001:db8::/126', 3n, '2001:db8::1', '2001:db8::3'],
    ['2001:db8::/127', 2n, '2001:db8::', '2001:db8::1'],
    ['2001:db8::9/128', 1n, '2001:db8::9', '2001:db8::9'],
  ];
  for (const [written, count, first, last] of samples) {
    const subnet = prefix(written);
    assert.is(usableHosts(subnet), count, written);
    assert.is(text(nthHost(subnet, 0)), first);
    assert.is(text(nthHost(subnet, count - 1n)), last);
    assert.is(nthHost(subnet, count), null);
    assert.is(nthHost(subnet, -1), null);
    assert.ok(isUsableHost(subnet, address(first)));
    assert.ok(isUsableHost(subnet, address(last)));
  }
});

test('nobody has the network or the broadcast address', () => {
  const subnet = prefix('10.0.0.0/24');
  assert.is(text(networkAddress(subnet)), '10.0.0.0');
  assert.is(text(broadcastAddress(subnet)), '10.0.0.255');
  assert.not(isUsableHost(subnet, address('10.0.0.0')));
  assert.not(isUsableHost(subnet, address('10.0.0.255')));
  assert.not(isUsableHost(subnet, address('10.0.1.1')));
  assert.not(isUsableHost(prefix('2001:db8::/64'), address('2001:db8::')));
  for (const none of ['10.0.0.0/31', '10.0.0.0/32', '2001:db8::/64'])
    assert.is(broadcastAddress(prefix(none)), null);
});

test('addresses are written in network order', () => {
  const bytes = new Uint8Array(21).fill(0xee);
  assert.is(writeAddress(address('10.0.200.1'), bytes, 1), 4);
  assert.is(writeAddress(address('2001:db8::8000:1'), bytes, 5), 16);
  assert.is(toHex(bytes), 'ee0a00c80120010db8000000000000000080000001');
  assert.equal(readAddress(bytes, 1, 4), address('10.0.200.1'));
  assert.equal(readAddress(bytes, 5, 6), address('2001:db8::8000:1'));
  assert.is(text(readAddress(hex('ffffffff'), 0, 4)), '255.255.255.255');
});

test.run();
