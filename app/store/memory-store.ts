/** A store for runs that keep nothing: it begins empty, and what is written is forgotten with the run. */
import { NOTHING_KEPT, type Store } from './store.ts';

export function memoryStore(): Store {
  return { kept: NOTHING_KEPT, write: async () => undefined, close: async () => undefined };
}
