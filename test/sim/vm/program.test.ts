import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, NEVER, seconds } from '../../../engine/index.ts';
import type { TrafficCommon, WorldSpec } from '../../../sim/specs.ts';
import { type Program, RECEIVE_BUFFER, type Vm } from '../../../sim/vm/api.ts';
import {
  at,
  column,
  fates,
  flow,
  network,
  once,
  personal,
  type RunOptions,
  run,
  vm,
  where,
} from '../../support/world.ts';

const program = (id: string, more: Partial<TrafficCommon> & { args?: unknown } = {}) =>
  flow('program', { id, module: '', args: undefined, to: { anyOf: [] }, ...more });

/** Runs a program on `a`, and perhaps another on `b`; answers with the notes, as `milliseconds text`. */
async function notes(a: Program, b?: Program, parts: Partial<WorldSpec> = {}, options: RunOptions = {}) {
  const traffic = [program('pa'), ...(b === undefined ? [] : [program('pb', { from: ['b'] })])];
  const programs = { pa: a, ...(b === undefined ? {} : { pb: b }) };
  const story = await run({ traffic, ...parts }, { programs, ...options });
  const said = story.commands
    .filter(({ command }) => command === 'note')
    .map(({ at, effect }) => `${at / ms(1)} ${effect}`);
  return { ...story, said };
}

const echo: Program = async (vm) => {
  const socket = vm.udp(7);
  for (;;) {
    const datagram = await socket.receive();
    if (datagram !== null) socket.send(datagram.from, datagram.data);
  }
};

test('a program sleeps, and says so on the record', async () => {
  const { said, commands } = await notes(async (vm) => {
    vm.note(`${vm.name} ${vm.ip}`);
    await vm.sleep(ms(2.5));
    vm.note(`${vm.now}`);
    await vm.sleep(0);
    vm.note('still');
  });
  assert.equal(said, ['0 a 10.0.0.1', '2.5 2500000', '2.5 still']);
  assert.is(commands[0]!.subject, 'a');
});

test('a question and its answer take the latency both ways', async () => {
  const line = personal({ a: { latencyMs: 5 }, b: { latencyMs: 10 } });
  const { said, rows } = await notes(
    async (vm) => {
      const socket = vm.udp();
      socket.send({ vm: 'b', port: 7 }, 'hello');
      const answer = await socket.receive();
      vm.note(`${answer?.text} ${answer?.size} ${answer?.from.ip}:${answer?.from.port} at ${socket.port}`);
    },
    echo,
    line,
  );
  assert.equal(said, ['15 hello 5 10.0.0.2:7 at 49152']);
  // 20 + 8 + 5 bytes each.
  assert.equal(column(rows, 'size'), [33, 33]);
  assert.equal(column(rows, 'flow'), ['pa', 'pb']);
});

test('octets, text and sizes arrive as they were sent, each as a copy', async () => {
  const { said } = await notes(
    async (vm) => {
      const socket = vm.udp();
      const octets = Uint8Array.of(1, 2, 255);
      socket.send({ ip: '10.0.0.2', port: 7 }, octets);
      octets[0] = 9;
      socket.send({ ip: '10.0.0.2', port: 7 }, 'grüße');
      socket.send({ ip: '10.0.0.2', port: 7 }, 4);
      socket.send({ ip: '10.0.0.2', port: 7 }, 0);
    },
    async (vm) => {
      const socket = vm.udp(7);
      for (let n = 0; n < 4; n++) {
        const datagram = await socket.receive();
        if (datagram === null) return;
        vm.note(`${datagram.size} [${datagram.data}] ${n === 1 ? datagram.text : ''}`);
        datagram.data.fill(0);
      }
    },
    personal({ b: { latencyMs: 1, duplicatePacketPercentage: 0 } }),
  );
  assert.equal(said, [
    '1 3 [1,2,255] ',
    '1 7 [103,114,195,188,195,159,101] grüße',
    '1 4 [0,0,0,0] ',
    '1 0 [] ',
  ]);
});

test('what one receiver of a doubled datagram does to it, the other does not see', async () => {
  const { said } = await notes(
    async (vm) => vm.udp().send({ vm: 'b', port: 7 }, 'x'),
    async (vm) => {
      const socket = vm.udp(7);
      for (let n = 0; n < 2; n++) {
        const datagram = await socket.receive();
        vm.note(datagram?.text ?? 'null');
        datagram?.data.fill(0);
      }
    },
    personal({ b: { latencyMs: 1, duplicatePacketPercentage: 1 } }),
  );
  assert.equal(said, ['1 x', '1 x']);
});

