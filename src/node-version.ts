// The first import of main.ts: a Node that is too old is refused with a clear error, before anything that it lacks is used.
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const needed = [24, 15] as const;

/** `import.meta.main` is one of the things that an old Node lacks. */
const isProgram = (): boolean => {
  try {
    const [ours, run] = [fileURLToPath(import.meta.url), realpathSync(process.argv[1] ?? '')];
    return ours.replace(/node-version\.([jt]s)$/, 'main.$1') === run;
  } catch {
    return false;
  }
};

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  const text = `Orderchart needs Node ${needed.join('.')} or newer, and this is Node ${process.versions.node}. Install a newer Node.`;
  if (!isProgram()) throw new Error(text);
  console.error(`orderchart: ${text}`);
  process.exit(1);
}
