import { defineConfig } from 'vitest/config';

/** Properties only: units run under uvu, so that each file has exactly one runner. */
export default defineConfig({
  test: {
    include: ['test/**/*.prop.ts'],
    passWithNoTests: false,
    // A property is many runs; a slow machine is not a failure.
    testTimeout: 120_000,
    // Packages that are CommonJS have the exports that they have for Node.
    deps: { interopDefault: false },
  },
});
