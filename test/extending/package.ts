// The package as it is published: built, packed by npm, and unpacked into a project's node_modules, with its dependencies
// beside it. Nothing is written here, and nothing comes from the network.
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const bin = join(root, 'node_modules/.bin');
// Both compilers bring a program named `tsc`, so they are named by their paths.
const compiler = join(root, 'node_modules/typescript/bin/tsc');

/** What checks the types of a project: with the compiler that builds the package, and with the one that checks our types. */
export const checkTypes = ['node', compiler];
export const checkTypesNatively = ['node', join(root, 'node_modules/@typescript/native/bin/tsc')];

/** What `npm run build` copies beside what tsc makes. */
const copiedFolders = [
  'stores/migrations',
  'stores/postgres/migrations',
  'shop/migrations',
  'shop/migrations-postgres',
  'services/mail-templates',
  'inspector/page/dist',
];
const manifestSchema = z.object({ files: z.array(z.string()) });

/** Packs the package in `folder`, and returns the path of the tarball. */
const pack = async (folder: string): Promise<string> => {
  const manifest = await readFile(join(root, 'package.json'), 'utf8');
  const shipped = manifestSchema.parse(JSON.parse(manifest)).files.filter((name) => name !== 'dist');
  await mkdir(folder, { recursive: true });
  await Promise.all([
    // `npm run types` checks the types.
    run(
      process.execPath,
      [compiler, '--project', 'tsconfig.build.json', '--noCheck', '--outDir', join(folder, 'dist')],
      { cwd: root },
    ),
    ...['package.json', 'README.md', 'LICENSE', ...shipped].map((name) =>
      cp(join(root, name), join(folder, name), { recursive: true }),
    ),
    ...copiedFolders.map((name) =>
      cp(join(root, 'src', name), join(folder, 'dist/src', name), { recursive: true }),
    ),
  ]);
  const packed = await run('npm', ['pack', '--ignore-scripts', '--offline', '--loglevel=error'], {
    cwd: folder,
  });
  return join(folder, packed.stdout.trim());
};

/** Installs the packed package in `project`, built in `scratch`. */
export const installPackage = async (project: string, scratch: string): Promise<void> => {
  const modules = join(project, 'node_modules');
  const target = join(modules, 'orderchart');
  await mkdir(target, { recursive: true });
  const names = await readdir(join(root, 'node_modules'));
  const tarball = await pack(scratch);
  await run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
  for (const name of names) {
    if (name !== 'orderchart') await symlink(join(root, 'node_modules', name), join(modules, name));
  }
};

/** Writes the files whose code a page has under their names in backquotes, and returns the names. */
export const writeFilesOfPage = async (page: string, project: string): Promise<readonly string[]> => {
  const text = await readFile(join(root, page), 'utf8');
  const files = [...text.matchAll(/^`([\w.-]+)`\n\n```\w+\n(.*?)^```$/gms)];
  for (const [, name = '', code = ''] of files) await writeFile(join(project, name), code);
  return files.map(([, name = '']) => name);
};

/** Runs a program in `project`, with our Node first. Its exit code is an answer, too. */
export const runIn = async (
  project: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly output: string; readonly errors: string }> => {
  const [program = '', ...given] = words;
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, ...environment };
  try {
    const { stdout, stderr } = await run(program, given, { cwd: project, env });
    return { code: 0, output: stdout, errors: stderr };
  } catch (error) {
    const failed = z.object({ code: z.number(), stdout: z.string(), stderr: z.string() }).parse(error);
    return { code: failed.code, output: failed.stdout, errors: failed.stderr };
  }
};