test('a receiver waits no longer than its timeout', async () => {
  const { said } = await notes(
    async (vm) => {
      const socket = vm.udp(7);
      for (const timeout of [ms(5), 0, ms(20), NEVER]) {
        const datagram = await socket.receive({ timeout });
        vm.note(datagram === null ? 'nothing' : datagram.text);
      }
    },
    async (vm) => {
      await vm.sleep(ms(10));
      vm.udp().send({ vm: 'a', port: 7 }, 'late');
    },
  );
  assert.equal(said, ['5 nothing', '5 nothing', '10 late']);
});

test('a datagram at the very instant of the timeout is received', async () => {
  const { said } = await notes(
    async (vm) => {
      const datagram = await vm.udp(7).receive({ timeout: ms(10) });
      vm.note(datagram === null ? 'nothing' : datagram.text);
    },
    async (vm) => vm.udp().send({ vm: 'a', port: 7 }, 'just'),
    personal({ a: { latencyMs: 10 } }),
  );
  assert.equal(said, ['10 just']);
});

test('two receivers at one socket are served in turn', async () => {
  const { said } = await notes(
    async (vm) => {
      const socket = vm.udp(7);
      const receive = async (name: string) => vm.note(`${name} ${(await socket.receive())?.text}`);
      await Promise.all([receive('first'), receive('second')]);
      vm.note('both');
    },
    async (vm) => {
      const socket = vm.udp();
      for (const text of ['x', 'y']) {
        await vm.sleep(ms(1));
        socket.send({ vm: 'a', port: 7 }, text);
      }
    },
  );
  assert.equal(said, ['1 first x', '2 second y', '2 both']);
});

test('a race is won by who comes first', async () => {
  const { said } = await notes(
    async (vm) => {
      const socket = vm.udp(7);
      const timer = async () => {
        await vm.sleep(ms(3));
        return 'timer';
      };
      const first = await Promise.race([socket.receive(), timer()]);
      vm.note(first === 'timer' ? 'timer' : 'datagram');
      // The receiver that lost takes the datagram.
      const next = await socket.receive({ timeout: ms(10) });
      vm.note(next === null ? 'nothing' : 'datagram');
    },
    async (vm) => {
      await vm.sleep(ms(5));
      vm.udp().send({ vm: 'a', port: 7 }, 1);
    },
  );
  assert.equal(said, ['3 timer', '13 nothing']);
});

test('closing wakes who waits, and the port answers that it is closed', async () => {
  const { said, rows } = await notes(
    async (vm) => {
      const socket = vm.udp(7);
      const waiting = socket.receive();
      await vm.sleep(ms(1));
      socket.close();
      socket.close();
      vm.note(`${await waiting}`);
      vm.udp(7).close();
      await socket.receive().catch((error: Error) => vm.note(error.message));
    },
    async (vm) => {
      await vm.sleep(ms(2));
      vm.udp().send({ vm: 'a', port: 7 }, 1);
    },
  );
  assert.equal(said, ['1 null', '1 the socket at port 7 is closed']);
  assert.equal(fates(rows), { 'no-listener': 1, delivered: 1 });
});

test('a socket holds so many datagrams, and counts the others', async () => {
  const extra = 10;
  const { said, rows } = await notes(
    async (vm) => {
      const socket = vm.udp(7);
      await vm.sleep(ms(5));
      let count = 0;
      while ((await socket.receive({ timeout: 0 })) !== null) count++;
      vm.note(`${count} and ${socket.overflowed}`);
    },
    async (vm) => {
      const socket = vm.udp();
      for (let n = 0; n < RECEIVE_BUFFER + extra; n++) socket.send({ vm: 'a', port: 7 }, 1);
    },
  );
  assert.equal(said, [`5 ${RECEIVE_BUFFER} and ${extra}`]);
  // To the network they are delivered.
  assert.equal(fates(rows), { delivered: RECEIVE_BUFFER + extra });
});

test('a ping is the round trip, or null', async () => {
  const line = personal({ a: { latencyMs: 5 }, b: { latencyMs: 10 } });
  const { said, rows } = await notes(
    async (vm) => {
      vm.note(`${await vm.ping({ vm: 'b' })}`);
      vm.note(`${await vm.ping({ ip: '10.0.0.9' }, { timeout: ms(50) })}`);
      vm.note(`${await vm.ping({ vm: 'b' }, { timeout: ms(15) - 1, size: 1000 })}`);
      vm.note(`${await vm.ping({ vm: 'b' }, { timeout: ms(15) })}`);
    },
    undefined,
    line,
  );
  assert.equal(said, ['15 15000000', '65 null', '79.999999 null', '94.999999 15000000']);
  assert.equal(column(where(rows, { kind: 'echoRequest' }), 'size'), [84, 84, 1000, 84]);
});

