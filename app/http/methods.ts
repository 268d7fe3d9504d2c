/** Which methods a path has, so that another one is told apart from a path that there is not. */

export class MethodTable {
  readonly #paths = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();

  /** `url` as the router takes it: `/v1/vms/:vmId`. */
  add(url: string, methods: string | readonly string[]): void {
    const known = this.#paths.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    this.#paths.set(url, known);
    for (const method of [methods].flat()) known.methods.add(method);
  }

  /** Sorted; empty: there is no such path. `path` without a query. */
  of(path: string): readonly string[] {
    const found = [...this.#paths.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
  }
}

function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part === '*') return '.*';
    return part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`);
}
