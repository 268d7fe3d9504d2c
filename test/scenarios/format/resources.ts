/** Files next to the tests, and the presets that ship. */
import { readdirSync, readFileSync } from 'node:fs';
import { loadPresets, type Preset, type Resources } from '../../../scenarios/index.ts';

const PRESETS = new URL('../../../scenarios/presets/', import.meta.url);

let presets: ReadonlyMap<string, Preset> | undefined;

export function shippedPresets(): ReadonlyMap<string, Preset> {
  presets ??= readPresets();
  return presets;
}

function readPresets(): ReadonlyMap<string, Preset> {
  const files = readdirSync(PRESETS).filter((file) => file.endsWith('.yaml'));
  const loaded = loadPresets(
    files.map((file) => [file.replace(/\.yaml$/, ''), readFileSync(new URL(file, PRESETS), 'utf8')] as const),
    (path) => readFileSync(new URL(path, PRESETS)),
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.value;
}

/** Reads below one folder of files. */
export function resourcesIn(folder: URL, name: string): Resources {
  const read = (path: string): Uint8Array => {
    try {
      return readFileSync(new URL(path, folder));
    } catch {
      throw new Error('there is no such file');
    }
  };
  return {
    name,
    read,
    include: (path) => ({ name: path, text: new TextDecoder().decode(read(path)) }),
    presets: shippedPresets(),
  };
}
