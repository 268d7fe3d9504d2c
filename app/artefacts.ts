/** What `--out` writes besides the files of SPEC 6. A new one is a line here. */
import { relative, resolve } from 'node:path';
import {
  type ArrowModule,
  type Artefact,
  CaptureSink,
  junitXml,
  markdownSummary,
  type OpenFile,
  type Summary,
} from '../reports/index.ts';
import { type Scenario, sessionText } from '../scenarios/index.ts';
import type { World } from '../sim/index.ts';

/** What was asked for besides what always comes. */
export interface ArtefactWishes {
  /** `capture.pcapng`. */
  readonly pcap?: boolean | undefined;
  /** Also with packets that never arrived. */
  readonly dropped?: boolean | undefined;
  /** Also what the substrate's links carry. */
  readonly substrate?: boolean | undefined;
  /** `packets.arrow`. */
  readonly arrow?: boolean | undefined;
  /** What cannot be told is a failure, in `junit.xml` and `summary.md` as well. */
  readonly strict?: boolean | undefined;
}

/** What they are made from. */
export interface ArtefactSource {
  readonly scenario: Scenario;
  readonly world: World;
  readonly open: OpenFile;
  /** What to type to see the run again. */
  readonly command: string;
  readonly wishes: ArtefactWishes;
  /** What writes `packets.arrow`, when that is wanted. */
  readonly arrow: ArrowModule | undefined;
  /** What paths in the scenario are relative to, and where the files will be. */
  readonly folder: string;
  readonly out: string;
}

type Maker = (source: ArtefactSource) => Artefact | undefined;

const MAKERS: readonly Maker[] = [
  scenarioFile,
  ({ world, open, arrow }) => arrow && new arrow.ArrowSink(world.names, open),
  ({ open, wishes }) => atTheEnd(open, 'junit.xml', (summary) => junitXml(summary, wishes)),
  ({ open, wishes, command }) =>
    atTheEnd(open, 'summary.md', (summary) => markdownSummary(summary, { ...wishes, command })),
  ({ world, open, wishes }) => (wishes.pcap === true ? new CaptureSink(world, open, wishes) : undefined),
];

export const artefactsOf = (source: ArtefactSource): readonly Artefact[] =>
  MAKERS.flatMap((make) => make(source) ?? []);

/** A text that is told from the summary alone. */
function atTheEnd(open: OpenFile, file: string, text: (summary: Summary) => string): Artefact {
  const writer = open(file);
  return {
    finish(summary) {
      writer.write(new TextEncoder().encode(text(summary)));
      writer.close();
    },
    abandon: () => writer.close(),
  };
}

/** `scenario.yaml`: the run as one file that needs no overrides, whatever becomes of the one that it was read from. */
function scenarioFile({ scenario, open, folder, out }: ArtefactSource): Artefact {
  const writer = open('scenario.yaml');
  const path = (written: string): string => relative(resolve(out), resolve(folder, written));
  return {
    finish(summary) {
      writer.write(new TextEncoder().encode(sessionText(scenario, [], summary.duration, { path })));
      writer.close();
    },
    abandon: () => writer.close(),
  };
}
