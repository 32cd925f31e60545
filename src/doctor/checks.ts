// The invariants that a store, and a gateway's ledger, can be held against: what each says, and what a person
// should do where it does not hold. It checks nothing itself. Numbers that are missing here (I1, I4 to I9,
// I22, I27, I32, I33, I36 to I38) are about what only a client, a stream or a running process can tell.

interface Check {
  readonly invariant: string;
  readonly sentence: string;
  readonly advice: string;
  /** What it can't be checked without. */
  readonly needs?: 'ledger' | 'mail' | 'replay';
}

const compareWithGateway =
  "Find the order's transactions at the gateway by their keys; give back what is too much, and note it at the order.";
const keepAndReport =
  "Keep a copy of the store, and report it as a bug with the order's /orders/ID/messages: no setting can cause it.";

/** In the order in which they are reported. */
export const checks = {
  keys: {
    invariant: 'I2',
    sentence: 'An idempotency key stands for one answer about one order that is stored',
    advice: "Look up the order that the key's owner got, and tell them; a lost order has to be placed again.",
  },
  fingerprints: {
    invariant: 'I3',
    sentence: 'An idempotency key keeps the fingerprint of the one request that it was used for',
    advice: 'A repetition with this key would be refused: tell its owner to use a new one.',
  },
  overselling: {
    invariant: 'I10',
    sentence: 'No product was ever oversold: 0 <= held <= on hand, 0 <= sold, after every change',
    advice: 'Count the product, set what is really on hand (PUT /products/ID), and keep a copy of the store.',
  },
  stockSums: {
    invariant: 'I11',
    sentence: "A product's counts are the sums of its ledger, of what is held and of what was sold",
    advice: 'Count the product, set what is really on hand (PUT /products/ID), and keep a copy of the store.',
  },
  reservations: {
    invariant: 'I12',
    sentence: 'A reservation is held once and ends at most once, for the same products and quantities',
    advice:
      "Compare the order's reservation with its rows in the stock ledger, and correct the product's stock.",
  },
  dangling: {
    invariant: 'I13',
    sentence: 'No settled order holds stock',
    advice: "The stock is kept from sale for nobody: give it back by setting the product's stock.",
  },
  paidIsReserved: {
    invariant: 'I14',
    sentence: 'Stock was held before a charge was asked for, and is not given back while the money is kept',
    advice: 'Refund the order (POST /orders/ID/refunds), or send the goods if they are there.',
  },
  chargedOnce: {
    invariant: 'I15',
    sentence: 'No order was ever charged twice, or for more than its total',
    advice: compareWithGateway,
  },
  intent: {
    invariant: 'I16',
    sentence: 'The gateway did nothing that was not decided and stored before',
    advice: 'Find out who used the gateway with this key; refund a charge that no order stands behind.',
    needs: 'ledger',
  },
  keyDiscipline: {
    invariant: 'I17',
    sentence:
      'Keys are ORDER/purpose/number, mean one thing, and a new number follows a charge known not to exist',
    advice: compareWithGateway,
  },
  amounts: {
    invariant: 'I18',
    sentence: "Charges are for the order's total and currency; refunds never come to more than was taken",
    advice: compareWithGateway,
  },
  claims: {
    invariant: 'I19',
    sentence: 'The journal claims no money that the gateway does not know of',
    advice:
      'Ask the gateway for the transaction; if it was never made, refund or collect by hand and note it.',
    needs: 'ledger',
  },
  ledgersAgree: {
    invariant: 'I20',
    sentence: 'The journal and the gateway agree about every settled order',
    advice: compareWithGateway,
    needs: 'ledger',
  },
  endings: {
    invariant: 'I21',
    sentence:
      'Completed orders are paid and sold; failed, cancelled and rejected ones keep no money and no stock',
    advice: "Give back or collect what the order's end asks for, and note it at the order.",
  },
  replay: {
    invariant: 'I23',
    sentence: 'Replaying the messages of an order gives its stored system, its events and its calls',
    advice: keepAndReport,
    needs: 'replay',
  },
  gapless: {
    invariant: 'I24',
    sentence:
      'Messages and events of an order are numbered without gap or repeat, and belong to a stored order',
    advice: keepAndReport,
  },
  once: {
    invariant: 'I25',
    sentence: 'No message was taken twice by an order',
    advice: keepAndReport,
  },
  dispositions: {
    invariant: 'I26',
    sentence:
      'Every message was applied, ignored with a reason, or set aside with an incident; no money is ignored',
    advice: 'Read the message (/orders/ID/messages) and make the move by hand that it should have led to.',
  },
  calls: {
    invariant: 'I28',
    sentence: "The calls to be made are exactly those that the order's system waits for",
    advice: `Restart the service; where the order still does not move, cancel or resolve it. ${keepAndReport}`,
  },
  rows: {
    invariant: 'I28',
    sentence: "An order's row (state, flags, times, next deadline) says what its system says",
    advice: 'Lists, counts and alarms go by the row: restart the service, and make any move on the order.',
  },
  atRest: {
    invariant: 'I29',
    sentence: 'A settled order has no deadline left',
    advice: keepAndReport,
  },
  deadlines: {
    invariant: 'I30',
    sentence: 'A deadline rings once, while it is set, and never before it is due',
    advice: 'Check the clock of the machine that ran the service at that time.',
    needs: 'replay',
  },
  progress: {
    invariant: 'I31',
    sentence: 'Every order that is not settled has a pending call, a deadline or an incident',
    advice: 'Nothing will wake this order: cancel it (POST /orders/ID/cancel), and keep a copy of the store.',
  },
  notices: {
    invariant: 'I34',
    sentence:
      'A settled order told its customer, once, what became of it; nobody is told of a payment not made',
    advice: 'Write to the customer by hand, and note it at the order.',
  },
  mail: {
    invariant: 'I34',
    sentence: 'The mail of every notice is in the folder',
    advice: 'Write to the customer by hand, or remove the notice that is not true.',
    needs: 'mail',
  },
  storage: {
    invariant: 'I35',
    sentence: 'The file is whole: its pages, its references and its schema',
    advice: 'Stop the service, copy the file with its -wal and -shm, and restore the last good backup.',
  },
} as const satisfies Record<string, Check>;

export type CheckName = keyof typeof checks;
const isCheckName = (name: string): name is CheckName => Object.hasOwn(checks, name);
export const checkNames: readonly CheckName[] = Object.keys(checks).filter(isCheckName);
