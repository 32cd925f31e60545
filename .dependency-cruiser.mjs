// The rule of dependencies (ARCHITECTURE.md): sibling folders of src/ meet only at the files in
// src/'s root and at src/step/; only src/main.ts (with src/offline.ts) knows them all, and
// src/application-service.ts those that any application needs, src/testing.ts those that its tests need; machines/ imports nothing from src/.
/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'charts-know-no-source',
      comment: 'machines/ is pure: it imports only xstate, zod, currency-codes and itself.',
      severity: 'error',
      from: { path: '^machines/' },
      to: {
        pathNot: ['^machines/', '^node_modules/(xstate|zod|currency-codes)/'],
      },
    },
    {
      name: 'engine-knows-no-application',
      comment:
        'What runs, keeps and shows any application imports nothing of machines/ or src/shop/. What is about the shop is in a folder shop/, in api/routes/, services/ and cli/.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [
          '^(src|src/inspector/page)/main\\.tsx?$',
          '^src/offline\\.ts$',
          '^src/shop/',
          '^src/[^/]+(/page)?/shop/',
          '^src/(api/routes|services|cli)/',
        ],
      },
      to: {
        path: ['^machines/', '^src/shop/', '^src/[^/]+(/page)?/shop/', '^src/(api/routes|services|cli)/'],
      },
    },
    {
      name: 'siblings-meet-at-contracts',
      comment: 'A folder of src/ imports itself, the files in src/ and src/step/.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/[^/]+/', pathNot: ['^src/$1/', '^src/step/', '^src/shop/'] },
    },
    {
      name: 'contracts-know-no-implementation',
      comment:
        'The files in src/, except the roots of composition (main.ts, offline.ts, application-service.ts, testing.ts) and the client, import no folder but step/.',
      severity: 'error',
      from: {
        path: '^src/[^/]+\\.ts$',
        pathNot: '^src/(main|offline|testing|application-service|client)\\.ts$',
      },
      to: { path: '^src/[^/]+/', pathNot: '^src/step/' },
    },
    {
      name: 'step-is-pure',
      comment: 'src/step/ imports xstate, zod and itself: no I/O, no clock.',
      severity: 'error',
      from: { path: '^src/step/' },
      to: { pathNot: ['^src/step/', '^src/errors\\.ts$', '^node_modules/(xstate|zod)/'] },
    },
    {
      name: 'client-knows-no-server',
      comment:
        'The client runs in browsers: it imports openapi-fetch and the types of the API, and nothing else.',
      severity: 'error',
      from: { path: '^src/client(/|\\.ts$)' },
      to: { pathNot: ['^src/client/openapi\\.ts$', '^node_modules/openapi-fetch/'] },
    },
    {
      name: 'nothing-imports-main',
      comment:
        'main.ts (with offline.ts) and testing.ts are roots of composition; commands get what they need as arguments.',
      severity: 'error',
      from: { path: '^(src|machines)/', pathNot: '^src/main\\.ts$' },
      to: { path: '^src/(main|offline|testing)\\.ts$' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['^test/', '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'product-needs-no-development-package',
      severity: 'error',
      // The page is built before it is shipped: what it is made of is not needed any more.
      from: { path: '^(src|machines)/', pathNot: '^src/inspector/page/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ['\\?url$', '^virtual:'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/inspector/page/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
