// Builds the page again when one of its sources is newer, so that the tests open what the source says.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const built = join(root, 'src/inspector/page/dist');
const sources = [
  ...['src/inspector', 'src/display.ts', 'src/shop', 'src/step', 'machines'],
  ...['vite.config.ts', 'package-lock.json'],
];

const filesIn = (path: string): readonly string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .map((name) => join(path, name))
        .filter((each) => each !== built)
        .flatMap(filesIn)
    : [path];

const isFresh = (): boolean => {
  const page = join(built, 'index.html');
  if (!existsSync(page)) return false;
  const at = statSync(page).mtimeMs;
  return sources
    .flatMap((source) => filesIn(join(root, source)))
    .every((file) => statSync(file).mtimeMs < at);
};

export const buildPage = (): void => {
  if (!isFresh()) execFileSync('npm', ['run', 'build-page'], { cwd: root, stdio: 'pipe' });
};
