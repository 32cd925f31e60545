// The checks of keys, stock, money and ends find what they should: each in a copy of a healthy store that was damaged
// by hand.
import {
  addEvent,
  copyRow,
  type Damage,
  describeDamage,
  setSystem,
  unkeyed,
  useHealthyStore,
} from './damage.ts';

const healthy = useHealthyStore();

const keys: readonly Damage[] = [
  [
    'keyHasOneAnswer',
    'orders key-good-1',
    'it is there twice',
    unkeyed('idempotency'),
    copyRow('idempotency', "key = 'key-good-1'", { order_id: "'good-2'", body: "'good-2'" }),
  ],
  [
    'keyHasOneAnswer',
    'orders key-good-1',
    'which does not exist',
    "UPDATE idempotency SET order_id = 'gone' WHERE key = 'key-good-1'",
  ],
  [
    'keyHasOneAnswer',
    'orders key-good-1',
    'its answer is not about the order',
    "UPDATE idempotency SET body = 'nothing' WHERE key = 'key-good-1'",
  ],
  [
    'keyHasOneAnswer',
    'orders key-good-1',
    'its answer has the status 409',
    "UPDATE idempotency SET status = 409 WHERE key = 'key-good-1'",
  ],
  [
    'keyHasOneRequest',
    'orders key-good-1',
    'it was used for two requests',
    unkeyed('idempotency'),
    copyRow('idempotency', "key = 'key-good-1'", { fingerprint: "'other'" }),
  ],
  [
    'keyHasOneRequest',
    'orders key-good-1',
    'it has no fingerprint',
    "UPDATE idempotency SET fingerprint = '' WHERE key = 'key-good-1'",
  ],
];

const ledgerRow = (seq: number, product: string, held: number) =>
  `INSERT INTO stock_ledger VALUES (${seq}, '${product}', NULL, 0, ${held}, 0, 'set', 0, NULL, NULL)`;

const stock: readonly Damage[] = [
  ['neverOversold', 'product-1', 'held', 'UPDATE products SET held = on_hand + 1'],
  ['neverOversold', 'product-2', 'row -2', ledgerRow(-2, 'product-2', 5), ledgerRow(-1, 'product-2', -5)],
  ['stockSumsAgree', 'product-1', 'the sum of its ledger is', 'UPDATE products SET on_hand = on_hand + 1'],
  [
    'stockSumsAgree',
    'product-1',
    'its reservations hold',
    "UPDATE shares SET quantity = 9 WHERE order_id = 'good-1'",
  ],
  ['stockSumsAgree', 'ghost', 'there is no such product', ledgerRow(9999, 'ghost', 0)],
  [
    'reservedOnce',
    'good-1',
    'share of product-1',
    "UPDATE shares SET quantity = 9 WHERE order_id = 'good-1'",
  ],
  [
    'reservedOnce',
    'declined-1',
    'released share of product-1',
    copyRow('stock_ledger', "order_id = 'declined-1' AND why = 'released'", { seq: '9999' }),
  ],
  [
    'reservedOnce',
    'good-1',
    'it changed the stock of a product that it has no share of',
    "DELETE FROM shares WHERE order_id = 'good-1' AND product_id = 'product-2'",
  ],
  ['reservedOnce', 'good-1', 'it has no reservation', "DELETE FROM reservations WHERE order_id = 'good-1'"],
  [
    'reservedOnce',
    'good-1',
    'it has 2 reservations',
    unkeyed('reservations'),
    copyRow('reservations', "order_id = 'good-1'", { held_at: '0' }),
  ],
  [
    'reservedOnce',
    'good-1',
    'it has two shares of one product',
    unkeyed('shares'),
    copyRow('shares', "order_id = 'good-1' AND product_id = 'product-2'", { quantity: '1' }),
  ],
  [
    'noStockLeftReserved',
    'good-1',
    'its stock is still reserved',
    "UPDATE reservations SET status = 'held', ended_at = NULL WHERE order_id = 'good-1'",
  ],
  [
    'noStockLeftReserved',
    'good-authorized',
    'does not exist',
    "DELETE FROM orders WHERE order_id = 'good-authorized'",
  ],
  [
    'stockReservedForMoney',
    'good-1',
    'without a reservation',
    "DELETE FROM reservations WHERE order_id = 'good-1'",
  ],
  [
    'stockReservedForMoney',
    'good-1',
    'before the stock was reserved',
    "UPDATE reservations SET held_at = held_at + 1 WHERE order_id = 'good-1'",
  ],
  [
    'stockReservedForMoney',
    'declined-1',
    'after the stock was released',
    "UPDATE reservations SET ended_at = held_at - 1 WHERE order_id = 'declined-1'",
  ],
  [
    'stockReservedForMoney',
    'good-1',
    'and 17500 was kept',
    "UPDATE reservations SET status = 'released' WHERE order_id = 'good-1'",
  ],
];

