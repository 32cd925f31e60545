// Runs an example in processes that kill themselves, over one SQLite file, and has the doctor's general checks examine what
// they leave. It knows no example.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Application } from '../../src/application.ts';
import { createExamine } from '../../src/doctor/examine.ts';
import { openAuditSource } from '../../src/stores/sqlite-audit-source.ts';
import { launch, makeFolder } from '../e2e/server.ts';

/** `name`: of the example; its process is `name.main.ts`, which gets the file, its log, `words` and a commit point. */
export const openProcesses = async (name: string) => {
  const folder = await makeFolder();
  const file = join(folder.path, `${name}.db`);
  const log = join(folder.path, `${name}.log`);
  const main = resolve(import.meta.dirname, `${name}.main.ts`);
  const accepted = new Set<string>();
  return {
    file,
    /** Ids that a process said to have accepted. */
    accepted,
    run: async (...words: readonly string[]) => {
      const program = launch([process.execPath, main, file, log, ...words], folder.path, {});
      const { code, signal } = await program.ended;
      for (const [, id = ''] of program.output().matchAll(/Accepted (\S+)/g)) accepted.add(id);
      return { code, signal, output: program.output() };
    },
    readLog: () => readFileSync(log, 'utf8').trim().split('\n'),
    /** What the doctor finds. */
    examine: async (application: Application, now: number) => {
      const source = openAuditSource(file, application, now);
      const { checks, orders } = await createExamine(application)(source, { atRest: true });
      await source.close();
      return { orders, findings: checks.flatMap(({ findings }) => findings) };
    },
    remove: folder.remove,
  };
};
