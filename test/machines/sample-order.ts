// The sample order of the original, 2 × 50.00 + 1 × 75.00 = 175.00, and a shortage of its stock. Data only.
import type { Policy } from '../../machines/messages.ts';

export const sampleOrder = {
  orderId: 'order-1',
  customerId: 'customer-123',
  email: 'customer-123@example.com',
  amount: 17_500,
  currency: 'USD',
  items: [
    { productId: 'product-1', name: 'Widget', quantity: 2, unitPrice: 5000, lineTotal: 10_000 },
    { productId: 'product-2', name: 'Gadget', quantity: 1, unitPrice: 7500, lineTotal: 7500 },
  ],
};

export const shortage = {
  productId: 'product-1',
  kind: 'insufficient-stock',
  requested: 2,
  available: 1,
};

const retrying = { attempts: 3, firstDelayMs: 1000, longestDelayMs: 4000, answerWithinMs: 10_000 };

/** Every wait is different, so that a test knows which deadline fires. */
export const samplePolicy: Policy = {
  capture: 'at-once',
  validateWithinMs: 100_000,
  reserveWithinMs: 110_000,
  payWithinMs: 300_000,
  authorizationTtlMs: 700_000,
  commitWithinMs: 120_000,
  notifyWithinMs: 5000,
  compensateWithinMs: 310_000,
  refundWithinMs: 320_000,
  reservationTtlMs: 900_000,
  inventory: retrying,
  payment: retrying,
  notification: retrying,
};
