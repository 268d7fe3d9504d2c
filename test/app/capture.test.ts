/** Whether Wireshark's own dissectors see in `capture.pcapng` what `packets.csv` says. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FileWriter } from '../../app/files.ts';
import { loadPrograms } from '../../app/programs.ts';
import { folderOf, loadScenario } from '../../app/scenario-file.ts';
import { Session } from '../../app/session.ts';
import { type CaptureOptions, CaptureSink } from '../../reports/index.ts';
import type { Overrides, Scenario } from '../../scenarios/index.ts';
import { formatAddress, type World } from '../../sim/index.ts';
import { Files } from '../reports/support.ts';

const TSHARK = '/usr/bin/tshark';
const hasTshark = existsSync(TSHARK);
if (!hasTshark) console.log(`skipped: there is no ${TSHARK}`);
const check = hasTshark ? test : test.skip;

const FIELDS = [
  'frame.number',
  'frame.packet_id',
  'frame.time_epoch',
  'frame.time_delta',
  'frame.interface_name',
  'frame.packet_flags_direction',
  'frame.len',
  'frame.comment',
  'ip.src',
  'ipv6.src',
  'ip.dst',
  'ipv6.dst',
  'ip.len',
  'ipv6.plen',
  'ip.reassembled.length',
  'ipv6.reassembled.length',
  'ip.checksum.status',
  'udp.checksum.status',
  'icmp.checksum.status',
  'icmpv6.checksum.status',
] as const;
type Frame = Readonly<Record<(typeof FIELDS)[number], string>>;

const INBOUND = '0x00000001';
const OUTBOUND = '0x00000002';
/** Wireshark's words for a checksum: PROTO_CHECKSUM_E_BAD, _GOOD. */
const BAD = '0';
const GOOD = '1';

interface Found {
  readonly world: World;
  readonly frames: readonly Frame[];
  /** What the dissectors have to say from notes up, a line each. */
  readonly remarks: readonly string[];
  /** Of packets.csv, by column. */
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly scenario: Scenario;
}

async function run(name: string, options: CaptureOptions = {}, overrides: Overrides = {}): Promise<Found> {
  const file = `scenarios/library/${name}.yaml`;
  const scenario = loadScenario(file, overrides);
  const folder = mkdtempSync(join(tmpdir(), 'netpersona-capture-'));
  try {
    const files = new Files();
    const path = join(folder, 'capture.pcapng');
    const session = new Session(scenario, {
      programs: await loadPrograms(scenario, folderOf(file)),
      open: files.open,
      packets: true,
      artefacts: (world) => [new CaptureSink(world, () => new FileWriter(path), options)],
    });
    await session.run();
    return { world: session.world, scenario, rows: rowsOf(files.text('packets.csv')), ...dissect(path) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function dissect(path: string): Pick<Found, 'frames' | 'remarks'> {
  const settings = ['ip.check_checksum:TRUE', 'udp.check_checksum:TRUE'].flatMap((each) => ['-o', each]);
  const wanted = FIELDS.flatMap((field) => ['-e', field]);
  const output = execFileSync(
    TSHARK,
    // Without the profile of whoever runs the tests; of a field that an ICMP error quotes again, the first.
    ['-n', '-r', path, ...settings, '-T', 'fields', '-E', 'occurrence=f', ...wanted, '-z', 'expert,note'],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { HOME: join(path, '..') },
    },
  );
  const lines = output.split('\n').filter((line) => line !== '');
  const frames = lines.filter((line) => line.includes('\t'));
  const table = lines.filter((line) => !line.includes('\t'));
  return {
    frames: frames.map((line) => {
      const values = line.split('\t');
      return Object.fromEntries(FIELDS.map((field, i) => [field, values[i] ?? ''])) as Frame;
    }),
    // Without headings and rules.
    remarks: table.filter((line) => /^ +\d/.test(line)),
  };
}

function rowsOf(csv: string): Readonly<Record<string, string>>[] {
  const [header = '', ...lines] = csv.trimEnd().split('\n');
  const columns = header.split(',');
  return lines.map((line) => {
    const values = line.split(',');
    return Object.fromEntries(columns.map((column, i) => [column, values[i] ?? '']));
  });
}

/** `1.000000005`: as many digits as there are nanoseconds. */
const nanos = (time: string): number => Number(BigInt(time.replace('.', '')));

/** By VM: the addresses that it may send from, those of its pools among them. */
function addressesOf({ system }: World): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    system.vms.map((id, vm) => {
      const own = system.interfacesOf(vm).map((address) => formatAddress(system.valueOf(address)));
      const pools = system.poolsOf(vm).map((pool) => system.pools[pool]!.spec.address);
      return [id, new Set([...own, ...pools])];
    }),
  );
}

