// How the tests run: one process per file, coverage over the product's code, and the gates that
// the charts and the step must pass. Longer campaigns are commands of their own, not configurations.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Files share what they import; no test changes what another can see.
    isolate: false,
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // The programs that tests start, some dozens, load compiled code.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)) },
    coverage: {
      provider: 'v8',
      include: ['machines/**/*.ts', 'src/**/*.ts'],
      exclude: ['src/inspector/page/**'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: {
        'machines/**': { lines: 100, branches: 100 },
        'src/step/**': { lines: 100, branches: 100 },
      },
    },
  },
});
