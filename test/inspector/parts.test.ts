// Captures and refunds of a part: what the server offers, and what the form makes of it.
import { expect, test } from 'vitest';
import { readMoney } from '../../machines/money.ts';
import { readParts } from '../../src/inspector/page/shop/read-parts.ts';
import { toOpenMoves } from '../../src/inspector/server/forms.ts';
import { shopDisplay } from '../../src/shop/display.ts';
import { shop } from '../../src/shop/shop.ts';
import { chargeAll, openHost, sample } from '../hosts/harness.ts';

const openOrder = async () => {
  const { host } = await openHost({ gateway: chargeAll });
  const adjustments = [{ kind: 'discount', name: 'Voucher', amount: -500 }] as const;
  const order = { ...sample, adjustments: [...adjustments], amount: sample.amount - 500 };
  await host.place({ ...order, orderId: 'order-1', locale: 'de', reference: 'cart-7' });
  await host.waitUntilSettled('order-1', 1000);
  const read = async () => {
    const view = await host.get('order-1');
    if (view === undefined) throw new Error('the order is missing');
    return view;
  };
  return { host, read };
};

test('a refund offers what is left of each product, and the facts list what was refunded', async () => {
  const { host, read } = await openOrder();
  const [item] = sample.items;
  const { productId = '' } = item ?? {};
  const message = {
    ...{ type: 'order.refund', refundId: '1', reason: 'broken' },
    lines: [{ productId, quantity: 1, restock: true }],
  };
  await host.send({ orderId: 'order-1', to: 'order', message, otherwise: 'refuse' });
  await host.waitUntilSettled('order-1', 1000);
  const view = await read();
  const [refund] = toOpenMoves(shop, view);
  const left = (item?.quantity ?? 0) - 1;
  expect(refund?.parts).toMatchObject({
    currency: 'USD',
    upTo: sample.amount - 500 - (item?.unitPrice ?? 0),
  });
  expect(refund?.parts?.lines[0]).toMatchObject({ productId, quantity: left, unitPrice: item?.unitPrice });
  const facts = new Map(shopDisplay.facts?.(view).map(({ label, text }) => [label, text]));
  expect(facts.get('Beside the products')).toBe('Voucher −5.00 USD');
  expect(facts.get('Refunded products')).toBe(`1 × ${item?.name}, back in stock`);
  expect(facts.get('Language of notices')).toBe('de');
  expect(facts.get('Reference')).toBe('cart-7');
});

test('the facts of a disputed order name the reason, the state and until when evidence is taken', async () => {
  const { read } = await openOrder();
  const view = await read();
  if (view.unreadable !== undefined) throw new Error(view.unreadable);
  const dispute = { disputeId: 'dp_1', amount: 500, reason: 'fraudulent', state: 'open' } as const;
  const disputes = [{ ...dispute, evidenceDueAt: '2026-02-07T10:30:00.000Z' }];
  const facts = shopDisplay.facts?.({ ...view, disputes, provider: 'stripe' });
  const text = 'open: 5.00 USD, fraudulent, evidence until 2026-02-07 10:30 UTC (dp_1)';
  expect(facts).toContainEqual({ label: 'Dispute', text });
  expect(facts).toContainEqual({ label: 'Payment provider', text: 'stripe' });
});

const line = { productId: 'lamp', name: 'Lamp', quantity: 3, unitPrice: 1250 };
const parts = { currency: 'USD', upTo: 3000, lines: [line] };
const fill = (fields: Readonly<Record<string, string>>) => ({ get: (name: string) => fields[name] ?? null });

test('a form of parts asks for everything, an amount, or products', () => {
  expect(readParts(fill({ part: 'all' }), parts)).toEqual({ body: {} });
  expect(readParts(fill({ part: 'amount', 'part-amount': '12.5' }), parts)).toEqual({
    body: { amount: 1250 },
  });
  const chosen = fill({ part: 'lines', 'part-quantity-lamp': '2', 'part-restock-lamp': 'on' });
  expect(readParts(chosen, parts)).toEqual({
    body: { lines: [{ productId: 'lamp', quantity: 2, restock: true }] },
  });
});

test('a form of parts says what is wrong with it before anything is sent', () => {
  const ask = (text: string) => readParts(fill({ part: 'amount', 'part-amount': text }), parts).problem;
  expect(ask('30.01')).toBe('At most 30.00 USD is possible.');
  for (const text of ['', '0', 'ten', '1,50', '1.505', '-1']) expect(ask(text)).toContain('such as 30.00');
  expect(readParts(fill({ part: 'lines', 'part-quantity-lamp': '0' }), parts).problem).toContain('how many');
});

test("what a person writes is read with the currency's own decimals, and never rounded", () => {
  expect(readMoney('12', 'JPY')).toBe(12);
  expect(readMoney('12.5', 'JPY')).toBeUndefined();
  expect(readMoney('1.234', 'KWD')).toBe(1234);
  // Browsers say that these have no decimals.
  expect(readMoney('50', 'AFN')).toBe(5000);
  expect(readMoney('999999999999999.99', 'USD')).toBeUndefined();
  expect(readMoney('1', 'XXQ')).toBeUndefined();
});