/** The checksum of whatever it is behind the IP header; of a fragment that is not the last: empty. An ICMP error quotes UDP. */
const transport = (frame: Frame): string =>
  frame['icmp.checksum.status'] || frame['icmpv6.checksum.status'] || frame['udp.checksum.status'];

/** The length of the IP packet, or of the whole that the frame completes. */
function lengthOf(frame: Frame): string {
  if (frame['ip.reassembled.length'] !== '') return String(20 + Number(frame['ip.reassembled.length']));
  if (frame['ipv6.reassembled.length'] !== '') return String(40 + Number(frame['ipv6.reassembled.length']));
  return frame['ip.len'] === '' ? String(40 + Number(frame['ipv6.plen'])) : frame['ip.len'];
}

const isFragment = (frame: Frame): boolean => frame['frame.comment'].includes('(fragment of #');

/** Every delivered packet of packets.csv against what Wireshark makes of the receivers' interfaces. */
function agree({ frames, rows, world }: Found): void {
  const arrived = frames.filter(
    (frame) =>
      frame['frame.packet_flags_direction'] === INBOUND &&
      transport(frame) !== '' &&
      !frame['frame.comment'].includes(' dropped: '),
  );
  const delivered = rows.filter(({ fate }) => fate === 'delivered');
  assert.ok(delivered.length > 0);
  assert.is(arrived.length, delivered.length);
  // A whole has another id than the fragment that completes it: there, instant and length are enough.
  const key = (time: number, length: string): string => `${time} ${length}`;
  const byId = new Map(
    arrived.filter((each) => !isFragment(each)).map((each) => [each['frame.packet_id'], each]),
  );
  const wholes = new Map<string, Frame[]>();
  for (const frame of arrived.filter(isFragment)) {
    const place = key(nanos(frame['frame.time_epoch']), lengthOf(frame));
    wholes.set(place, [...(wholes.get(place) ?? []), frame]);
  }
  const addresses = addressesOf(world);
  for (const row of delivered) {
    const frame = byId.get(row['id']!) ?? wholes.get(key(Number(row['deliveredNs']), row['size']!))?.shift();
    const receiver = row['routedTo']!.split('>').at(-1)!;
    assert.ok(frame !== undefined, `packet ${row['id']} is not in the capture`);
    assert.is(nanos(frame['frame.time_epoch']), Number(row['deliveredNs']));
    assert.is(lengthOf(frame), row['size']);
    if (!isFragment(frame)) assert.is(frame['frame.len'], row['size']);
    assert.ok(addresses.get(row['from']!)?.has(frame['ip.src'] || frame['ipv6.src']), `from ${row['from']}`);
    assert.ok(addresses.get(receiver)?.has(frame['ip.dst'] || frame['ipv6.dst']), `to ${receiver}`);
    assert.is(frame['frame.interface_name'].split(' ')[0], receiver);
    assert.is(frame['ip.checksum.status'], frame['ip.src'] === '' ? '' : GOOD);
    assert.is(transport(frame), GOOD);
  }
  const sent = new Map(
    frames
      .filter((frame) => frame['frame.packet_flags_direction'] === OUTBOUND)
      .map((frame) => [frame['frame.packet_id'], frame]),
  );
  // Copies and wholes have no sender of their own.
  for (const row of delivered.filter(({ id, copyOf }) => byId.has(id!) && copyOf === '')) {
    const frame = sent.get(row['id']!);
    assert.ok(frame !== undefined, `packet ${row['id']} was not sent`);
    assert.is(nanos(frame['frame.time_epoch']), Number(row['sentNs']));
    assert.is(frame['frame.len'], row['size']);
    assert.is(frame['frame.interface_name'].split(' ')[0], row['from']);
    assert.is(transport(frame), GOOD);
  }
}

