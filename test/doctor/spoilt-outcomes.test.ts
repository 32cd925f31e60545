// The checks of keys, stock, money and ends fail where they should: each in a copy of a healthy store that was
// spoilt by hand.
import {
  addEvent,
  copyRow,
  describeSpoilt,
  type Spoilt,
  setSystem,
  unkeyed,
  useHealthyStore,
} from './spoiling.ts';

const healthy = useHealthyStore();

const keys: readonly Spoilt[] = [
  [
    'I2',
    'orders key-good-1',
    'it is there twice',
    unkeyed('idempotency'),
    copyRow('idempotency', "key = 'key-good-1'", { order_id: "'good-2'", body: "'good-2'" }),
  ],
  [
    'I2',
    'orders key-good-1',
    'which is not there',
    "UPDATE idempotency SET order_id = 'gone' WHERE key = 'key-good-1'",
  ],
  [
    'I2',
    'orders key-good-1',
    'its answer is not about the order',
    "UPDATE idempotency SET body = 'nothing' WHERE key = 'key-good-1'",
  ],
  [
    'I2',
    'orders key-good-1',
    'its answer has the status 409',
    "UPDATE idempotency SET status = 409 WHERE key = 'key-good-1'",
  ],
  [
    'I3',
    'orders key-good-1',
    'it was used for two requests',
    unkeyed('idempotency'),
    copyRow('idempotency', "key = 'key-good-1'", { fingerprint: "'other'" }),
  ],
  [
    'I3',
    'orders key-good-1',
    'it has no fingerprint',
    "UPDATE idempotency SET fingerprint = '' WHERE key = 'key-good-1'",
  ],
];

const ledgerRow = (seq: number, product: string, held: number) =>
  `INSERT INTO stock_ledger VALUES (${seq}, '${product}', NULL, 0, ${held}, 0, 'set', 0)`;

const stock: readonly Spoilt[] = [
  ['I10', 'product-1', 'held', 'UPDATE products SET held = on_hand + 1'],
  ['I10', 'product-2', 'row -2', ledgerRow(-2, 'product-2', 5), ledgerRow(-1, 'product-2', -5)],
  ['I11', 'product-1', 'its ledger comes to', 'UPDATE products SET on_hand = on_hand + 1'],
  ['I11', 'product-1', 'its reservations hold', "UPDATE shares SET quantity = 9 WHERE order_id = 'good-1'"],
  ['I11', 'ghost', 'there is no such product', ledgerRow(9999, 'ghost', 0)],
  ['I12', 'good-1', 'share of product-1', "UPDATE shares SET quantity = 9 WHERE order_id = 'good-1'"],
  [
    'I12',
    'declined-1',
    'released share of product-1',
    copyRow('stock_ledger', "order_id = 'declined-1' AND why = 'released'", { seq: '9999' }),
  ],
  [
    'I12',
    'good-1',
    'it moved stock that it did not hold',
    "DELETE FROM shares WHERE order_id = 'good-1' AND product_id = 'product-2'",
  ],
  ['I12', 'good-1', 'it has no reservation', "DELETE FROM reservations WHERE order_id = 'good-1'"],
  [
    'I12',
    'good-1',
    'it has 2 reservations',
    unkeyed('reservations'),
    copyRow('reservations', "order_id = 'good-1'", { held_at: '0' }),
  ],
  [
    'I12',
    'good-1',
    'it holds a product twice',
    unkeyed('shares'),
    copyRow('shares', "order_id = 'good-1' AND product_id = 'product-2'", { quantity: '1' }),
  ],
  [
    'I13',
    'good-1',
    'its stock is still held',
    "UPDATE reservations SET status = 'held', ended_at = NULL WHERE order_id = 'good-1'",
  ],
  ['I13', 'good-authorized', 'not there', "DELETE FROM orders WHERE order_id = 'good-authorized'"],
  ['I14', 'good-1', 'without a reservation', "DELETE FROM reservations WHERE order_id = 'good-1'"],
  [
    'I14',
    'good-1',
    'before the stock was held',
    "UPDATE reservations SET held_at = held_at + 1 WHERE order_id = 'good-1'",
  ],
  [
    'I14',
    'declined-1',
    'after the stock was given back',
    "UPDATE reservations SET ended_at = held_at - 1 WHERE order_id = 'declined-1'",
  ],
  [
    'I14',
    'good-1',
    'and 17500 was kept',
    "UPDATE reservations SET status = 'released' WHERE order_id = 'good-1'",
  ],
];

