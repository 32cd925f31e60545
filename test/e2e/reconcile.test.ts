// `orderchart reconcile` against the double of Stripe's API, with a real service and without: what it finds, that it finds
// nothing else, what becomes of it, and the export that the doctor takes.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { secretKey } from '../support/stripe/open-double.ts';
import { openStripeShop } from '../support/stripe/open-shop.ts';
import { plantDifferences, runReconcile, toPlanted } from '../support/stripe/planted.ts';
import { ask, post, until } from './client.ts';
import { makeFolder, runCommand } from './server.ts';

const sampleId = '01900000-0000-7000-8000-000000000175';

const openPaidShop = async (orders: number, settings: Readonly<Record<string, string>> = {}) => {
  const shop = await openStripeShop({ DATABASE_URL: 'sqlite:orders.db', ...settings });
  const ids = await Promise.all(Array.from({ length: orders }, shop.place));
  await Promise.all(ids.map((id) => shop.untilState(id, 'completed')));
  const database = ['--database', 'sqlite:orders.db'];
  return {
    ...shop,
    ids,
    run: (words: readonly string[] = []) => runReconcile(shop.double, shop.folder, [...database, ...words]),
    incidents: async () => (await ask(`${shop.server.url}/services/incidents`)).body.incidents,
  };
};
const refund = async (url: string, orderId: string, amount: number): Promise<void> => {
  const answer = await post(`${url}/orders/${orderId}/refunds`, { amount }, crypto.randomUUID());
  expect(answer.status).toBe(201);
  await until(
    async () => (await ask(`${url}/orders/${orderId}`)).body.refundedAmount,
    (refunded) => refunded === amount,
  );
};

describe('a reconciliation', () => {
  it('finds the three differences that were planted, and no other; a second one opens no incident again', async () => {
    const shop = await openPaidShop(5);
    await refund(shop.server.url, shop.ids[0] ?? '', 2500);
    expect(await shop.run()).toMatchObject({ code: 0, orders: 6, differences: [], pending: [] });
    expect(await shop.incidents()).toEqual([]);
    const planted = await plantDifferences(shop.double);
    const first = await shop.run();
    expect([first.code, toPlanted(first), first.pending]).toEqual([1, planted, []]);
    expect(first.differences.map(({ incident }) => incident)).toEqual(['opened', 'opened', 'opened']);
    const incidents = await shop.incidents();
    expect(incidents).toHaveLength(3);
    expect(incidents).toContainEqual(
      expect.objectContaining({
        ...{ subject: { type: 'service', name: 'gateway' }, reason: 'amount-differs' },
        details: expect.objectContaining({
          ...{ ours: { amount: 17_500, currency: 'usd' }, theirs: { amount: 17_000, currency: 'usd' } },
        }),
      }),
    );
    const path = incidents[0].links.resolve;
    expect((await post(shop.server.url + path, { note: 'accepted' })).status).toBe(200);
    // The file is opened by the command itself.
    await shop.server.stop();
    const second = await shop.run();
    expect([second.code, toPlanted(second)]).toEqual([1, planted]);
    expect(second.differences.map(({ incident }) => incident).toSorted()).toEqual(['closed', 'open', 'open']);
  });

  it('finds what the store counts on and Stripe does not have', async () => {
    const shop = await openPaidShop(2);
    await refund(shop.server.url, shop.ids[1] ?? '', 2500);
    const { intents, refunds } = await shop.double.ledger();
    const of = (id: string) => intents.filter(({ metadata }) => metadata['orderchart_order'] === id);
    await shop.double.plant(
      ...of(shop.ids[0] ?? '').map((intent) => ({
        ...intent,
        status: 'canceled' as const,
        amount_received: 0,
      })),
      ...refunds.map((each) => ({ ...each, status: 'failed' })),
    );
    expect(toPlanted(await shop.run())).toEqual([
      { kind: 'not-taken', orderId: shop.ids[0] },
      { kind: 'refund-missing', orderId: shop.ids[1] },
    ]);
  });

  it('reports an order whose call is under way as pending, and opens no incident for it', async () => {
    const shop = await openPaidShop(0, { CALL_TIMEOUT_MS: '60000' });
    await shop.double.setWebhooks({ url: 'http://127.0.0.1:9/', secret: 'whsec_nobody', neverRate: 1 });
    await shop.double.setFaults([{ on: ['confirm'], fault: { kind: 'silent', effect: true } }]);
    const orderId = await shop.place();
    await until(
      async () => (await shop.double.ledger()).intents,
      (all) =>
        all.some((each) => each.metadata['orderchart_order'] === orderId && each.status === 'succeeded'),
    );
    expect(await shop.run()).toMatchObject({ code: 0, differences: [], pending: [orderId] });
    expect(await shop.incidents()).toEqual([]);
  });

  it('goes through all pages, and asks again when Stripe fails in passing', async () => {
    const shop = await openPaidShop(2);
    const { intents } = await shop.double.ledger();
    const [one] = intents;
    if (one === undefined) throw new Error('nothing was charged');
    const theirs = Array.from({ length: 205 }, (_, index) => ({
      ...one,
      id: `pi_other_${index}`,
      metadata: {},
    }));
    const stranger = { ...one, id: 'pi_first', created: one.created - 60 };
    const metadata = { orderchart_order: 'lost', orderchart_key: 'lost/charge/1' };
    await shop.double.plant({ ...stranger, metadata }, ...theirs);
    await shop.double.setFaults([{ on: ['list'], times: 1, fault: { kind: 'status', status: 503 } }]);
    expect(toPlanted(await shop.run())).toEqual([{ kind: 'unknown-order', orderId: 'lost' }]);
  });
});