function inOrder({ frames }: Found): void {
  assert.equal(
    frames.filter((frame) => frame['frame.time_delta'].startsWith('-')),
    [],
  );
}

for (const name of [
  'seven-fields',
  'ipv6-only',
  'path-mtu-black-hole',
  'transatlantic-web',
  'overlapping-tenants',
  'own-program',
  'pool-failover',
  'link-reroute',
]) {
  check(`tshark agrees with packets.csv on ${name}, and has nothing to remark`, async () => {
    const found = await run(name, {}, { until: 3e9 });
    agree(found);
    inOrder(found);
    assert.equal(found.remarks, []);
  });
}

check('with everything that was dropped, and with the substrate, it agrees as well', async () => {
  // All hosts of the first are one, so it has no substrate; the last one's packets go there in fragments.
  const cases = [
    ['seven-fields', []],
    ['ipv6-only', []],
    ['three-regions', []],
    ['transatlantic-web', [['personalities.transatlantic.mtu', '576']]],
  ] as const;
  for (const [name, set] of cases) {
    const found = await run(name, { dropped: true, substrate: true }, { until: 2e9, set });
    agree(found);
    inOrder(found);
    assert.equal(found.remarks, [], name);
    const outer = found.frames.filter((frame) => frame['frame.packet_flags_direction'] === '');
    assert.is(outer.length > 0, found.scenario.world.hosts.length > 1, name);
    for (const frame of outer) assert.match(frame['ipv6.src'], /^fd00:/);
    // Whatever has a place behind its IP header for a checksum has a right one.
    for (const frame of found.frames)
      assert.ok(['', GOOD].includes(transport(frame)), frame['frame.comment']);
    const comments = new Map(
      found.frames
        .filter((frame) => frame['frame.packet_flags_direction'] === OUTBOUND)
        .map((frame) => [frame['frame.packet_id'], frame['frame.comment']]),
    );
    for (const { id, copyOf, fragmentOf, fate } of found.rows) {
      const comment = comments.get(id!);
      if (copyOf !== '' || fragmentOf !== '') assert.is(comment, undefined);
      else if (fate === 'delivered' && comment === undefined) continue;
      else if (fate === 'delivered')
        assert.match(comment ?? '', /^#\d+ \S+ \d+( \(back\))? delivered after [\d.]+ /);
      else if (fate === 'fragmented') assert.match(comment ?? '', / replaced by its fragments after /);
      else if (fate === 'in-flight') assert.match(comment ?? '', / in flight when the run ended, after /);
      else assert.match(comment ?? '', new RegExp(` dropped: ${fate} \\(.*\\) after [\\d.]+ `));
    }
  }
});

check('corrupted packets fail their checksum, and no others do', async () => {
  const found = await run('bursty-loss', { dropped: true }, { until: 20e9 });
  agree(found);
  const isBad = (frame: Frame): boolean => transport(frame) === BAD || frame['ip.checksum.status'] === BAD;
  const bad = found.frames.filter(isBad);
  const expected = found.rows.filter(({ fate }) => fate === 'checksum').map(({ id }) => id);
  assert.ok(expected.length > 10);
  const ids = (frames: readonly Frame[]) =>
    frames.map((frame) => Number(frame['frame.packet_id'])).sort((a, b) => a - b);
  assert.equal(ids(bad), expected.map(Number));
  for (const frame of bad) {
    assert.is(frame['frame.packet_flags_direction'], INBOUND);
    assert.match(
      frame['frame.comment'],
      / dropped: checksum .*, corrupted: bits flipped, a checksum is wrong$/,
    );
  }
  for (const remark of found.remarks) assert.match(remark, / Checksum .* Bad checksum /);
});

test.run();
