// The page that the tests open is the one that the source says: where something it is made of has changed since
// it was built, it is built again.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const built = join(root, 'src/inspector/page/dist');
const parts = ['src/inspector', 'machines', 'src/step', 'vite.config.ts', 'package-lock.json'];

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
  return parts.flatMap((part) => filesIn(join(root, part))).every((file) => statSync(file).mtimeMs < at);
};

export const buildPage = (): void => {
  if (!isFresh()) execFileSync('npm', ['run', 'build-page'], { cwd: root, stdio: 'pipe' });
};
