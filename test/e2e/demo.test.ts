// `orderchart demo`: a shop of its own in which each kind of trouble is seen over HTTP within a minute.
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, until } from './client.ts';
import { makeFolder, runCommand, startServer } from './server.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

/** What belongs to a real shop: the demo must not touch it. */
const real = { DATABASE_URL: 'sqlite:real.db', MAIL_DIR: 'mail', PAYMENT_LEDGER: 'ledger.jsonl' };

interface Order {
  readonly failure: { readonly kind: string } | null;
  readonly problems: readonly { readonly kind: string }[];
  readonly actors: { readonly order: { readonly state: string } };
  readonly refundedLines: readonly object[];
}

test('each kind of trouble is seen within a minute, and a real shop of the same folder is not touched', {
  timeout: 90_000,
}, async () => {
  const server = await startServer(folder.path, real, 'demo');
  const read = async () => {
    const [orders, events, incidents] = await Promise.all(
      ['/orders?limit=100', '/events?limit=1000', '/incidents'].map(
        async (path) => (await ask(server.url + path)).body,
      ),
    );
    const all: readonly Order[] = orders.orders;
    const has = (fits: (order: Order) => boolean): boolean => all.some(fits);
    const types: readonly string[] = events.events.map(({ type }: { type: string }) => type);
    const attempts = events.events.map(({ data }: { data: { attempt?: number } }) => data.attempt ?? 0);
    const reasons: readonly string[] = incidents.incidents.map(({ reason }: { reason: string }) => reason);
    return {
      declined: has(({ failure }) => failure?.kind === 'payment-declined'),
      'not enough stock': has(({ problems }) => problems.some(({ kind }) => kind === 'insufficient-stock')),
      cancelled: types.includes('order.cancelled'),
      'awaits its customer': has(({ actors }) => actors.order.state === 'paying.awaitingCustomer'),
      'answer lost': types.includes('payment.outcome-unknown'),
      'technical error': attempts.some((attempt: number) => attempt > 1),
      'nothing to pay': types.includes('payment.not-needed'),
      'refunded by line': has(({ refundedLines }) => refundedLines.length > 0),
      'back in stock': types.includes('inventory.returned'),
      'refund refused': reasons.includes('refund-unconfirmed'),
      disputed: reasons.includes('payment-disputed'),
    };
  };
  const seen = await until(read, (kinds) => Object.values(kinds).every(Boolean));
  expect(Object.values(seen)).not.toContain(false);
  expect(await server.stop()).toBe(0);
  expect(await readdir(folder.path)).toEqual(['data']);
  expect(await readdir(`${folder.path}/data`)).toEqual(['demo']);
  const again = await startServer(folder.path, {}, 'demo');
  await again.untilPrinted(/with the orders of an earlier start/);
  expect(await again.stop()).toBe(0);
});

test('--help says what it shows and where its data is', async () => {
  const { code, output } = await runCommand(['demo', '--help'], folder.path);
  expect(code).toBe(0);
  expect(output).toContain('data/demo');
});
