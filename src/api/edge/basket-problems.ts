// Problems with what is ordered: products, prices, totals and references, and what no text may have. A part of the table in
// problems.ts.
import type { ErrorCode } from '../../errors.ts';

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What happened, and what to do. */
  readonly text: string;
  /** Seconds, for `Retry-After`. */
  readonly retryAfter?: number;
}

export const basketProblems = {
  'card-number': {
    status: 422,
    title: 'A text reads as the number of a payment card',
    text: '`errors` names the field: it has 13 to 19 digits that pass the check of card numbers. Nothing was stored or logged of it. A customer pays with a token of the payment provider (`paymentMethod`); a number that is no card, such as an id, is sent with a letter between its digits. Product ids and valid EANs are taken.',
  },
  'reference-in-use': {
    status: 409,
    title: 'An order has this reference already',
    text: '`location`, also in the header Location, is the address of the order that has it. Nothing was stored. A reference is free again when its order failed, was rejected or cancelled; for another order of the same cart choose another one.',
  },
  'product-not-found': {
    status: 404,
    title: 'Product not found',
    text: 'No product has this id. `GET /products` lists the catalogue.',
  },
  'unknown-product': {
    status: 422,
    title: 'The order names a product that is not in the catalogue',
    text: '`errors` names the lines. Nothing was stored. `GET /products` lists the catalogue.',
  },
  'price-mismatch': {
    status: 422,
    title: 'A unit price differs from the catalogue',
    text: '`errors` names the lines and the prices of today. Nothing was stored. Show the customer the new price, or leave `unitPrice` out.',
  },
  'currency-mismatch': {
    status: 422,
    title: 'A product is sold in another currency',
    text: 'All lines of an order must be in the currency of the order. `errors` names the lines. Nothing was stored.',
  },
  'total-mismatch': {
    status: 422,
    title: 'The total differs from what the shop computes',
    text: 'The total is the sum of the lines at the prices of the catalogue, and of `adjustments`. `errors` names both figures. Nothing was stored. Show the customer the new total, or leave `total` out.',
  },
  'total-below-zero': {
    status: 422,
    title: 'The total is below 0',
    text: 'Discounts take away more than the products and the other adjustments come to. Nothing was stored. An order of 0 is fine; money is given back by a refund of the order that took it.',
  },
  'stock-below-held': {
    status: 409,
    title: 'Orders reserve more than would be on hand',
    text: 'The stock on hand cannot fall below what orders reserve. Nothing was changed. Wait for them, cancel some, or take less away.',
  },
  'stock-not-set': {
    status: 422,
    title: 'The stock of an existing product is not set',
    text: 'What is on hand changes with every sale, so a count that is set whole loses pieces. Nothing was changed. Leave `onHand` out, and change the stock by a difference: `POST /products/{id}/adjustments` with `{"by": 5, "reason": "delivery"}`.',
  },
  'product-off-sale': {
    status: 422,
    title: 'The order names a product that is off sale',
    text: '`errors` names the lines. Nothing was stored. Orders that were placed before go on. `GET /products/{id}` says with `onSale` when it is sold again.',
  },
  'product-changed': {
    status: 412,
    title: 'The product was described anew',
    text: 'The ETag in If-Match is not the current one. Nothing was stored. Read the product again (`GET /products/{id}`), check that the change still makes sense, and send it with the new ETag.',
  },
} as const satisfies Partial<Record<ErrorCode, ProblemKind>>;
