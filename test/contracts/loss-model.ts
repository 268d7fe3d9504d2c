/** What holds for every loss model of the catalogue, whoever it loses. */
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { FIELDS } from '../../sim/personality/fields.ts';
import { lossModels } from '../../sim/personality/loss-models/index.ts';
import type { AnyLossModel } from '../../sim/personality/loss-models/model.ts';
import { lossProblems } from '../../sim/personality/loss-problems.ts';
import type { Profile } from '../../sim/personality/profile.ts';
import { Bench, pictured, type Script, valuesIn } from '../sim/personality/loss-models/support.ts';
import { TestPipeline } from '../support/pipeline.ts';

const COUNT = 400;
const INDEPENDENT: Profile = { packetLossPercentage: 0.5 };

/** So many packets, one each ns. */
function pipelineOf(count: number): TestPipeline {
  const pipeline = new TestPipeline({ seed: 'contract' });
  for (let seq = 0; seq < count; seq++) pipeline.send(seq);
  return pipeline;
}

/** `example` names the model, loses some packets of a flow called flow0, and not all of them. */
export function lossModelContract(test: Test, model: AnyLossModel, example: Profile): void {
  const { name } = model;
  const paths = Object.keys(model.params);

  test(`${name}: has a name, a sentence, and fields of the loss stage that say whose they are`, () => {
    assert.match(name, /^[a-z][A-Za-z0-9]*$/);
    assert.match(model.summary, /^[A-Z].*\.$/);
    for (const path of paths) {
      const field = FIELDS.find((each) => each.path === path);
      assert.is(field?.stage, 'loss', path);
      const users = lossModels.filter((each) => path in each.params);
      for (const user of users) {
        assert.equal(user.params[path], model.params[path], `${path} is the same field in every model`);
        if (path.startsWith('loss.')) assert.match(field?.help ?? '', new RegExp(`\\b${user.name}: `), path);
      }
    }
    for (const path of model.needs) assert.ok(paths.includes(path), path);
  });

  test(`${name}: with the identity of every field it loses nobody`, () => {
    assert.not(model.active(valuesIn(model, {})));
  });

  test(`${name}: loses some packets in its example, the same each time`, () => {
    assert.ok(model.active(valuesIn(model, example)));
    const lost = new Bench(example, 'seed').next(COUNT);
    assert.ok(lost.includes(1) && lost.includes(0), pictured(lost));
    assert.equal(new Bench(example, 'seed').next(COUNT), lost);
  });

  test(`${name}: each packet meets exactly one draw`, () => {
    const script = Array.from({ length: COUNT }, (_, n) => ((n * 377) % 610) / 610);
    const bench = new Bench(example, script);
    for (let n = 1; n <= COUNT; n++) {
      bench.isLost();
      assert.is((bench.stream as Script).met, n);
    }
  });

  test(`${name}: the same settings again change nothing, whenever they come`, () => {
    const once = new Bench(example, 'seed').next(COUNT);
    const often = new Bench(example, 'seed');
    assert.equal(
      Array.from(once, () => (often.set(example).isLost() ? 1 : 0)),
      Array.from(once),
    );
  });

  test(`${name}: in front of a VM it loses whom it says`, () => {
    const pipeline = pipelineOf(COUNT).configureAt(0, example).run();
    const own = new Bench(example, 'contract').next(COUNT);
    const expected = Array.from(own, (lost, seq) => (lost ? seq : -1)).filter((seq) => seq >= 0);
    assert.equal(pipeline.seqs('loss'), expected);
  });

  test(`${name}: shifts no draw of the model that comes after it`, () => {
    const lost = (pipeline: TestPipeline) =>
      pipeline
        .run()
        .seqs('loss')
        .filter((seq) => seq >= 200);
    const throughout = lost(pipelineOf(COUNT).configureAt(0, INDEPENDENT));
    const after = pipelineOf(COUNT).configureAt(0, INDEPENDENT).configureAt(50, example);
    assert.equal(lost(after.configureAt(200, INDEPENDENT)), throughout);
  });

  test(`${name}: out of force it forgets; back again it begins anew`, () => {
    for (const between of [null, {}, INDEPENDENT]) {
      const pipeline = pipelineOf(COUNT).configureAt(0, example).configureAt(77, between);
      const late = pipelineOf(COUNT).configureAt(100, example).run();
      const again = pipeline.configureAt(100, example).run();
      const from100 = (seqs: number[]) => seqs.filter((seq) => seq >= 100);
      assert.equal(from100(again.seqs('loss')), from100(late.seqs('loss')));
    }
  });

  test(`${name}: is content with its example, and asks for what it needs`, () => {
    assert.equal(lossProblems(example), []);
    for (const path of model.needs) {
      const { [path]: _, ...rest } = example;
      assert.equal(
        lossProblems(rest).map((problem) => problem.path),
        [path],
      );
    }
  });

  test(`${name}: a field of other models beside it is refused, but for its identity`, () => {
    const foreign = FIELDS.filter(
      ({ path }) => !paths.includes(path) && lossModels.some((each) => path in each.params),
    );
    for (const { path, identity, kind, min = 0 } of foreign) {
      const value =
        kind === 'numbers' ? [1] : kind === 'flow' ? 'calls' : kind === 'probability' ? 0.5 : min + 1;
      const [problem, ...others] = lossProblems({ ...example, [path]: value });
      assert.is(problem?.path, path);
      assert.match(problem?.allowed ?? '', /^only with loss\.model /);
      assert.equal(others, []);
      if (identity !== undefined) assert.equal(lossProblems({ ...example, [path]: identity }), []);
      // Left behind by another model, before a command that does not speak of it.
      assert.equal(lossProblems({ ...example, [path]: value }, example), []);
    }
  });
}
