// Fills the store at the given path with so many settled orders, made by the real runner with services that
// answer at once, and the simulated gateway's ledger beside it: `node fill.main.ts FOLDER COUNT`. It checks
// nothing: it makes stores of any size to measure the doctor on.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { createOrderchart, readSettings, type ShopService } from '../../src/main.ts';
import { sample } from '../hosts/harness.ts';

const [folder = 'filled', count = '1000'] = process.argv.slice(2);
const atOnce = 200;

mkdirSync(folder, { recursive: true });
const settings = readSettings({
  DATABASE_URL: `sqlite:${join(folder, 'orders.db')}`,
  PAYMENT_LEDGER: join(folder, 'gateway.jsonl'),
  PAYMENT_DELAY_MS: 0,
  PAYMENT_DECLINE_RATE: 0.05,
});
const mailer: ShopService<'mailer'> = {
  name: 'mailer',
  place: 'outside',
  answer: async () => ({ type: 'mailer.sent' }),
};
const shop = await createOrderchart(settings, { services: { mailer }, logger: pino({ level: 'silent' }) });
const product = { unitPrice: 5000, currency: 'USD', onHand: 100_000_000 };
await shop.catalogue.addProduct('product-1', { ...product, name: 'Widget' }, Date.now());
await shop.catalogue.addProduct('product-2', { ...product, name: 'Gadget', unitPrice: 7500 }, Date.now());

let left = Number(count);
const placeOneByOne = async (): Promise<void> => {
  while (left > 0) {
    left -= 1;
    const key = `key-${left}`;
    const placed = await shop.host.place(sample, {
      scope: 'orders',
      key,
      fingerprint: key,
      respond: (view) => ({ status: 201, body: JSON.stringify({ id: view.id, state: view.state }) }),
    });
    if (placed.outcome === 'done') await shop.host.waitUntilSettled(placed.result.view.id, 60_000);
  }
};
await Promise.all(Array.from({ length: atOnce }, placeOneByOne));
await shop.close();
