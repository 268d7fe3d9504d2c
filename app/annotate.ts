/** `run --annotate`: what failed, for a CI system that shows it at the line of the scenario. */
import { type AnnotationPlace, annotations, type Strictness, type Summary } from '../reports/index.ts';
import { placesOf } from '../scenarios/index.ts';
import { readText, UnreadableFile } from './files.ts';
import { filesFrom, SCENARIO_LIMIT, shownName } from './scenario-file.ts';

/** The lines to print. The scenario is read again for its lines, which a run does not need; what stdin said is gone. */
export function annotationsOf(file: string, summary: Summary, strictness: Strictness): string {
  const paths = summary.expectations.map(({ expectation }) => expectation.path);
  const places = file === '-' ? new Map<string, AnnotationPlace>() : linesOf(file, paths);
  return annotations(summary, ({ expectation }) => places.get(expectation.path), strictness);
}

function linesOf(file: string, paths: readonly string[]): ReadonlyMap<string, AnnotationPlace> {
  try {
    const found = placesOf(
      readText(file, SCENARIO_LIMIT),
      paths.map((path) => ['expect', Number(/\d+/.exec(path)?.[0] ?? 0)]),
      filesFrom(shownName(file)),
    );
    return new Map(
      paths.flatMap((path, index) => {
        const place = found[index];
        return place === undefined ? [] : [[path, { file: place.file ?? file, line: place.line }]];
      }),
    );
  } catch (error) {
    // It was there when the run began. What failed is told all the same.
    if (error instanceof UnreadableFile) return new Map();
    throw error;
  }
}
