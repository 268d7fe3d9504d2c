/** A thread whose entry is one of our own modules, whether it runs from the sources or compiled. */
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * @param module like `./store-thread`, without its ending.
 * @param caller `import.meta.url` of who asks; the entry ends as that does.
 */
export function startModule(module: string, caller: string, options: WorkerOptions): Worker {
  if (!caller.endsWith('.ts')) return new Worker(new URL(`${module}.js`, caller), options);
  // A thread does not inherit what makes TypeScript run here.
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const entry = JSON.stringify(new URL(`${module}.ts`, caller).href);
  const code = `import { register } from ${loader}; register(); await import(${entry});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), options);
}
