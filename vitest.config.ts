// How the tests run: three files at a time (many wait for processes), the longest first, so that no core waits in the end.
// Files that only compute share processes, as imports and a cold compiler cost them as much as their tests; all others have
// a process each. `npm run covered` also holds the charts and the step against the coverage that they must have.
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

/** Folders whose files share processes: they leave nothing in their own, which test/shared-process.ts checks. */
const sharing = [
  'access',
  'api',
  'diff',
  'docs',
  'doctor',
  'hosts',
  'machines',
  'services',
  'shop',
  'slo',
  'step',
  'testing',
  'webhooks',
];
/** Of these folders, the files that do not share: they count what they do, measure time, or change their process. */
const alone = {
  diff: ['command'],
  doctor: ['doctor'],
  machines: ['random-orders'],
  services: ['gateway-ledger', 'mailer-files', 'stripe-outcomes'],
  step: ['equivalence', 'random-charts', 'snapshot'],
};
const namesAlone = Object.values(alone).flat().join('|');

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'sharing',
          // No `exclude`: it would replace that of the command line.
          include: [`test/{${sharing.join()}}/**/!(${namesAlone}).test.ts`],
          isolate: false,
          setupFiles: ['test/shared-process.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: [
            'test/*.test.ts',
            `test/!(${sharing.join('|')})/**/*.test.ts`,
            `test/{${Object.keys(alone).join()}}/{${Object.values(alone).flat().join()}}.test.ts`,
          ],
        },
      },
    ],
    // Once for all projects.
    globalSetup: 'test/support/postgres/global-setup.ts',
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
