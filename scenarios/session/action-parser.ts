/** Actions that somebody asks for while a scenario runs, written as in its timeline. */
import type { Command, WorldAction } from '../../sim/index.ts';
import { FieldReader } from '../format/fields.ts';
import { Findings } from '../format/findings.ts';
import { list as listNode, type Node } from '../format/nodes.ts';
import type { Scenario } from '../format/parse.ts';
import { pathText } from '../format/path.ts';
import { Personalities } from '../format/personalities.ts';
import { readPlaces } from '../format/places.ts';
import type { Preset } from '../format/presets.ts';
import { failure, type Outcome, success } from '../format/problems.ts';
import { flag, isMapping, list, mapping } from '../format/raw.ts';
import { BATCHED } from '../format/schema/timeline.ts';
import { ActionReader } from '../format/timeline.ts';
import { validate } from '../format/validate.ts';

const ACTIONS_NODE: Node = listNode(BATCHED, 'a list of actions', { minItems: 1 });

const WHENEVER = { duration: Infinity, end: Infinity, isOpenEnded: false, skips: false } as const;

/** Which personalities there are is known only when the actions are carried out. */
class AnyTime extends Map<string, number> {
  override get(_id: string): number {
    return 0;
  }

  override has(_id: string): boolean {
    return true;
  }
}

/** Presets without their series, as wherever there is no timeline to unfold them into. */
class StillPresets extends Map<string, Preset> {
  readonly #presets: ReadonlyMap<string, Preset>;

  constructor(presets: ReadonlyMap<string, Preset>) {
    super();
    this.#presets = presets;
  }

  override get(name: string): Preset | undefined {
    const preset = this.#presets.get(name);
    if (preset === undefined) return undefined;
    const { series, upSeries, ...still } = preset;
    return still;
  }

  override has(name: string): boolean {
    return this.#presets.has(name);
  }

  override keys(): MapIterator<string> {
    return new Set(this.#presets.keys()).keys();
  }
}

/**
 * Reads a list of actions, or says everything that is wrong with it, with paths like `[1].vm`. VMs, hosts, links and traffic are those
 * of the scenario; personalities are looked at when the actions are carried out. A preset's series is not followed: its values outside
 * the series count. An egress that is a preset's way up ({@link upProfile}) has to be created first.
 */
export function actionParser(
  scenario: Scenario,
  presets: ReadonlyMap<string, Preset>,
): (value: unknown) => Outcome<readonly (Command | WorldAction)[]> {
  const document = mapping(scenario.source);
  const places = readPlaces(document, new Findings());
  const still = new StillPresets(presets);
  const flows = new Set(scenario.world.traffic.map(({ id }) => id));
  const mesh = flag(document['mesh'], true);
  return (value) => {
    const findings = new Findings();
    validate(ACTIONS_NODE, value, findings);
    list(value).forEach((item, n) => {
      const { assign } = mapping(item);
      // It would have to be given a name, and which ones are free is not known.
      if (isMapping(assign)) findings.add([n, 'assign'], assign, 'the id of a personality');
    });
    if (findings.count > 0) return failed(findings);
    const personalities = new Personalities(
      undefined,
      still,
      new FieldReader(findings),
      findings,
      new AnyTime(),
    );
    const context = { places, personalities, findings, flows, mesh, ...WHENEVER };
    const reader = new ActionReader(context, null, 0, 0);
    const actions = list(value).flatMap((item, n) => reader.read(mapping(item), [n], n));
    return findings.count > 0 ? failed(findings) : success(actions);
  };
}

const failed = (findings: Findings): Outcome<never> =>
  failure(findings.all.map(({ at, ...rest }) => ({ path: pathText(at), ...rest })));
