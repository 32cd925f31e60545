// What vite.config.ts makes of the charts when the page is built.
declare module 'virtual:layouts' {
  import type { Kept } from './layout-graph.ts';

  const layouts: readonly Kept[];
  export default layouts;
}
