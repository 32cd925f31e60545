// Money as the journal tells it: charged once, for the right amount, under the right keys, with the stock
// held, and given back where the order did not come about. What the gateway says is in ledger-checks.ts.
import type { Event, Facts } from './facts.ts';
import { type Fields, numberIn, saysSame, textIn } from './json.ts';
import type { Tally } from './tally.ts';

export const checkMoney = (facts: Facts, tally: Tally): void => {
  checkPlacement(facts, tally);
  checkAmounts(facts, tally);
  checkKeys(facts, tally);
  checkStockWasHeld(facts, tally);
};

const sum = (events: readonly Event[]): number =>
  events.reduce((total, { fields }) => total + (numberIn(fields, 'amount') ?? 0), 0);

export interface Money {
  readonly taken: number;
  readonly returned: number;
}
/** What the journal says was taken and given back, in minor units. */
export const toMoney = ({ eventsOf }: Facts): Money => ({
  taken: sum(eventsOf('payment.completed')),
  returned: sum(eventsOf('payment.refunded')),
});

const isPriced = (item: unknown): item is { quantity: number; unitPrice: number; lineTotal: number } =>
  typeof item === 'object' &&
  item !== null &&
  'quantity' in item &&
  'unitPrice' in item &&
  'lineTotal' in item;

const checkPlacement = ({ orderId, messages, total }: Facts, tally: Tally): void => {
  const items = messages[0]?.fields['items'];
  if (!Array.isArray(items)) return;
  const priced = items.filter(isPriced);
  const lines = priced.every(({ quantity, unitPrice, lineTotal }) => quantity * unitPrice === lineTotal);
  const lineSum = priced.reduce((all, { lineTotal }) => all + lineTotal, 0);
  tally.expect('amounts', orderId, lines && lineSum === total, () => 'its total is not the sum of its lines');
};

const checkAmounts = ({ orderId, events, total, currency }: Facts, tally: Tally): void => {
  let taken = 0;
  let returned = 0;
  for (const { seq, type, fields } of events) {
    const amount = numberIn(fields, type === 'order.completed' ? 'finalAmount' : 'amount') ?? 0;
    const isCharge = ['payment.initiated', 'payment.authorized', 'payment.completed'].includes(type);
    if (isCharge || type === 'order.completed') {
      const isRight = amount === total && fields['currency'] === currency;
      const of = `${amount} ${String(fields['currency'])} of ${total} ${currency}`;
      tally.expect('amounts', orderId, isRight, () => `event ${seq} (${type}) is about ${of}`);
    }
    if (type === 'payment.completed') {
      taken += amount;
      const isWithin = taken - returned <= (total ?? 0);
      tally.expect(
        'chargedOnce',
        orderId,
        isWithin,
        () => `event ${seq} makes it ${taken - returned} of ${total}`,
      );
    }
    if (type === 'payment.refunded') {
      returned += amount;
      const isWithin = returned <= taken && fields['currency'] === currency;
      tally.expect(
        'amounts',
        orderId,
        isWithin,
        () => `event ${seq} makes it ${returned} back of ${taken} taken`,
      );
    }
  }
};

const purposes = ['check', 'reserve', 'commit', 'release', 'charge', 'capture', 'void', 'refund'];
const notices = ['confirmation', 'failure'];

const checkKeys = (facts: Facts, tally: Tally): void => {
  const { orderId, intents } = facts;
  for (const key of intents.keys()) {
    const [purpose = '', ...number] = key.startsWith(`${orderId}/`)
      ? key.slice(orderId.length + 1).split('/')
      : [];
    const isOurs = [...purposes, ...notices].includes(purpose) && number.length === 1 && number[0] !== '';
    tally.expect('keyDiscipline', orderId, isOurs, () => `the key ${key} is not ORDER/purpose/number`);
  }
  checkChargeNumbers(facts, tally);
  checkKeyMeanings(facts, tally);
};

/** A time-out never makes a new key: only a charge that is known not to exist does. */
const checkChargeNumbers = ({ orderId, eventsOf, messages }: Facts, tally: Tally): void => {
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
    tally.expect('keyDiscipline', orderId, isNext, () => `event ${seq} charges under the key ${key}`);
    last = key;
  }
};

/** Under one key the same is asked, however often; a look-up asks after it. */
const checkKeyMeanings = ({ orderId, replayed }: Facts, tally: Tally): void => {
  const meanings = new Map<string, Fields>();
  for (const { command } of replayed?.calls ?? []) {
    if (command.type === 'gateway.look-up') continue;
    const known = meanings.get(command.key);
    meanings.set(command.key, command);
    if (known === undefined) continue;
    const isSame = saysSame(JSON.stringify({ ...known, attempt: command['attempt'] }), command);
    tally.expect('keyDiscipline', orderId, isSame, () => `the key ${command.key} stands for two things`);
  }
};

const checkStockWasHeld = (facts: Facts, tally: Tally): void => {
  const { orderId, dossier, eventsOf, state, wasResolved } = facts;
  const charges = eventsOf('payment.initiated');
  if (charges.length === 0) return;
  const [reservation] = dossier.reservations;
  tally.look('paidIsReserved', charges.length);
  const report = (problem: string) => tally.violate('paidIsReserved', orderId, problem);
  if (reservation === undefined) {
    report('it was charged without a reservation');
    return;
  }
  const { status, heldAt, endedAt } = reservation;
  for (const { seq, at } of charges) {
    if (at < heldAt) report(`event ${seq} charges before the stock was held`);
    else if (status === 'released' && endedAt !== null && at > endedAt) {
      report(`event ${seq} charges after the stock was given back`);
    }
  }
  const { taken, returned } = toMoney(facts);
  const keeps = taken > returned && !wasResolved('payment', 'not-refunded');
  const moves = state?.actors.get('payment')?.snapshot.hasTag('settled') === false;
  if (status === 'released' && keeps && !moves)
    report(`its stock was given back, and ${taken - returned} was kept`);
};
