/** The presets that come with netpersona. Each file is read when somebody asks for its preset: most runs need one or none of them. */
import { join } from 'node:path';
import { Defect } from '../engine/index.ts';
import { formatProblems, loadPresets, type Preset } from '../scenarios/index.ts';
import { namesIn, packageFolder, readBytes, readText } from './files.ts';

const LIMIT = 1024 * 1024;
const ENDING = '.yaml';

export class PresetShelf implements ReadonlyMap<string, Preset> {
  readonly #folder = join(packageFolder(), 'scenarios', 'presets');
  /** In alphabetical order; undefined: not read yet. */
  readonly #presets: Map<string, Preset | undefined>;

  constructor() {
    const files = namesIn(this.#folder).filter((name) => name.endsWith(ENDING));
    this.#presets = new Map(files.map((name) => [name.slice(0, -ENDING.length), undefined]));
  }

  get size(): number {
    return this.#presets.size;
  }

  has(name: string): boolean {
    return this.#presets.has(name);
  }

  get(name: string): Preset | undefined {
    if (!this.#presets.has(name)) return undefined;
    const known = this.#presets.get(name) ?? this.#read(name);
    this.#presets.set(name, known);
    return known;
  }

  keys(): MapIterator<string> {
    return this.#presets.keys();
  }

  values(): MapIterator<Preset> {
    return this.#all().values();
  }

  entries(): MapIterator<[string, Preset]> {
    return this.#all().entries();
  }

  [Symbol.iterator](): MapIterator<[string, Preset]> {
    return this.entries();
  }

  forEach(visit: (preset: Preset, name: string, presets: ReadonlyMap<string, Preset>) => void): void {
    for (const [name, preset] of this) visit(preset, name, this);
  }

  #all(): Map<string, Preset> {
    return new Map([...this.keys()].map((name) => [name, this.get(name)!]));
  }

  #read(name: string): Preset {
    const text = readText(join(this.#folder, `${name}${ENDING}`), LIMIT);
    const loaded = loadPresets([[name, text]], (file) => readBytes(join(this.#folder, file), LIMIT));
    if (!loaded.ok) throw new Defect(`a preset that is none:\n${formatProblems(loaded.problems)}`);
    return loaded.value.get(name)!;
  }
}
