// Which providers a store's orders are with, as a start finds it (src/shop/providers.ts).
import { expect, it, vi } from 'vitest';
import { noteProvider } from '../../src/shop/providers.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { openHost } from '../hosts/harness.ts';

const describe = (provider: string) => `set up ${provider}`;
const all = { has: () => true, describe };

it('are those that new orders ever went to, and the first one has what names none', async () => {
  const store = createMemoryStore();
  const note = (newest: string) => noteProvider(store, { newest, ...all }, () => {});
  expect(await note('http')).toEqual({ names: ['http'], unnamed: 'http' });
  expect(await note('stripe')).toEqual({ names: ['http', 'stripe'], unnamed: 'http' });
  expect(await note('http')).toEqual({ names: ['http', 'stripe'], unnamed: 'http' });
});

it('that are gone are only told of, if no open order is with them', async () => {
  const store = createMemoryStore();
  await noteProvider(store, { newest: 'stripe', ...all }, () => {});
  const warn = vi.fn();
  const settings = { newest: 'http', has: (provider: string) => provider === 'http', describe };
  await noteProvider(store, settings, warn);
  expect(warn).toHaveBeenCalledWith(['stripe']);
});

it('that are gone end the start if an open order is with them, and nothing is noted', async () => {
  const store = createMemoryStore();
  await noteProvider(store, { newest: 'stripe', ...all }, () => {});
  const { host } = await openHost({ store, settings: { PAYMENT_GATEWAY: 'simulated' } });
  const items = [{ productId: 'product-1', name: 'Widget', quantity: 1, unitPrice: 1, lineTotal: 1 }];
  // Its provider is there: it counts for no other.
  await host.place({ customerId: 'c', email: 'c@example.com', currency: 'EUR', items, amount: 1 });
  const settings = { newest: 'http', has: (provider: string) => provider === 'http', describe };
  await noteProvider(store, { ...settings, newest: 'simulated', has: () => true }, () => {});
  await expect(noteProvider(store, settings, () => {})).rejects.toMatchObject({
    code: 'provider-missing',
    details: { provider: 'simulated', orders: 1 },
  });
  expect(await store.row('providers/http')).toBeUndefined();
});
