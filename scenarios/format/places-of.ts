/** Where things of a scenario stand in its files, for messages about a run. */
import { type Include, readWhole, type SourceFile } from './include.ts';
import { locate } from './locate.ts';
import type { Path } from './path.ts';

export interface SourcePlace {
  /** Undefined for the main file. */
  readonly file: string | undefined;
  /** From 1. */
  readonly line: number;
}

const nowhere = (): never => {
  throw new Error('no files can be read here');
};

/**
 * The places of a text that was parsed with the same name and include. Undefined for what stands nowhere, since a setting of the
 * command line has put it there.
 */
export function placesOf(
  text: string,
  paths: readonly Path[],
  {
    name = 'scenario',
    include = nowhere,
  }: { readonly name?: string | undefined; readonly include?: Include | undefined } = {},
): readonly (SourcePlace | undefined)[] {
  const whole = readWhole(text, name, include);
  const origins = paths.map((path) => whole.origin(path));
  const found = new Map<Path, SourcePlace>();
  const files = new Set<SourceFile>(origins.map(({ file }) => file));
  for (const file of files) {
    const inside = paths.filter((_, index) => origins[index]?.file === file);
    const places = locate(
      file.text,
      inside.map((path) => whole.origin(path).at),
    );
    inside.forEach((path, index) => {
      const place = places[index];
      if (place !== undefined) found.set(path, { file: file.name, line: place.line });
    });
  }
  return paths.map((path) => found.get(path));
}