const money: readonly Damage[] = [
  ['chargedOnce', 'good-1', 'makes it 35000 of 17500', addEvent('good-1', 'payment.completed')],
  [
    'chargeNumbers',
    'good-1',
    'charges under the key good-1/charge/2',
    addEvent('good-1', 'payment.initiated', { data: "json_set(data, '$.key', 'good-1/charge/2')" }),
  ],
  [
    'callKeysStable',
    'silent-moving',
    'the key anything is not ORDER/purpose/number',
    "UPDATE calls SET command = json_set(command, '$.key', 'anything')",
    setSystem('silent-moving', '$.updatedAt', '1'),
  ],
  [
    'amountsRight',
    'good-1',
    '(payment.completed) is about 1 USD of 17500 USD',
    "UPDATE events SET data = json_set(data, '$.amount', 1) WHERE order_id = 'good-1' AND type = 'payment.completed'",
  ],
  [
    'amountsRight',
    'good-1',
    '(payment.initiated) is about 17500 EUR of 17500 USD',
    "UPDATE events SET data = json_set(data, '$.currency', 'EUR') WHERE order_id = 'good-1' AND type = 'payment.initiated'",
  ],
  [
    'amountsRight',
    'good-1',
    '(order.completed) is about 1 USD of 17500 USD',
    "UPDATE events SET data = json_set(data, '$.finalAmount', 1) WHERE order_id = 'good-1' AND type = 'order.completed'",
  ],
  [
    'totalsAdd',
    'good-1',
    'its total is not the sum of its lines and adjustments',
    "UPDATE received SET data = json_set(data, '$.amount', 1) WHERE order_id = 'good-1' AND version = 1",
  ],
  [
    'amountsRight',
    'good-part',
    'makes it 6000 back of 5000 taken',
    addEvent('good-part', 'payment.refunded', { data: "json_set(data, '$.amount', 5000)" }),
  ],
];

const ends: readonly Damage[] = [
  [
    'endStatesRight',
    'good-1',
    'its stock is not committed',
    "UPDATE reservations SET status = 'released' WHERE order_id = 'good-1'",
  ],
  [
    'endStatesRight',
    'good-1',
    '0 of 17500 was taken',
    "UPDATE events SET type = 'payment.authorized' WHERE order_id = 'good-1' AND type = 'payment.completed'",
  ],
  ['endStatesRight', 'good-1', 'the journal has that 2 times', addEvent('good-1', 'order.completed')],
  [
    'endStatesRight',
    'good-part',
    'is a refund that nobody asked for',
    "UPDATE received SET data = json_set(data, '$.refundId', 'b') WHERE order_id = 'good-part' AND type = 'order.refund'",
  ],
  [
    'endStatesRight',
    'lost-cancelled',
    'it is cancelled, and 5000 was not given back',
    "UPDATE events SET type = 'payment.cancelled' WHERE order_id = 'lost-cancelled' AND type = 'payment.refunded'",
  ],
  [
    'endStatesRight',
    'declined-1',
    'it is failed, and its stock is committed',
    "UPDATE reservations SET status = 'sold' WHERE order_id = 'declined-1'",
  ],
  [
    'notifiedOnce',
    'good-1',
    'its customer was notified twice',
    addEvent('good-1', 'order.confirmation-sent'),
  ],
  [
    'notifiedOnce',
    'good-1',
    'it is completed, and nobody was notified',
    "UPDATE events SET type = 'order.validated' WHERE order_id = 'good-1' AND type = 'order.confirmation-sent'",
  ],
  [
    'notifiedOnce',
    'declined-1',
    'it is failed, and nobody was notified',
    "UPDATE events SET type = 'order.validated' WHERE order_id = 'declined-1' AND type = 'order.failure-notification-sent'",
  ],
  [
    'notifiedOnce',
    'declined-1',
    'notified of a payment that was not made',
    "UPDATE events SET type = 'order.confirmation-sent' WHERE order_id = 'declined-1' AND type = 'order.failure-notification-sent'",
  ],
  [
    'notifiedOnce',
    'good-voided',
    'it is cancelled, and its customer was notified of something else',
    "UPDATE events SET type = 'order.failure-notification-sent' WHERE order_id = 'good-voided' AND type = 'order.cancellation-notice-sent'",
  ],
  [
    'notifiedOnce',
    'good-part',
    'its customer was not notified of refund a',
    "UPDATE events SET type = 'order.validated' WHERE order_id = 'good-part' AND type = 'order.refund-notice-sent'",
  ],
  [
    'notifiedOnce',
    'good-part',
    'its customer was notified twice of refund a',
    addEvent('good-part', 'order.refund-notice-sent'),
  ],
  [
    'notifiedOnce',
    'good-part',
    'its customer was notified of refund b, which was not made',
    "UPDATE events SET data = json_set(data, '$.refundId', 'b') WHERE order_id = 'good-part' AND type = 'order.refund-notice-sent'",
  ],
  [
    'notifiedOnce',
    'good-1',
    'was asked to confirm a payment, and the bank did not ask',
    addEvent('good-1', 'order.confirmation-sent', { type: "'order.payment-action-notice-sent'" }),
  ],
];

describeDamage('keys', healthy, keys);
describeDamage('stock', healthy, stock);
describeDamage('money', healthy, money);
describeDamage('ends', healthy, ends);
