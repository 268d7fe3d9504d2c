import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inTemporaryFolder, runCli } from '../support/cli.ts';

// A byte a ms, and a bucket of 1500 bytes: of three packets of 1000 bytes the second waits 500 ms, the third finds no room.
const SLOW = `name: slow line
seed: 1
duration: 5s
networks:
  - { id: n, subnet: 10.0.0.0/24 }
hosts: [left, right]
vms:
  - { id: a, network: n, ip: 10.0.0.1, host: left }
  - { id: b, network: n, ip: 10.0.0.2, host: right }
personalities:
  slow:
    latencyMs: 20
    bandwidthKbps: 8
    bandwidth: { queueBytes: 1500 }
assignments:
  b: slow
traffic:
  - { id: burst, kind: cbr, from: a, to: b, interval: 1ns, packetSize: 1000B, count: 3 }
  - { id: pings, kind: ping, from: b, to: a, interval: 1s, start: 4s, count: 1 }
timeline:
  - { at: 100ms, update: slow, set: { bandwidthKbps: 16 } }
`;

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'slow.yaml'), SLOW);
    await use(folder);
  });
}

async function explained(folder: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(['explain', ...args], { cwd: folder });
  assert.is(code, 0, stderr);
  return stdout;
}

test('a story names the line of every value that decided something', async () => {
  await inFolder(async (folder) => {
    const text = await explained(folder, 'slow.yaml', '--packet', '2');
    assert.match(text, /^packet 2, number 1 of burst: delivered after 319\.999999ms\n/);
    assert.match(text, /assigned for everybody's packets \(line 16\)/);
    assert.match(text, /8kbit\/s, 500 of 1,500 bytes of tokens, nobody waits, room for 1,500 bytes/);
    assert.match(text, /bandwidthKbps 8 \(line 13\), bandwidth.queueBytes 1500 \(line 14\)/);
    assert.match(text, /delay 20ms/);
    assert.match(text, /latencyMs 20 \(line 12\)/);
    assert.match(
      text.replace(/\n +/g, ' '),
      /command +line 21, at 100ms: now slow, version 2; leaves the queue at 0\.3/,
    );
    assert.match(text, /0\.320000000s .*\n.*\n.*\n.*delivered to b/);
  });
});

test('a packet without room is told how much there was', async () => {
  await inFolder(async (folder) => {
    const text = (await explained(folder, 'slow.yaml', '--flow', 'burst', '--seq', '2')).replace(
      /\n +/g,
      ' ',
    );
    assert.match(
      text,
      /^packet 3, number 2 of burst: dropped: the queue has no room for it at 0\.000000002s/,
    );
    assert.match(
      text,
      /1 packet \(1,000 bytes\) waits, room for 1,500 bytes: none for 1,000 bytes -> dropped/,
    );
  });
});

test('a reply is found by its flow, with what it answers', async () => {
  await inFolder(async (folder) => {
    const text = await explained(folder, 'slow.yaml', '--flow', 'pings', '--seq', '0', '--reverse');
    assert.match(text, /^packet 5, number 0 of pings, on its way back: delivered/);
    assert.match(text, /what it answers: packet 4, echoRequest/);
    assert.match(text, /netpersona explain slow\.yaml --packet 4\n$/);
    assert.match(await explained(folder, 'slow.yaml', '--packet', '4'), /its answer: packet 5, echoReply/);
  });
});

test('a run that has left its files is explained by them', async () => {
  await inFolder(async (folder) => {
    const changed = ['--set', 'personalities.slow.latencyMs=30', '--quiet'];
    const { code } = await runCli(['run', 'slow.yaml', ...changed, '--out', 'out'], { cwd: folder });
    assert.is(code, 0);
    const text = await explained(folder, 'out', '--packet', '2');
    assert.match(text, /lines are those of out\/scenario\.yaml/);
    assert.match(text, /delay 30ms -> leaves/);
    assert.match(text, /delivered after 329\.999999ms/);
    symlinkSync('out', join(folder, 'link'));
    assert.match(await explained(folder, 'link', '--packet', '2'), /delivered after 329\.999999ms/);
    // A scenario that is changed by hand is no longer that run.
    const file = join(folder, 'out', 'scenario.yaml');
    writeFileSync(file, SLOW.replace('latencyMs: 20', 'latencyMs: 40'));
    const other = await runCli(['explain', 'out', '--packet', '2'], { cwd: folder });
    assert.is(other.code, 2);
    assert.match(
      other.stderr,
      /out\/scenario\.yaml gives another run than it did: digest \w{12}, not \w{12}/,
    );
  });
});

test('what the command line has set is told as that, and presets by name', async () => {
  await inFolder(async (folder) => {
    const set = await explained(
      folder,
      'slow.yaml',
      '--set',
      'personalities.slow.latencyMs=7',
      '--packet',
      '1',
    );
    assert.match(set, /latencyMs 7 \(--set personalities\.slow\.latencyMs=7\)/);
    const text = SLOW.replace(/ {2}slow:\n( {4}.*\n)+/, '  slow: { preset: dialup, latencyMs: 20 }\n');
    writeFileSync(join(folder, 'preset.yaml'), text);
    const preset = await explained(folder, 'preset.yaml', '--packet', '1');
    assert.match(preset, /latencyMs 20 \(line 11\)/);
    assert.match(preset, /bandwidthKbps \d+ \(preset dialup,\s+line 11\)/);
  });
});

test('programs read the same as JSON', async () => {
  await inFolder(async (folder) => {
    const run = await runCli(['run', 'slow.yaml', '--json'], { cwd: folder });
    const story = JSON.parse(await explained(folder, 'slow.yaml', '--packet', '2', '--json'));
    assert.is(story.digest, JSON.parse(run.stdout).digest);
    assert.is(story.packet.fate, 'delivered');
    const line = story.events.find(({ what }: { what: string }) => what === 'line');
    assert.is(line.before.tokenBytes, 500.000001);
    const rate = line.fields.find(({ path }: { path: string }) => path === 'bandwidthKbps');
    assert.equal(rate.origin, {
      file: 'slow.yaml',
      line: 13,
      path: 'personalities.slow.bandwidthKbps',
      preset: null,
    });
    const changed = story.events.find(({ what }: { what: string }) => what === 'changed');
    assert.equal([changed.by.at, changed.by.origin.line], [100_000_000, 21]);
  });
});

test('what is not there is told with what is', async () => {
  await inFolder(async (folder) => {
    const refused = async (args: readonly string[], why: RegExp): Promise<void> => {
      const { code, stdout, stderr } = await runCli(['explain', ...args], { cwd: folder });
      assert.is(code, 2, stderr);
      assert.match(stderr, why);
      assert.not.match(stderr, /\n\s+at /);
      assert.is(stdout, '');
    };
    await refused(['slow.yaml', '--packet', '6'], /there is no packet 6; the run has packets 1 to 5/);
    await refused(['slow.yaml', '--packet', '0'], /--packet: found "0", allowed: a whole number from 1 on/);
    await refused(['slow.yaml', '--flow', 'burts', '--seq', '0'], /no flow "burts"; did you mean burst\?/);
    await refused(
      ['slow.yaml', '--flow', 'burst', '--seq', '3'],
      /number 3 of burst; they are numbered 0 to 2/,
    );
    await refused(
      ['slow.yaml', '--flow', 'burst', '--seq', '0', '--reverse'],
      /number 0 of burst on its way back; there are none/,
    );
    await refused(['slow.yaml'], /needs --packet ID, or --flow FLOW and --seq N/);
    await refused(['slow.yaml', '--flow', 'burst'], /needs --packet ID, or --flow FLOW and --seq N/);
    await refused(['slow.yaml', '--packet', '1', '--seq', '1'], /--packet says it all/);
    await refused(['nothing.yaml', '--packet', '1'], /cannot read nothing\.yaml: no such file/);
    await refused(['.', '--packet', '1'], /is not the output of a run/);
    writeFileSync(join(folder, 'wrong.yaml'), SLOW.replace('latencyMs', 'latncyMs'));
    await refused(['wrong.yaml', '--packet', '1'], /wrong\.yaml cannot run:\n.*latncyMs/);
  });
});

test('a scenario may come from stdin', async () => {
  const { code, stdout } = await runCli(['explain', '-', '--packet', '1'], { input: SLOW });
  assert.is(code, 0);
  assert.match(stdout, /lines are those of stdin/);
});

test.run();
