// How the inspector's page is built: into a folder that src/inspector/routes.ts serves, with names that change
// with their contents. It is run by `npm ci` (the script `prepare`), so that `npm start` has the page ready.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: 'src/inspector/page',
  base: '/inspector/',
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The content policy allows no scripts and styles but files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
});
