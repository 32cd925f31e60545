// How the tests run: one process per file, three at a time (many wait for processes), the longest first, so that no core waits
// in the end. `npm run covered` also holds the charts and the step against the coverage that they must have.
// Longer campaigns are commands of their own, not configurations.
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const longest = [
  'simulator/seeds',
  'process/',
  'inspector/page',
  'model/',
  'planted/',
  'extending/',
  'fuzz/',
  'load/',
  'doctor/',
];

const toPlace = ({ moduleId }: TestSpecification): number => {
  const place = longest.findIndex((part) => moduleId.includes(`/test/${part}`));
  return place === -1 ? longest.length : place;
};

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => toPlace(one) - toPlace(other));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    sequence: { sequencer: LongestFirst },
    coverage: {
      provider: 'v8',
      include: ['machines/**/*.ts', 'src/step/**/*.ts'],
      // What is released is held by its fingerprint.
      exclude: ['machines/v*/**'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 100, branches: 100 },
    },
  },
});
