// How the inspector's page is built: into a folder that src/inspector/server/routes.ts serves, with names that change
// with their contents. `npm ci` runs it (the script `prepare`), so that `npm start` has the page ready.
import react from '@vitejs/plugin-react';
import Elk from 'elkjs';
import { defineConfig, type Plugin } from 'vite';
import {
  computeLayout,
  type Kept,
  toAbout,
  withCounts,
  withWords,
} from './src/inspector/page/layout-graph.ts';
import { toOverview } from './src/inspector/page/overview.ts';
import { readCharts } from './src/inspector/server/charts.ts';
import { shop } from './src/shop/shop.ts';

const layOut = async (): Promise<readonly Kept[]> => {
  const elk = new Elk.default();
  const charts = readCharts(shop);
  const overviews = charts.filter(({ name }) => name === shop.mainActor).map(toOverview);
  const wanted = [
    ...charts.map((chart) => [chart, withWords] as const),
    ...overviews.flatMap((chart) =>
      (['RIGHT', 'DOWN'] as const).map((direction) => [chart, withCounts(direction)] as const),
    ),
  ];
  const kept: Kept[] = [];
  for (const [chart, sizing] of wanted) {
    kept.push({ about: toAbout(chart, sizing), layout: await computeLayout(elk, chart, sizing) });
  }
  return kept;
};

/** `virtual:layouts`: the shipped charts laid out, so that a page shows them at once. */
const layouts = (): Plugin => ({
  name: 'layouts',
  resolveId: (id) => (id === 'virtual:layouts' ? '\0layouts' : undefined),
  load: async (id) => (id === '\0layouts' ? `export default ${JSON.stringify(await layOut())}` : undefined),
});

export default defineConfig({
  root: 'src/inspector/page',
  // The server puts its own path in front (src/inspector/server/routes.ts).
  base: './',
  plugins: [react(), layouts()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The content policy allows no scripts and styles but files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
});
