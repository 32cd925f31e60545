// A shop that goes back to a copy while its bank went on: no charge is made twice, what is lost is named, and readers of what
// is lost hear of it. Real processes, real files, and the simulated bank's own ledger.
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newKeyListing } from '../../src/access.ts';
import { ask, post, sampleBody, until } from './client.ts';
import { runCommand, type Server } from './server.ts';
import { copyShop, countOrders, createShops, mainOf, placeOrders } from './shop-files.ts';

const takeBackup = async (folder: string): Promise<string> => {
  const { code, output } = await runCommand(['backup', 'backup.db'], folder);
  if (code !== 0) throw new Error(output);
  return join(folder, 'backup.db');
};

const restore = (folder: string, backup: string): void => {
  const main = mainOf(folder);
  for (const each of ['', '-wal', '-shm']) rmSync(`${main}${each}`, { force: true });
  renameSync(backup, main);
};

/** What the bank did, by order: charges first. */
const readLedger = (folder: string): { key: string; orderId: string; result: string }[] =>
  readFileSync(join(folder, 'data/gateway.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('cursors of what is lost are 410 with the newest one, and those of what the copy has go on', async () => {
  await using shops = createShops();
  const { path, server } = await shops.open(1);
  const kept = (await ask(`${server.url}/events?limit=5`)).body.next;
  const backup = await takeBackup(path);
  await placeOrders(server, 1);
  const all = (await ask(`${server.url}/events?limit=12`)).body;
  await server.kill();
  restore(path, backup);
  const restored = await shops.start(path);
  // As many events as were lost, and other ones.
  await placeOrders(restored, 2);
  for (const url of [`/events?after=${all.next}`, `/events/stream?after=${all.next}`]) {
    const refused = await ask(`${restored.url}${url}`);
    expect([refused.status, refused.body.type]).toEqual([410, '/problems/cursor-unknown']);
    expect(refused.body.newest).not.toContain(all.next.split('-')[0]);
    expect((await ask(`${restored.url}/events?after=${refused.body.newest}`)).body.events).toEqual([]);
  }
  const goesOn = await ask(`${restored.url}/events?after=${kept}`);
  expect(goesOn.body.events[0].id).toBe(all.events[5].id);
});

test('a charge that was pending in the copy is looked up and not made again, and lost orders are named', async () => {
  await using shops = createShops();
  const slow = { PAYMENT_DELAY_MS: '1500', RETRY_FIRST_DELAY_MS: '50' };
  const { path, server } = await shops.open(0, slow);
  const placed = await post(`${server.url}/orders`, sampleBody, 'pending');
  const address = `/orders/${placed.body.id}`;
  await until(
    () => ask(`${server.url}${address}`),
    ({ body }) => body.calls.length === 1,
  );
  const backup = await takeBackup(path);
  const paid = await until(
    () => ask(`${server.url}${address}`),
    ({ body }) => body.settled,
  );
  const [lost] = await placeOrders(server, 1);
  await server.kill();
  restore(path, backup);

  const restored = await shops.start(path, slow);
  await restored.untilPrinted(/Reconciling: 1 calls that were pending/);
  await restored.untilPrinted(new RegExp(`Lost: the gateway knows 1 orders .*${lost} \\(`));
  const again = await until(
    () => ask(`${restored.url}${address}`),
    ({ body }) => body.settled,
  );
  expect(again.body).toMatchObject({ state: 'completed', paidAmount: paid.body.paidAmount });
  const { body } = await ask(`${restored.url}${address}/messages?limit=100`);
  const types: string[] = body.messages.map(({ type }: { type: string }) => type);
  expect(types.filter((type) => type.startsWith('gateway.'))).toEqual(['gateway.unknown', 'gateway.charged']);
  const ledger = readLedger(path);
  expect(ledger.filter(({ orderId }) => orderId === placed.body.id)).toHaveLength(1);
  await restored.stop();
  const store = await runCommand(['doctor'], path);
  expect(store.output).toContain('1 orders examined: everything holds.');
  const outside = await runCommand(['doctor', '--gateway-ledger', 'data/gateway.jsonl'], path);
  expect(outside.output).toContain(`${lost}  line 2 (charged) is for an order that does not exist`);
});

test('an order that had not been charged in the copy, and was since, is charged once', async () => {
  await using shops = createShops();
  const { path, server } = await shops.open(0, { PAYMENT_ERROR_RATE: '1', RETRY_FIRST_DELAY_MS: '2500' });
  const placed = await post(`${server.url}/orders`, sampleBody, 'failing');
  const address = `/orders/${placed.body.id}`;
  await until(
    () => ask(`${server.url}${address}`),
    ({ body }) => body.actors.payment.state === 'charging.backingOff',
  );
  const backup = await takeBackup(path);
  await server.kill();
  for (const round of ['the run that is lost', 'the one after the restore']) {
    if (round !== 'the run that is lost') restore(path, backup);
    const shop = await shops.start(path);
    await until(
      () => ask(`${shop.url}${address}`),
      ({ body }) => body.settled && body.state === 'completed',
    );
    await shop.kill();
  }
  expect(readLedger(path).map(({ key }) => key)).toEqual([`${placed.body.id}/charge/1`]);
});

test('a copy with its log over the files of the same run is one only if a person says so', async () => {
  await using shops = createShops();
  const { path, server, main } = await shops.open(1);
  copyShop(main, join(path, 'snapshot'));
  await placeOrders(server, 1);
  expect((await runCommand(['restored'], path)).output).toContain('in use');
  await server.kill();
  for (const each of ['', '-wal', '-shm']) rmSync(`${main}${each}`);
  copyShop(join(path, 'snapshot'), main);
  const said = await runCommand(['restored'], path);
  expect(said).toMatchObject({ code: 0, output: expect.stringContaining('1 orders: everything holds') });
  const restored = await shops.start(path);
  await restored.untilPrinted(/Restored: the store is a copy whose newest event is of 20/);
  expect(await countOrders(restored)).toBe(1);
});

test('who signed out after the copy was made stays out, and the start says what became of the keys', async () => {
  await using shops = createShops();
  const { path, server } = await shops.open(0);
  const made = await runCommand(
    ['keys', 'create', '--json', '--principal', 'ada', '--scopes', 'orders:read'],
    path,
  );
  const { key, token } = newKeyListing.parse(JSON.parse(made.output));
  const signedIn = await post(`${server.url}/session`, { key: token });
  const cookie = String(signedIn.headers.get('set-cookie')).split(';')[0] ?? '';
  const statusWith = async ({ url }: Server, headers: Record<string, string>) =>
    (await ask(`${url}/orders`, { headers })).status;
  expect(await statusWith(server, { cookie })).toBe(200);
  const backup = await takeBackup(path);
  await post(`${server.url}/session/end`, {}, undefined, { cookie });
  expect((await runCommand(['keys', 'revoke', key.id], path)).code).toBe(0);
  await server.kill();
  restore(path, backup);
  expect((await runCommand(['keys', 'list'], path)).output).toContain('valid');
  const restored = await shops.start(path);
  await restored.untilPrinted(/Keys: those that were revoked after the copy was made are valid again/);
  expect(await statusWith(restored, { cookie })).toBe(401);
  expect(await statusWith(restored, { authorization: `Bearer ${token}` })).toBe(200);
});