test('over IPv6 everything is 20 bytes longer', async () => {
  const { rows, said } = await notes(
    async (vm) => {
      vm.udp().send({ vm: 'b', port: 7 }, 10);
      vm.note(`${vm.ip} ${vm.resolve('b')} ${await vm.ping({ ip: '2001:db8::2' })}`);
    },
    undefined,
    {
      networks: [network('n', '2001:db8::/64')],
      vms: [vm('a', '2001:db8::1'), vm('b', '2001:db8::2')],
    },
  );
  assert.equal(said, ['0 2001:db8::1 2001:db8::2 0']);
  assert.equal(column(where(rows, { origin: 'sent' }), 'size'), [58, 104]);
});

test('a large datagram is cut on its way and arrives whole', async () => {
  const { said, rows } = await notes(
    async (vm) =>
      vm.udp().send(
        { vm: 'b', port: 7 },
        Uint8Array.from({ length: 5000 }, (_, n) => n),
      ),
    async (vm) => {
      const datagram = await vm.udp(7).receive();
      vm.note(`${datagram?.size} ${datagram?.data.every((octet, n) => octet === (n & 255))}`);
    },
    personal({ b: { latencyMs: 1 } }),
  );
  assert.equal(said, ['1 5000 true']);
  assert.is(where(rows, { origin: 'fragment' }).length, 4);
});

test('names are resolved as seen from here', async () => {
  const { said } = await notes(
    async (vm) => vm.note(`${vm.resolve('b')} ${vm.resolve('g')} ${vm.resolve('a')} ${vm.resolve('zebra')}`),
    undefined,
    {
      networks: [network('n', '10.0.0.0/24'), network('m', '10.9.0.0/24')],
      vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('g', { m: '10.9.0.1', n: '10.0.0.254' })],
    },
  );
  assert.equal(said, ['0 10.0.0.2 10.0.0.254 10.0.0.1 null']);
});

const mistakes: readonly (readonly [string, (vm: Vm) => unknown])[] = [
  ['a taken port', (vm) => [vm.udp(7), vm.udp(7)]],
  ['port 0', (vm) => vm.udp(0)],
  ['a port that is no number', (vm) => vm.udp(Number.NaN)],
  ['a VM nobody has heard of', (vm) => vm.udp().send({ vm: 'zebra', port: 1 }, 1)],
  ['an address that is none', (vm) => vm.udp().send({ ip: '10.0.0', port: 1 }, 1)],
  ['an address of the other family', (vm) => vm.udp().send({ ip: '2001:db8::1', port: 1 }, 1)],
  ['a target port beyond 65535', (vm) => vm.udp().send({ vm: 'b', port: 65536 }, 1)],
  ['a datagram of 65508 bytes', (vm) => vm.udp().send({ vm: 'b', port: 1 }, 65508)],
  ['half a byte', (vm) => vm.udp().send({ vm: 'b', port: 1 }, 0.5)],
  ['a sleep into the past', (vm) => vm.sleep(-1)],
  ['a sleep of no length', (vm) => vm.sleep(Number.NaN)],
  ['a timeout below 0', (vm) => vm.udp().receive({ timeout: -1 })],
  ['a ping of 27 bytes', (vm) => vm.ping({ vm: 'b' }, { size: 27 })],
  ['a number below 0', (vm) => vm.random.below(0)],
];

for (const [what, make] of mistakes) {
  test(`${what} is refused`, async () => {
    const { world } = await notes(
      async (vm) => {
        await make(vm);
      },
      undefined,
      {},
      { mayFail: true },
    );
    const [failure] = world.programs.failures;
    assert.is(failure?.program, 'pa@a');
    assert.instance(failure?.error, RangeError);
  });
}

test('65507 bytes are the most', async () => {
  const { rows } = await notes(async (vm) => vm.udp().send({ vm: 'b', port: 1 }, 65507));
  assert.is(where(rows, { kind: 'datagram' })[0]!.size, 65535);
});

test('a program that throws ends the run', async () => {
  const { world } = await notes(
    async (vm) => {
      await vm.sleep(ms(1));
      throw new Error('enough');
    },
    undefined,
    {},
    { mayFail: true },
  );
  assert.equal(world.programs.failures, [{ program: 'pa@a', error: new Error('enough') }]);
  assert.is(world.kernel.now, ms(1));
});