describe('the export', () => {
  it('is a ledger that the doctor takes, and it is not written over', async () => {
    const shop = await openPaidShop(2);
    await refund(shop.server.url, shop.ids[0] ?? '', 2500);
    await shop.server.stop();
    const environment = { STRIPE_SECRET_KEY: secretKey, STRIPE_API_BASE: shop.double.url };
    const words = ['reconcile', '--gateway', 'stripe', '--export', 'export.jsonl'];
    const exported = await runCommand(words, shop.folder, environment);
    expect(exported).toEqual({ code: 0, output: 'Wrote 4 entries to export.jsonl.\n' });
    const ledger = await readFile(join(shop.folder, 'export.jsonl'), 'utf8');
    expect(ledger).not.toContain('secret');
    const doctor = ['doctor', '--database-url', 'sqlite:orders.db', '--gateway-ledger', 'export.jsonl'];
    const examined = await runCommand(doctor, shop.folder);
    expect(examined.output).toContain('3 orders examined: everything holds.');
    // A ledger is not written over.
    expect(await runCommand(words, shop.folder, environment)).toMatchObject({ code: 2 });
  });

  it('has authorisations, and when they were captured or voided', async () => {
    const shop = await openStripeShop(
      { DATABASE_URL: 'sqlite:orders.db', PAYMENT_CAPTURE: 'later', AUTHORIZATION_TTL_MS: '600000' },
      {},
      false,
    );
    const [captured, voided] = [await shop.place(), await shop.place()];
    const move = (id: string, name: string) =>
      until(
        () => post(`${shop.server.url}/orders/${id}/${name}`, {}),
        ({ status }) => status === 200,
      );
    await move(captured, 'capture');
    await shop.untilState(captured, 'completed');
    await until(
      async () => (await shop.double.ledger()).intents,
      (all) =>
        all.some(
          ({ metadata, status }) => metadata['orderchart_order'] === voided && status === 'requires_capture',
        ),
    );
    await move(voided, 'cancel');
    await shop.untilState(voided, 'cancelled');
    // The first order, which waits for its capture, holds up a stop.
    await shop.server.kill();
    const environment = { STRIPE_SECRET_KEY: secretKey, STRIPE_API_BASE: shop.double.url };
    const words = ['reconcile', '--gateway', 'stripe', '--export', 'export.jsonl'];
    expect(await runCommand(words, shop.folder, environment)).toMatchObject({ code: 0 });
    const lines = (await readFile(join(shop.folder, 'export.jsonl'), 'utf8')).trim().split('\n');
    const results = lines.map((line) => JSON.parse(line)).filter(({ orderId }) => orderId !== sampleId);
    expect(results.map(({ orderId, result, key }) => [orderId, result, key]).toSorted()).toEqual(
      [
        [captured, 'authorized', `${captured}/charge/1`],
        [captured, 'captured', `${captured}/capture/1`],
        [voided, 'authorized', `${voided}/charge/1`],
        [voided, 'voided', `${voided}/void/1`],
      ].toSorted(),
    );
    const doctor = ['doctor', '--database-url', 'sqlite:orders.db', '--gateway-ledger', 'export.jsonl'];
    expect((await runCommand(doctor, shop.folder)).output).toContain('everything holds');
    expect(await runReconcile(shop.double, shop.folder, ['--database', 'sqlite:orders.db'])).toMatchObject({
      ...{ code: 0, differences: [] },
    });
  });
});

describe('wrong usage ends with one line and exit code 2', () => {
  const from = ['--from', '2026-01-31T00:00:00Z'];
  it.each([
    ['without a gateway', [...from], /Invalid --gateway: name where payments are made: stripe/],
    ['another gateway', ['--gateway', 'other', ...from], /Invalid --gateway=other/],
    ['without a time', ['--gateway', 'stripe'], /Invalid --from: say from when on/],
    [
      'a time without a zone',
      ['--gateway', 'stripe', '--from', '2026-01-31T00:00:00'],
      /Invalid --from=2026/,
    ],
    [
      'an end before its beginning',
      ['--gateway', 'stripe', ...from, '--to', '2026-01-30T00:00:00Z'],
      /Invalid --to=2026-01-30T00:00:00Z: it must not be before --from/,
    ],
    ['an unknown flag', ['--gateways', 'stripe'], /See `orderchart reconcile --help`/],
    ['no such file', ['--gateway', 'stripe', ...from, '--database', 'sqlite:no.db'], /there is no such file/],
    ['no key', ['--gateway', 'stripe', '--export', 'ledger.jsonl'], /Set STRIPE_SECRET_KEY/],
  ])('%s', async (_what, words, message) => {
    const folder = await makeFolder();
    const { code, output } = await runCommand(['reconcile', ...words], folder.path);
    expect([code, output.trim().split('\n').length]).toEqual([2, 1]);
    expect(output).toMatch(message);
    await folder.remove();
  });

  it('a key that Stripe refuses, without the key', async () => {
    const shop = await openStripeShop({ DATABASE_URL: 'sqlite:orders.db' });
    const from = new Date(0).toISOString();
    const words = ['reconcile', '--gateway', 'stripe', '--from', from, '--database', 'sqlite:orders.db'];
    const environment = { STRIPE_SECRET_KEY: 'sk_test_wrong', STRIPE_API_BASE: shop.double.url };
    const { code, output } = await runCommand(words, shop.folder, environment);
    expect([code, output]).toEqual([2, 'orderchart: Stripe cannot be read (401 invalid_request_error).\n']);
  });
});
