// Keys of real services: the commands that make and end them, with and without a service, and who may come in before there
// are any.
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyListing, newKeyListing } from '../../src/access.ts';
import { ask, post, sampleBody } from './client.ts';
import { makeFolder, runCommand, type Server, startServer } from './server.ts';

const quiet = { LOG_LEVEL: 'warn' };
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
let folder: Awaited<ReturnType<typeof makeFolder>>;
let server: Server | undefined;

beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  await folder.remove();
});

const start = async (settings: Record<string, string> = {}, words: readonly string[] = ['serve']) => {
  server = await startServer(folder.path, { ...quiet, ...settings }, words);
  await server.untilPrinted(/Inspector: /);
  return server;
};
const keys = (...words: readonly string[]) => runCommand(['keys', ...words], folder.path);
const create = async (...words: readonly string[]) => {
  const { code, output } = await keys('create', '--principal', 'ada', '--json', ...words);
  expect(code, output).toBe(0);
  return newKeyListing.parse(JSON.parse(output));
};
const list = async () => keyListing.array().parse(JSON.parse((await keys('list', '--json')).output));

describe('the first key', () => {
  it('that is made while the service runs closes it at once', async () => {
    const { url, output } = await start();
    expect(output()).toContain('Open to programs on this machine alone, without a key');
    expect((await ask(`${url}/orders`)).status).toBe(200);
    const { token } = await create('--scopes', 'orders:read');
    expect((await ask(`${url}/orders`)).status).toBe(401);
    expect((await ask(`${url}/orders`, bearer(token))).status).toBe(200);
    expect((await post(`${url}/orders`, sampleBody, 'key-1', bearer(token).headers)).status).toBe(403);
    expect((await ask(`${url}/livez`)).status).toBe(200);
    expect(output()).not.toContain(token.slice(-43));
  });

  it('that is made before the first start opens it, and the banner says so', async () => {
    const { token } = await create('--scopes', 'orders:read,orders:place');
    const { url, output } = await start();
    expect(output()).toContain('Open to callers with a key; browsers sign in at /sign-in');
    expect((await ask(`${url}/orders`)).status).toBe(401);
    const placed = await post(`${url}/orders`, sampleBody, 'key-1', bearer(token).headers);
    expect(placed.status).toBe(201);
    await server?.stop();
    expect((await list())[0]?.lastUsedAt).not.toBeNull();
  });

  it('is not made over HTTP', async () => {
    const { url } = await start();
    expect((await post(`${url}/keys`, { principal: 'mallory', scopes: ['admin'] })).status).toBe(401);
    expect(await list()).toEqual([]);
  });
});

describe('orderchart keys', () => {
  it('makes, lists, rotates and revokes through the service, and the service obeys at once', async () => {
    const { url } = await start();
    const status = async (token: string) => (await ask(`${url}/orders`, bearer(token))).status;
    const { key, token } = await create(
      '--scopes',
      'orders:read',
      '--customer',
      'customer-1',
      '--expires-in',
      '2d',
    );
    expect(key).toMatchObject({ principal: 'ada', scopes: ['orders:read'], customerId: 'customer-1' });
    const rotated = await keys('rotate', key.id, '--keep-old', '0s');
    expect(rotated.code).toBe(0);
    const next = rotated.output.trim().split('\n').at(-1) ?? '';
    expect([await status(token), await status(next)]).toEqual([401, 200]);
    const [, made] = await list();
    expect((await keys('list')).output).toContain(
      `${made?.id}  ada  orders:read, bound to customer customer-1`,
    );
    const revoked = await keys('revoke', made?.id ?? '');
    expect([revoked.code, revoked.output]).toEqual([0, expect.stringMatching(/^Revoked .* revoked 20/)]);
    expect(await status(next)).toBe(401);
  });

  it('does the same without a service, with the file alone', async () => {
    const { key } = await create(
      '--scopes',
      'metrics',
      '--requests-per-minute',
      '9',
      '--refunds-per-day',
      '500',
    );
    expect(await list()).toEqual([key]);
    expect(key).toMatchObject({ requestsPerMinute: 9, refundsPerDay: 500 });
    expect((await keys('rotate', key.id)).code).toBe(0);
    const [old, made] = await list();
    expect(old?.expiresAt).not.toBeNull();
    expect((await keys('revoke', made?.id ?? '')).code).toBe(0);
    expect((await list())[1]?.revokedAt).not.toBeNull();
    const { code, output } = await keys('revoke', 'none');
    expect([code, output]).toEqual([1, 'orderchart: There is no key none.\n']);
  });

  it('prints its help', async () => {
    for (const words of [['--help'], ['create', '--help'], []]) {
      const { code, output } = await keys(...words);
      expect([code, output]).toEqual([0, expect.stringContaining('Usage: orderchart keys create')]);
    }
  });

  it.each<[readonly string[], RegExp]>([
    [['make'], /There is no 'keys make'.*keys --help/],
    [['toString'], /There is no 'keys toString'/],
    [['list', 'all'], /There is no 'keys list all'/],
    [['create', '--scopes', 'admin'], /--principal.*who the key is for/],
    [
      ['create', '--principal', 'The Desk', '--scopes', 'admin'],
      /--principal=The Desk: must be 1 to 64 small letters/,
    ],
    [['create', '--principal', 'a'], /--scopes: name some of/],
    [['create', '--principal', 'a', '--scopes', 'all'], /--scopes=all: it is one of orders:place/],
    [
      ['create', '--principal', 'a', '--scopes', 'events', '--customer', ' '],
      /--customer= : it must be the id/,
    ],
    [
      ['create', '--principal', 'a', '--scopes', 'events', '--expires-in', '1w'],
      /--expires-in=1w: .*90s, 30m/,
    ],
    [['create', '--principal', 'a', '--scopes', 'events', '--refunds-per-day', '0'], /--refunds-per-day=0/],
    [['rotate'], /Name the one key/],
    [['rotate', 'x', '--keep-old', '31d'], /--keep-old=31d: it must be at most 30d/],
    [['rotate', 'x', '--scopes', 'admin'], /'keys rotate' takes no --scopes/],
    [['revoke', 'x', 'y'], /Name the one key/],
    [['list', '--colour'], /Unknown option '--colour'. See `orderchart keys --help`/],
    [['list', '--database-url', 'memory:'], /DATABASE_URL=memory:.*use sqlite:PATH/],
  ])('refuses wrong usage in one line, with exit code 2: %j', async (words, line) => {
    const { code, output } = await keys(...words);
    expect([code, output.trim().split('\n').length]).toEqual([2, 1]);
    expect(output).toMatch(line);
  });

  it('refuses what does not fit together with exit code 1, and makes no key', async () => {
    const words = ['--principal', 'ada', '--scopes', 'admin', '--customer', 'customer-1'];
    const { code, output } = await keys('create', ...words);
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/^orderchart: .*bound to a customer.*admin.*\n$/),
    ]);
    expect(await list()).toEqual([]);
  });
});

