// The invariants that are checked of the shop's orders, stock and money: what each says, and what a person should do
// about a violation. It checks nothing itself.
import type { CheckDeclaration } from '../../audit.ts';

/** What is kept elsewhere of orders, by the names under which an examination gets it. */
export const outsideNames = { ledger: 'gatewayLedger', mails: 'mails' } as const;

const countAgain =
  'Count the product, adjust it by the difference (POST /products/ID/adjustments), and keep a copy of the store.';
const compareWithGateway =
  "Find the order's transactions at the gateway by their keys; give back what is too much, and note it at the order.";
const needsLedger = { records: outsideNames.ledger, option: '--gateway-ledger' };

/** In the order in which they are reported. */
export const shopChecks = {
  neverOversold: {
    sentence: 'No product was ever oversold: 0 <= held <= on hand, 0 <= sold, after every change',
    advice: countAgain,
  },
  stockSumsAgree: {
    sentence: "A product's counts are the sums of its ledger and of its reservations",
    advice: countAgain,
  },
  reservedOnce: {
    sentence: 'A reservation is made once and ends at most once, for the same products and quantities',
    advice:
      "Compare the order's reservation with its rows in the stock ledger, and correct the product's stock.",
  },
  noStockLeftReserved: {
    sentence: 'No settled order has stock reserved',
    advice:
      "The stock is not for sale and for nobody: adjust the product's stock by as many (POST /products/ID/adjustments).",
  },
  stockReservedForMoney: {
    sentence: 'Stock was reserved before a charge was asked for, and is not released while the money is kept',
    advice: 'Refund the order (POST /orders/ID/refunds), or send the goods if they are there.',
  },
  chargedOnce: {
    sentence: 'No order was ever charged twice, or for more than its total',
    advice: compareWithGateway,
  },
  decidedBeforeDone: {
    sentence: 'The gateway did nothing that was not decided and stored before',
    advice: 'Find out who used the gateway with this key; refund a charge that belongs to no order.',
    needs: needsLedger,
  },
  chargeNumbers: {
    sentence: 'Each key is used once, and a new number follows only a charge that is known not to exist',
    advice: compareWithGateway,
  },
  totalsAdd: {
    sentence: "An order's total is the sum of its lines and of the amounts beside them, and never below 0",
    advice: 'Compare the order with what its customer was shown; refund what is too much, and note it.',
  },
  amountsRight: {
    sentence:
      "Charges are for the order's total (or what was captured of it) and currency; refunds never exceed what was taken",
    advice: compareWithGateway,
  },
  moneyNotIgnored: {
    sentence: 'No charge is ignored by an order that was not paid before',
    advice: 'Read the message (/orders/ID/messages), and refund the charge.',
  },
  claimsProved: {
    sentence: 'The journal claims no money that the gateway does not know of',
    advice:
      'Ask the gateway for the transaction; if it was never made, refund or collect by hand and note it.',
    needs: needsLedger,
  },
  ledgersAgree: {
    sentence: 'The journal and the gateway agree about every settled order',
    advice: compareWithGateway,
    needs: needsLedger,
  },
  endStatesRight: {
    sentence:
      'Completed orders are paid and their stock is committed; failed, cancelled and rejected ones keep no money and no stock',
    advice: "Give back or collect what the order's end state asks for, and note it at the order.",
  },
  notifiedOnce: {
    sentence:
      'The customer of a settled order was notified once of its outcome and of each refund, and of nothing that did not happen',
    advice: 'Write to the customer by hand, and note it at the order.',
  },
  mailsMatchNotices: {
    sentence: 'The mail of every notice is in the folder, and no mail there says what did not happen',
    advice: 'Write to the customer by hand, or remove the notice that is not true.',
    needs: { records: outsideNames.mails, option: '--mail-dir' },
  },
} as const satisfies Record<string, CheckDeclaration>;

export type ShopCheck = keyof typeof shopChecks;