test('a program is started at its instant, with its arguments, on each of its VMs', async () => {
  const story = await run(
    { traffic: [program('p', { from: ['a', 'b'], start: ms(4), args: { greeting: 'hi' } })] },
    { programs: { p: async (vm, args) => vm.note((args as { greeting: string }).greeting) } },
  );
  assert.equal(
    story.commands.map(({ at, subject, effect }) => `${at / ms(1)} ${subject} ${effect}`),
    ['4 a hi', '4 b hi'],
  );
});

test('the timeline starts a program as often as it likes', async () => {
  const spec = program('p', { autostart: false });
  const start = (time: number) => at(time, { op: 'start', traffic: 'p' });
  const stop = at(ms(3), { op: 'stop', traffic: 'p' });
  const main: Program = async (vm) => {
    const port = vm.udp().port;
    await vm.sleep(ms(10));
    vm.note(`${port}`);
  };
  const story = await run(
    { traffic: [spec], timeline: [start(ms(1)), start(ms(2)), stop] },
    { programs: { p: main } },
  );
  const said = story.commands.filter(({ command }) => command === 'note');
  assert.equal(
    said.map(({ at, effect }) => `${at / ms(1)} ${effect}`),
    ['11 49152', '12 49153'],
  );
});

test('traffic without its program is refused', async () => {
  try {
    await run({ traffic: [program('p')] });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RangeError);
  }
});

test('without power a program goes on, but nothing leaves and nothing arrives', async () => {
  const power = (time: number, on: boolean) => at(time, { op: 'power', vm: 'a', on });
  const { said, rows } = await notes(
    async (vm) => {
      const socket = vm.udp(7);
      for (let n = 0; n < 4; n++) {
        await vm.sleep(ms(10));
        socket.send({ vm: 'b', port: 7 }, 'x');
        vm.note((await socket.receive({ timeout: ms(5) }))?.text ?? 'nothing');
      }
    },
    echo,
    { timeline: [power(ms(15), false), power(ms(37), true)] },
  );
  assert.equal(said, ['10 x', '25 nothing', '40 nothing', '50 x']);
  assert.equal(fates(rows), { delivered: 4, 'vm-down': 2 });
});

test('chance is the same in each run, and another on each VM', async () => {
  const main: Program = async (vm) => {
    const { random } = vm;
    vm.note(`${random.uniform()} ${random.below(6)} ${random.chance(0.5)} ${random.exponential()}`);
  };
  const draws = async (from: readonly string[]) => {
    const story = await run({ traffic: [program('p', { from })] }, { programs: { p: main } });
    return column(story.commands, 'effect');
  };
  const [a, b] = await draws(['a', 'b']);
  assert.is.not(a, b);
  assert.equal(await draws(['b']), [b]);
  assert.equal(await draws(['a']), [a]);
});

test('a program hears other traffic at its port, too', async () => {
  const { said } = await notes(
    async (vm) => {
      const datagram = await vm.udp(7).receive();
      vm.note(`${datagram?.size}`);
    },
    undefined,
    {
      traffic: [
        program('pa'),
        flow('spoof', {
          from: ['b'],
          to: { vm: 'a' },
          port: 7,
          interval: ms(1),
          packetSize: 60,
          as: '10.0.0.2',
          compromisedHost: false,
          count: 1,
          start: ms(1),
        }),
      ],
    },
  );
  assert.equal(said, ['1 32']);
});

test('a program that waits for ever does not hold up the run', async () => {
  const { said, world } = await notes(async (vm) => {
    vm.note('waits');
    await vm.udp(7).receive();
    vm.note('never');
  });
  assert.equal(said, ['0 waits']);
  assert.is(world.kernel.now, seconds(10));
  assert.is(world.programs.alive, 1);
});

test('programs and other traffic keep their own numbers', async () => {
  const { rows } = await notes(
    async (vm) => {
      const one = vm.udp();
      const two = vm.udp();
      one.send({ vm: 'b', port: 1 }, 1);
      two.send({ vm: 'b', port: 1 }, 1);
      await vm.ping({ vm: 'b' });
      one.send({ vm: 'b', port: 1 }, 1);
    },
    undefined,
    { traffic: [program('pa'), once(100)] },
  );
  assert.equal(column(where(rows, { flow: 'pa', origin: 'sent' }), 'seq').sort(), [0, 1, 2, 3]);
});

test.run();