describe('a service without keys', () => {
  it.each([
    [{ HOST: '0.0.0.0' }, 'HOST=0.0.0.0'],
    [{ HOST: '::' }, 'HOST=::'],
    [{ TRUST_PROXY: 'loopback' }, 'TRUST_PROXY=loopback'],
    [{ PUBLIC_URL: 'https://shop.example' }, 'PUBLIC_URL=https://shop.example'],
    [{ PUBLIC_HOSTS: 'shop.example' }, 'PUBLIC_HOSTS=shop.example'],
  ])('does not start where others reach it: %j', async (settings, named) => {
    const { code, output } = await runCommand(['serve'], folder.path, { PORT: '0', ...quiet, ...settings });
    expect([code, output.trim().split('\n').length]).toEqual([2, 1]);
    expect(output).toContain(`Invalid ${named}`);
    expect(output).toContain('orderchart keys create');
    expect(output).toContain('--open-to-everyone');
  });

  it('starts there if it is told to, and says where it listens and that everyone may come in', async () => {
    const { url, output } = await start({ HOST: '0.0.0.0' }, ['serve', '--open-to-everyone']);
    expect(url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
    expect(output()).toContain('Open to EVERYONE who reaches it, without a key');
    const { port } = new URL(url);
    expect(output()).toContain(`Inspector: http://127.0.0.1:${port}/inspector`);
    const answer = await ask(`http://127.0.0.1:${port}/orders`, {
      headers: { 'x-forwarded-for': '203.0.113.5' },
    });
    expect(answer.status).toBe(200);
  });

  it('starts there with a key', async () => {
    await create('--scopes', 'orders:read');
    const { output } = await start({ HOST: '0.0.0.0', TRUST_PROXY: 'loopback' });
    expect(output()).toContain('Open to callers with a key');
  });
});

it('the admin port serves what the first one leaves out, declines foreign upgrades, and ends with the service', async () => {
  const { url, untilPrinted } = await start({
    ADMIN_PORT: '0',
    DATABASE_URL: `sqlite:${join(folder.path, 'o.db')}`,
  });
  const [, admin = ''] = await untilPrinted(/Inspector: (\S+)\/inspector/);
  expect(new URL(admin).port).not.toBe(new URL(url).port);
  for (const path of ['/inspector', '/metrics', '/openapi.json', '/docs']) {
    expect([(await fetch(url + path)).status, (await fetch(admin + path)).status]).toEqual([404, 200]);
  }
  expect((await ask(`${admin}/orders`)).status).toBe(200);
  const headers = { connection: 'upgrade', upgrade: 'h2c' };
  const status = await new Promise((answered, failed) => {
    request(`${admin}/orders`, { headers, agent: false }, (answer) => answered(answer.resume().statusCode))
      .once('error', failed)
      .end();
  });
  expect(status).toBe(200);
  expect(await server?.stop()).toBe(0);
  await expect(fetch(`${admin}/orders`)).rejects.toThrow();
});
