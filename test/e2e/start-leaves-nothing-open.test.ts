// A start that fails in a process that goes on: what it had opened until then is closed.
import { readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOrderchart, type Replacements, readSettings } from '../../src/main.ts';
import { makeFolder } from './server.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;

beforeEach(async () => {
  folder = await makeFolder();
  await writeFile(join(folder.path, 'file'), '');
});
afterEach(() => folder.remove());

const toSettings = (environment: Readonly<Record<string, string>>) =>
  readSettings({
    LOG_LEVEL: 'silent',
    DATABASE_URL: `sqlite:${join(folder.path, 'orders.db')}`,
    PAYMENT_LEDGER: join(folder.path, 'ledger'),
    MAIL_DIR: join(folder.path, 'mail'),
    ...environment,
  });

/** Names of the folder's files that this process has open. */
const findOpenFiles = async (): Promise<readonly string[]> => {
  const names = await readdir('/proc/self/fd');
  const paths = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return paths.filter((path) => path.startsWith(`${folder.path}/`));
};

const unknownService: Replacements = {
  services: {
    courier: { name: 'courier', place: 'outside', answer: async () => ({ type: 'courier.sent' }) },
  },
};
const failingRecovery: Replacements = {
  faults: {
    reach: (point) => {
      if (point === 'recover.after') throw new Error('the recovery failed');
    },
  },
};

test.each<[string, () => Readonly<Record<string, string>>, Replacements, RegExp]>([
  ['the mailer cannot be made', () => ({ MAIL_DIR: join(folder.path, 'file/mail') }), {}, /MAIL_DIR/],
  ['a service is unknown', () => ({}), unknownService, /no service courier/],
  ['the recovery fails', () => ({}), failingRecovery, /the recovery failed/],
])('where %s, no file stays open, and the next start works', async (_cause, environment, given, error) => {
  await expect(createOrderchart(toSettings(environment()), given)).rejects.toThrow(error);
  expect(await findOpenFiles()).toEqual([]);
  const service = await createOrderchart(toSettings({}));
  expect(await findOpenFiles()).toContain(join(folder.path, 'ledger'));
  await service.close();
  expect(await findOpenFiles()).toEqual([]);
});
