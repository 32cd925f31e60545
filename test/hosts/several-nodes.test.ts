// Hosts that each remember rows of a store which others write to as well.
import { afterEach, expect, test } from 'vitest';
import { shop } from '../../src/shop/shop.ts';
import { changeSharedRow } from '../../src/simulator/shop/shared-rows.ts';
import { openScratchStore } from '../../src/stores/sqlite-scratch.ts';
import { createFakeClock } from '../fake-clock.ts';
import { directLink } from '../support/direct-link.ts';
import { createCounter, openHost, place, settle, shut, widgets } from './harness.ts';

let scratch: ReturnType<typeof openScratchStore> | undefined;
afterEach(() => scratch?.remove());

const openTwo = async () => {
  const opened = openScratchStore(shop);
  scratch = opened;
  const both = { clock: createFakeClock(Date.UTC(2026, 0, 1)), ids: createCounter(), shared: true };
  const open = (name: string) =>
    openHost({ ...both, store: opened.openNode(name, directLink, changeSharedRow) });
  return [await open('one'), await open('other')] as const;
};

test('an order is not refused for stock that another node has brought since', async () => {
  const [one, other] = await openTwo();
  const { id: all } = await place(one, widgets(100));
  expect(await settle(one, all)).toMatchObject({ state: 'completed' });
  const { id: tooMany } = await place(other, widgets(1));
  expect(await settle(other, tooMany)).toMatchObject({ state: 'rejected' });
  const found = { productId: 'product-1', by: 10, reason: 'found', who: 'ada', at: one.clock.now() };
  await one.catalogue.adjustStock(found);
  const { id } = await place(other, widgets(1));
  expect(await settle(other, id)).toMatchObject({ state: 'completed' });
  await Promise.all([shut(one), shut(other)]);
});
