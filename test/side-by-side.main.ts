// `node test/side-by-side.main.ts SCRIPT …`: runs npm scripts at the same time, prints what each said when it ends,
// and fails where one of them does. For checks that keep one core busy and leave the other idle.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const run = async (script: string): Promise<boolean> => {
  // As npm itself is started: by the shell, which finds it on every system.
  const child = spawn(`npm run ${script}`, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const [code] = await once(child, 'close');
  process.stdout.write(Buffer.concat(said));
  if (code !== 0) console.error(`npm run ${script} failed (${code})`);
  return code === 0;
};

const ended = await Promise.all(process.argv.slice(2).map(run));
process.exitCode = ended.every(Boolean) ? 0 : 1;
