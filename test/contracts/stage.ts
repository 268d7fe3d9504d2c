/** What holds for every stage of the catalogue, whatever it does. */
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { ROW } from '../../sim/packet.ts';
import { FIELDS } from '../../sim/personality/fields.ts';
import type { ParamValue } from '../../sim/personality/params.ts';
import type { Profile } from '../../sim/personality/profile.ts';
import { type StageDefinition, valuesOf } from '../../sim/personality/stage.ts';
import { FATES, isDrop } from '../../sim/trace.ts';
import { type End, TestPipeline } from '../support/pipeline.ts';

export interface StageExample {
  /** Settings under which the stage does a lot, and settings of the stages before it for company. */
  readonly busy: Profile;
  readonly before: Profile;
}

const MS = 1_000_000;
const SECOND = 1_000 * MS;
const SIZES = [40, 576, 577, 1000, 1500, 4000];

const sizeOf = (seq: number): number => SIZES[seq % SIZES.length]!;

/** So many packets, one every `gap` ns. */
function pipelineWith(count: number, gap: number, seed = 'seed'): TestPipeline {
  const pipeline = new TestPipeline({ seed });
  for (let seq = 0; seq < count; seq++) pipeline.send(seq * gap, sizeOf(seq));
  return pipeline;
}

/** What became of a packet and its offspring, without the numbers that count everybody. */
const story = ({ seq, at, sentAt, size, offset, fate, origin, flags }: End): object => ({
  seq,
  after: at - sentAt,
  size,
  offset,
  fate,
  origin,
  flags,
});

const stories = (pipeline: TestPipeline, from = 0): object[] => [
  ...pipeline.ends.filter((end) => end.seq >= from).map(story),
  ...pipeline.questions.filter((question) => question.seq >= from),
];

/** Nobody lost, nobody twice, and all rows free. */
function assertBooksClose(pipeline: TestPipeline, sent: number): void {
  const { ends, packets } = pipeline;
  const ids = ends.map((end) => end.id).sort((a, b) => a - b);
  assert.equal(
    ids,
    Array.from({ length: packets.born }, (_, i) => i + 1),
    'every packet that was born ended once',
  );
  const whole = ends.filter((end) => end.origin === 'sent');
  assert.is(new Set(whole.map((end) => end.seq)).size, sent);
  for (const { fate } of ends) {
    assert.ok(fate === 'delivered' || fate === 'fragmented' || isDrop(FATES.indexOf(fate)), fate);
  }
  const replaced = new Set(ends.filter((end) => end.fate === 'fragmented').map((end) => end.id));
  for (const end of ends) if (end.origin === 'fragment') assert.ok(replaced.has(end.fragmentOf));
  assert.is(packets.live, 0);
  assert.equal(packets.alive(), []);
}

export function stageContract(test: Test, stage: StageDefinition, { busy, before }: StageExample): void {
  const { name } = stage;
  const identity: Record<string, ParamValue> = {};
  for (const [path, param] of Object.entries(stage.params)) {
    if (param.identity !== undefined) identity[path] = param.identity;
  }

  test(`${name}: has a name, a sentence, and fields with a kind and help`, () => {
    assert.match(name, /^[a-z][A-Za-z]*$/);
    assert.match(stage.summary, /^[A-Z].*\.$/);
    for (const [path, param] of Object.entries(stage.params)) {
      assert.match(param.help, /^.+\.$/, path);
      assert.ok(FIELDS.some((field) => field.path === path && field.stage === name));
    }
  });

  test(`${name}: with the identity of every field it changes nothing`, () => {
    assert.not(stage.active(valuesOf(stage, identity)));
    assert.not(stage.active(valuesOf(stage, null)));
    // An absent MTU is 1500, which is not its identity.
    const withIt = pipelineWith(200, MS).configureAt(0, { mtu: 65535, ...identity });
    assert.equal(withIt.run().ends, pipelineWith(200, MS).run().ends);
    assert.equal(withIt.questions, []);
  });

  test(`${name}: is active and does something in its example`, () => {
    assert.ok(stage.active(valuesOf(stage, busy)));
    const plain = stories(pipelineWith(300, MS).configureAt(0, { mtu: 65535 }).run());
    assert.not.equal(
      stories(
        pipelineWith(300, MS)
          .configureAt(0, { mtu: 65535, ...busy })
          .run(),
      ),
      plain,
    );
  });

  test(`${name}: changes no packet of a size that it says it ignores`, () => {
    if (stage.place !== 'gate' || stage.ignoresUpTo === undefined) return;
    const limit = stage.ignoresUpTo(valuesOf(stage, busy));
    const untouched = (pipeline: TestPipeline) =>
      pipeline
        .run()
        .ends.filter((end) => sizeOf(end.seq) <= limit)
        .map(story);
    assert.equal(untouched(pipelineWith(60, MS).configureAt(0, busy)), untouched(pipelineWith(60, MS)));
  });

  test(`${name}: the same seed gives the same fates`, () => {
    const once = pipelineWith(300, MS).configureAt(0, busy).run();
    const again = pipelineWith(300, MS).configureAt(0, busy).run();
    assert.equal(again.ends, once.ends);
    assert.equal(again.questions, once.questions);
  });

  test(`${name}: every packet is delivered, dropped with a reason, replaced or held, and its row comes back`, () => {
    const pipeline = pipelineWith(300, MS).configureAt(0, { ...before, ...busy });
    pipeline.run(150 * MS);
    const ended = pipeline.ends.length;
    assert.is(ended + pipeline.packets.live, pipeline.packets.born);
    assertBooksClose(pipeline.run(), 300);
    // What one burst needed is enough for the next.
    const rows = pipeline.packets.ints.length / ROW;
    const start = pipeline.kernel.now + SECOND;
    for (let seq = 0; seq < 300; seq++) pipeline.send(start + seq * MS, sizeOf(seq));
    pipeline.run();
    assert.is(pipeline.packets.ints.length / ROW, rows);
  });

  test(`${name}: settings that change while packets are in it lose nobody`, () => {
    const settings: (Profile | null)[] = [busy, null, { ...before, ...busy }, identity, before, busy];
    const pipeline = pipelineWith(400, MS / 4);
    for (let change = 0; change < 60; change++) {
      pipeline.configureAt(change * 1.7 * MS, settings[change % settings.length]!);
    }
    assertBooksClose(pipeline.run(), 400);
  });

  test(`${name}: the n-th packet meets the n-th draw, however late the settings come`, () => {
    const always = { ...before, ...busy };
    const fromStart = pipelineWith(120, SECOND).configureAt(0, always).run();
    for (const late of [1, 2, 7, 50, 119]) {
      // Never there before; there without effect; there, gone, and there again.
      const arrived = pipelineWith(120, SECOND)
        .configureAt(0, before)
        .configureAt(late * SECOND, always);
      const identical = pipelineWith(120, SECOND)
        .configureAt(0, { ...before, ...identity })
        .configureAt(late * SECOND, always);
      const returned = pipelineWith(120, SECOND)
        .configureAt(0, always)
        .configureAt(Math.floor(late / 2) * SECOND, before)
        .configureAt(late * SECOND, always);
      for (const pipeline of [arrived, identical, returned]) {
        assert.equal(stories(pipeline.run(), late), stories(fromStart, late), `from packet ${late} on`);
      }
    }
  });
}
