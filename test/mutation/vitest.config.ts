import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Everything that looks at the stages, units and properties in one process, for `npm run mutation`. */
export default defineConfig({
  resolve: { alias: [{ find: /^uvu$/, replacement: fileURLToPath(new URL('uvu.ts', import.meta.url)) }] },
  test: {
    include: [
      'test/sim/personality/**/*.{test,prop}.ts',
      'test/sim/{control-plane,egress,personality-manager}.test.ts',
      'test/scenarios/preflight/*.test.ts',
    ],
    testTimeout: 120_000,
    // The modules stay loaded from one file to the next: a mutant costs a second, not ten.
    isolate: false,
    deps: { interopDefault: false },
  },
});
