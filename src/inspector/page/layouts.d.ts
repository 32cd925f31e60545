// The layouts that vite.config.ts computes when the page is built.
declare module 'virtual:layouts' {
  import type { Kept } from './layout-graph.ts';

  const layouts: readonly Kept[];
  export default layouts;
}