const money: readonly Spoilt[] = [
  ['I15', 'good-1', 'makes it 35000 of 17500', addEvent('good-1', 'payment.completed')],
  [
    'I17',
    'good-1',
    'charges under the key good-1/charge/2',
    addEvent('good-1', 'payment.initiated', { data: "json_set(data, '$.key', 'good-1/charge/2')" }),
  ],
  [
    'I17',
    'silent-moving',
    'the key anything is not ORDER/purpose/number',
    "UPDATE calls SET command = json_set(command, '$.key', 'anything')",
    setSystem('silent-moving', '$.updatedAt', '1'),
  ],
  [
    'I18',
    'good-1',
    '(payment.completed) is about 1 USD of 17500 USD',
    "UPDATE events SET data = json_set(data, '$.amount', 1) WHERE order_id = 'good-1' AND type = 'payment.completed'",
  ],
  [
    'I18',
    'good-1',
    '(payment.initiated) is about 17500 EUR of 17500 USD',
    "UPDATE events SET data = json_set(data, '$.currency', 'EUR') WHERE order_id = 'good-1' AND type = 'payment.initiated'",
  ],
  [
    'I18',
    'good-1',
    '(order.completed) is about 1 USD of 17500 USD',
    "UPDATE events SET data = json_set(data, '$.finalAmount', 1) WHERE order_id = 'good-1' AND type = 'order.completed'",
  ],
  [
    'I18',
    'good-1',
    'its total is not the sum of its lines',
    "UPDATE received SET data = json_set(data, '$.amount', 1) WHERE order_id = 'good-1' AND version = 1",
  ],
  [
    'I18',
    'good-part',
    'makes it 6000 back of 5000 taken',
    addEvent('good-part', 'payment.refunded', { data: "json_set(data, '$.amount', 5000)" }),
  ],
];

const ends: readonly Spoilt[] = [
  [
    'I21',
    'good-1',
    'its stock is not sold',
    "UPDATE reservations SET status = 'released' WHERE order_id = 'good-1'",
  ],
  [
    'I21',
    'good-1',
    '0 of 17500 was taken',
    "UPDATE events SET type = 'payment.authorized' WHERE order_id = 'good-1' AND type = 'payment.completed'",
  ],
  ['I21', 'good-1', 'the journal does not say so once', addEvent('good-1', 'order.completed')],
  [
    'I21',
    'good-part',
    'is a refund that nobody asked for',
    "UPDATE received SET data = json_set(data, '$.refundId', 'b') WHERE order_id = 'good-part' AND type = 'order.refund'",
  ],
  [
    'I21',
    'lost-cancelled',
    'it is cancelled, and 5000 was not given back',
    "UPDATE events SET type = 'payment.cancelled' WHERE order_id = 'lost-cancelled' AND type = 'payment.refunded'",
  ],
  [
    'I21',
    'declined-1',
    'it is failed, and its stock is sold',
    "UPDATE reservations SET status = 'sold' WHERE order_id = 'declined-1'",
  ],
  ['I34', 'good-1', 'its customer was told twice', addEvent('good-1', 'order.confirmation-sent')],
  [
    'I34',
    'good-1',
    'it is completed, and nobody was told',
    "UPDATE events SET type = 'order.validated' WHERE order_id = 'good-1' AND type = 'order.confirmation-sent'",
  ],
  [
    'I34',
    'declined-1',
    'it is failed, and nobody was told',
    "UPDATE events SET type = 'order.validated' WHERE order_id = 'declined-1' AND type = 'order.failure-notification-sent'",
  ],
  [
    'I34',
    'declined-1',
    'told of a payment that was not made',
    "UPDATE events SET type = 'order.confirmation-sent' WHERE order_id = 'declined-1' AND type = 'order.failure-notification-sent'",
  ],
];

describeSpoilt('keys', healthy, keys);
describeSpoilt('stock', healthy, stock);
describeSpoilt('money', healthy, money);
describeSpoilt('ends', healthy, ends);
