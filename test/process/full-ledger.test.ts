// The shipped service on a disk that is full where its simulated gateway keeps the ledger. What was charged meanwhile is
// written when there is room, once, without a new start.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ask, post, sampleBody, until } from '../e2e/client.ts';
import { launch, makeFolder } from '../e2e/server.ts';
import { canMount, openSmallFileSystem } from './full-disk.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
const settings = {
  ...{ PORT: '0', LOG_LEVEL: 'silent', PAYMENT_DELAY_MS: '0', MAIL_DELAY_MS: '0', PAYMENT_DECLINE_RATE: '0' },
  ...{ PAYMENT_ATTEMPTS: '100', RETRY_FIRST_DELAY_MS: '50', RETRY_LONGEST_DELAY_MS: '200', POLL_MS: '50' },
};

if (await canMount()) {
  test('a full disk under the ledger makes the service not ready, and it goes on by itself', async () => {
    const folder = await makeFolder();
    const { commandPrefix, storeFolder, close } = await openSmallFileSystem(folder.path);
    const run = (...words: readonly string[]) => launch([...commandPrefix, ...words], folder.path, {}).ended;
    const ledger = join(storeFolder, 'gateway.jsonl');
    const service = launch([...commandPrefix, process.execPath, main, 'serve'], folder.path, {
      ...settings,
      PAYMENT_LEDGER: ledger,
      // What enters a mount namespace begins in its root folder.
      DATABASE_URL: `sqlite:${join(folder.path, 'orders.db')}`,
      MAIL_DIR: join(folder.path, 'mail'),
    });
    const [, url] = await service.untilPrinted(/listens on (http:\/\/\S+)/);
    await run('sh', '-c', `cat /dev/zero > ${storeFolder}/filler 2>&1`);
    const health = async () => (await ask(`${url}/readyz`)).body;
    const { status, body } = await post(`${url}/orders`, sampleBody, 'one');
    expect(status).toBe(201);
    const { reason } = await until(health, ({ ready }) => ready === false);
    expect(reason).toContain('the disk of the payment ledger is full: make room');
    await run('rm', `${storeFolder}/filler`);
    await until(health, ({ ready }) => ready === true);
    const order = await until(
      () => ask(`${url}/orders/${body.id}`),
      (answer) => answer.body.settled === true,
    );
    expect(order.body).toMatchObject({ state: 'completed', paidAmount: 17_500 });
    await run('sh', '-c', `cat ${ledger} > ${folder.path}/copied.jsonl`);
    const lines = (await readFile(join(folder.path, 'copied.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { operation: 'charge', result: 'charged', amount: 17_500, orderId: body.id },
    ]);
    service.send('SIGTERM');
    expect(await service.ended).toEqual({ code: 0, signal: null });
    await close();
    await folder.remove();
  });
} else {
  console.log('full-ledger.test.ts: no file system can be mounted here; the full ledger was not tested');
}
