// Money as the journal records it: charged once, for the right amount, under the right keys, with the stock reserved,
// and never ignored. What the gateway's ledger has is in ledger-checks.ts.
import { z } from 'zod';
import { numberIn, type Results, textIn } from '../../audit.ts';
import type { ShopCheck } from './checks.ts';
import type { ShopOrder } from './shop-order.ts';

type ShopResults = Results<ShopCheck>;

export const checkMoney = (order: ShopOrder, results: ShopResults): void => {
  checkPlacement(order, results);
  checkCharges(order, results);
  checkTotals(order, results);
  checkChargeNumbers(order, results);
  checkStockReserved(order, results);
  checkNotIgnored(order, results);
};

const priced = z.array(z.object({ quantity: z.number(), unitPrice: z.number(), lineTotal: z.number() }));
const beside = z.array(z.object({ amount: z.number() })).default([]);

const checkPlacement = ({ orderId, items, adjustments, total }: ShopOrder, results: ShopResults): void => {
  const lines = priced.safeParse(items).data;
  if (lines === undefined) return;
  const areRight = lines.every(({ quantity, unitPrice, lineTotal }) => quantity * unitPrice === lineTotal);
  const others = beside.safeParse(adjustments).data ?? [];
  const amounts = [...lines.map(({ lineTotal }) => lineTotal), ...others.map(({ amount }) => amount)];
  const sum = amounts.reduce((all, each) => all + each, 0);
  const problem = () => 'its total is not the sum of its lines and adjustments';
  results.expect('totalsAdd', orderId, areRight && sum === total && sum >= 0, problem);
};

/** For the whole total; what is taken can be less. */
const promises = ['payment.initiated', 'payment.authorized'];
const charges = [...promises, 'payment.completed', 'order.completed'];

const checkCharges = ({ orderId, total, due, currency, eventsOf }: ShopOrder, results: ShopResults): void => {
  for (const { seq, type, fields } of eventsOf(...charges)) {
    const amount = numberIn(fields, type === 'order.completed' ? 'finalAmount' : 'amount') ?? 0;
    const wanted = promises.includes(type) ? total : due;
    const isRight = amount === wanted && fields['currency'] === currency;
    const problem = () =>
      `event ${seq} (${type}) is about ${amount} ${String(fields['currency'])} of ${wanted} ${currency}`;
    results.expect('amountsRight', orderId, isRight, problem);
  }
};

/** After each event, no more is taken than the total, and no more given back than was taken. */
const checkTotals = ({ orderId, total, currency, eventsOf }: ShopOrder, results: ShopResults): void => {
  let taken = 0;
  let returned = 0;
  for (const { seq, type, fields } of eventsOf('payment.completed', 'payment.refunded')) {
    const amount = numberIn(fields, 'amount') ?? 0;
    if (type === 'payment.completed') {
      taken += amount;
      const isWithin = taken - returned <= (total ?? 0);
      const problem = () => `event ${seq} makes it ${taken - returned} of ${total}`;
      results.expect('chargedOnce', orderId, isWithin, problem);
    } else {
      returned += amount;
      const isWithin = returned <= taken && fields['currency'] === currency;
      const problem = () => `event ${seq} makes it ${returned} back of ${taken} taken`;
      results.expect('amountsRight', orderId, isWithin, problem);
    }
  }
};

/** A time-out never makes a new key: only a charge that is known not to exist does. */
const checkChargeNumbers = ({ orderId, eventsOf, messages }: ShopOrder, results: ShopResults): void => {
  const versions = new Map(messages.map(({ messageId, version }) => [messageId, version]));
  let last = '';
  let number = 0;
  for (const { seq, fields, causationId } of eventsOf('payment.initiated')) {
    const key = textIn(fields, 'key') ?? '';
    if (key === last) continue;
    number += 1;
    const version = versions.get(causationId) ?? 0;
    const before = last;
    const isKnownAbsent = messages.some(
      (message) =>
        message.type === 'gateway.absent' &&
        message.disposition === 'applied' &&
        message.version <= version &&
        message.fields['key'] === before,
    );
    const isNext = key === `${orderId}/charge/${number}` && (number === 1 || isKnownAbsent);
    results.expect('chargeNumbers', orderId, isNext, () => `event ${seq} charges under the key ${key}`);
    last = key;
  }
};

const checkStockReserved = (order: ShopOrder, results: ShopResults): void => {
  const { orderId, reservations, taken, returned, lost, state, eventsOf, wasResolved } = order;
  const initiated = eventsOf('payment.initiated');
  if (initiated.length === 0) return;
  results.count('stockReservedForMoney', initiated.length);
  const report = (problem: string) => results.violate('stockReservedForMoney', orderId, problem);
  const [reservation] = reservations;
  if (reservation === undefined) {
    report('it was charged without a reservation');
    return;
  }
  const { status, heldAt, endedAt } = reservation;
  for (const { seq, at } of initiated) {
    if (at < heldAt) report(`event ${seq} charges before the stock was reserved`);
    else if (status === 'released' && endedAt !== null && at > endedAt) {
      report(`event ${seq} charges after the stock was released`);
    }
  }
  const keeps = taken > returned + lost && !wasResolved('payment', 'not-refunded');
  const isPaying = state?.actors.get('payment')?.snapshot.hasTag('settled') === false;
  if (status === 'released' && keeps && !isPaying) {
    report(`its stock was released, and ${taken - returned} was kept`);
  }
};

const checkNotIgnored = ({ orderId, messages, eventsOf }: ShopOrder, results: ShopResults): void => {
  const isPaid = eventsOf('payment.completed').length > 0;
  for (const { version, type, disposition } of messages) {
    if (type !== 'gateway.charged') continue;
    const isTaken = disposition !== 'ignored' || isPaid;
    results.expect('moneyNotIgnored', orderId, isTaken, () => `message ${version} is money, and was ignored`);
  }
};
