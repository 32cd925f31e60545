// How a real service ends, and what does not end it: signals, and readers of its output that go away.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, post, until } from './client.ts';
import { launch, makeFolder, startServer } from './server.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

const slow = { PAYMENT_DELAY_MS: '50000', CALL_TIMEOUT_MS: '60000', DRAIN_MS: '20000', LOG_LEVEL: 'silent' };
const basket = {
  ...{ customerId: 'me', email: 'me@example.com', currency: 'USD' },
  items: [{ productId: 'product-3', quantity: 1 }],
};

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s stops the service politely', async (signal) => {
  const server = await startServer(folder.path, { LOG_LEVEL: 'silent' });
  expect(await server.stop(signal)).toBe(0);
  expect(server.output()).toContain('Stopped.');
});

test('SIGUSR1 opens no debugger', async () => {
  const server = await startServer(folder.path, { LOG_LEVEL: 'silent' });
  process.kill(server.pid, 'SIGUSR1');
  expect(await ask(`${server.url}/livez`)).toMatchObject({ status: 200 });
  expect(await server.stop()).toBe(0);
  expect(server.output()).not.toContain('Debugger');
});

test('a second signal ends it at once, and says so; the order goes on at the next start', async () => {
  const server = await startServer(folder.path, slow);
  const { body } = await post(`${server.url}/orders`, basket, 'one');
  process.kill(server.pid, 'SIGTERM');
  await server.untilPrinted(/Stopping/);
  const again = setInterval(() => process.kill(server.pid, 'SIGTERM'), 100);
  await server.untilPrinted(/ended at once/);
  clearInterval(again);
  expect(await server.stop('SIGTERM')).toBe(1);
  expect(server.output()).toContain('SIGTERM again: ended at once.');
  const next = await startServer(folder.path, { LOG_LEVEL: 'silent', PAYMENT_DELAY_MS: '0' });
  expect(await ask(`${next.url}/orders/${body.id}`)).toMatchObject({ status: 200 });
  expect(await next.stop()).toBe(0);
});

test('whoever reads its output may go away: it goes on, and ends with 0', async () => {
  const main = resolve(import.meta.dirname, '../../src/main.ts');
  const env = { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'info' };
  const service = spawn(process.execPath, [main, 'serve'], { cwd: folder.path, env });
  let url = '';
  for await (const line of createInterface(service.stdout)) {
    url = /listens on (http:\S+)/.exec(line)?.[1] ?? '';
    if (url !== '') break;
  }
  service.stdout.destroy();
  service.stderr.destroy();
  for (const key of ['one', 'two', 'three']) {
    expect((await post(`${url}/orders`, basket, key)).status).toBe(201);
  }
  expect(await ask(`${url}/readyz`)).toMatchObject({ status: 200 });
  service.kill('SIGTERM');
  expect(await once(service, 'exit')).toEqual([0, null]);
});

test('a signal that comes twice at once, as under npm, is one: it ends politely', async () => {
  const server = await startServer(folder.path, { LOG_LEVEL: 'silent', PAYMENT_DELAY_MS: '500' });
  await post(`${server.url}/orders`, basket, 'one');
  process.kill(server.pid, 'SIGINT');
  await server.untilPrinted(/Stopping/);
  expect(await server.stop('SIGINT')).toBe(0);
  expect(server.output()).toContain('Stopped.');
});

test.each(['>/dev/full', '2>/dev/full', '>&- 2>&-'])(
  'with its output to %s it serves, logs, and ends with 0',
  async (output) => {
    const main = resolve(import.meta.dirname, '../../src/main.ts');
    const command = `exec "$0" "$1" start ${output}`;
    const environment = { PORT: '0', LOG_LEVEL: 'trace', PAYMENT_DELAY_MS: '0', MAIL_DELAY_MS: '0' };
    const service = launch(['sh', '-c', command, process.execPath, main], folder.path, environment);
    const mail = resolve(folder.path, 'data/mail/01900000-0000-7000-8000-000000000175-confirmation.eml');
    await until(
      async () => existsSync(mail),
      (isSent) => isSent,
    );
    service.send('SIGTERM');
    expect(await service.ended).toEqual({ code: 0, signal: null });
  },
);

test('a command whose reader goes away ends without an error', async () => {
  const main = resolve(import.meta.dirname, '../../src/main.ts');
  const command = launch(
    ['sh', '-c', '"$0" "$1" serve --help | true', process.execPath, main],
    folder.path,
    {},
  );
  expect(await command.ended).toEqual({ code: 0, signal: null });
  expect(command.output()).toBe('');
});
