// The version of this package, as its package.json says. It knows nothing of chart versions.
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { z } from 'zod';

const manifest = z.object({ version: z.string() });

export const readPackageVersion = (): string => {
  const path = findPackageJSON('..', import.meta.url);
  if (path === undefined) throw new Error('The package.json of Orderchart is missing.');
  return manifest.parse(JSON.parse(readFileSync(path, 'utf8'))).version;
};
