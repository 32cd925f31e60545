// What must hold of an order's money, keys and stock, whatever its charts do: checked on every step before anything
// of it is kept or leaves. It reads a step's result and changes nothing. A wrong chart stops one order with an
// incident, and never charges a customer.
import type { AnyEventObject, AnyMachineSnapshot } from 'xstate';
import { isMessageType, messages } from '../../machines/messages.ts';
import type { OrderContext } from '../../machines/order-context.ts';
import type { Call } from '../step/effect.ts';
import { type Invariants, InvariantViolation } from '../step/invariants.ts';
import type { SystemState } from '../step/system-state.ts';

/** What must hold, by the name under which a violation is stored, shown and counted. */
const descriptions = {
  total: "an order's total is the sum of its lines and of the amounts beside them, and never below 0",
  amounts: "a charge is for the order's total, a capture for no more, both in its currency",
  'charged-once': 'an order is charged once, and never more than its total',
  refunds: 'no more is given back than was taken, in the currency of the order',
  keys: 'keys are ORDER/purpose/number, and only a charge known not to exist is followed by a new number',
  'stock-held': 'money is taken only while the stock is held',
  'stock-counts': 'a product never has less on hand than is held, nor less than nothing',
} as const;
type InvariantName = keyof typeof descriptions;

const insist = (invariant: InvariantName, holds: boolean, problem: () => string): void => {
  if (!holds) throw new InvariantViolation(invariant, problem());
};

const check = (
  before: SystemState,
  after: SystemState,
  calls: readonly Call[],
  delivered: AnyEventObject,
): void => {
  const order = after.actors.get('order')?.snapshot;
  // Without an order there is nothing to compare money with: a system of other charts.
  if (order === undefined) return;
  const context: OrderContext = order.context;
  requireTotal(context);
  requireBooks(context, after.actors.get('payment')?.snapshot);
  if (delivered.type === 'gateway.authorized') requireAmount(context, delivered.type, delivered);
  if (delivered.type === 'gateway.charged') {
    // What was captured in part can be reported as a charge, too.
    const { captureAmount } = after.actors.get('payment')?.snapshot.context ?? {};
    requireAmount({ ...context, amount: captureAmount || context.amount }, delivered.type, delivered);
  }
  if (calls.length === 0) return;
  const lastKeys = new Map<string, string>();
  for (const call of calls) {
    const { actor, command } = call;
    const lastKey = lastKeys.get(actor) ?? before.keys.get(actor)?.key;
    lastKeys.set(actor, command.key);
    const number = requireKey(call);
    if (call.service !== 'gateway') continue;
    requireNumber(call, number, lastKey, delivered);
    requireMoney(context, call);
    const isFirst = lastKey !== command.key;
    const takes = command.type === 'gateway.charge' || (command.type === 'gateway.capture' && isFirst);
    if (takes) requireStock(call, after.actors.get('inventory')?.snapshot);
  }
};

/** Version 1 of the charts has no adjustments. */
const requireTotal = ({ amount, items, adjustments }: Partial<OrderContext>): void => {
  if (amount === undefined || items === undefined) return;
  const amounts = [
    ...items.map(({ lineTotal }) => lineTotal),
    ...(adjustments ?? []).map((each) => each.amount),
  ];
  const sum = amounts.reduce((all, each) => all + each, 0);
  insist('total', amount === sum && amount >= 0, () => `the total is ${amount}, and its parts are ${sum}`);
};

/** What the order and its payment say was taken and given back so far. */
const requireBooks = (order: OrderContext, payment: AnyMachineSnapshot | undefined): void => {
  const { amount, paidAmount, refundedAmount } = order;
  requireWithin('order', paidAmount, refundedAmount, amount);
  if (payment) requireWithin('payment', payment.context.captured, payment.context.refunded, amount);
};

// Comparisons that a missing figure passes: charts of one's own need not count as the shipped ones do.
const requireWithin = (actor: string, taken: number, returned: number, total: number): void => {
  insist('charged-once', !(taken > total), () => `the ${actor} has ${taken} of ${total}`);
  insist('refunds', !(returned > taken), () => `the ${actor} has ${returned} back of ${taken}`);
};

const requireAmount = (
  { amount, currency }: OrderContext,
  type: string,
  about: Readonly<Record<string, unknown>>,
): void => {
  const isRight = about['amount'] === amount && about['currency'] === currency;
  const what = () => `${type} is about ${about['amount']} ${about['currency']} of ${amount} ${currency}`;
  insist('amounts', isRight, what);
};

const requireMoney = (order: OrderContext, { command }: Call): void => {
  const { type } = command;
  if (type === 'gateway.capture') {
    const isRight = Number(command['amount']) <= order.amount && command['currency'] === order.currency;
    insist('amounts', isRight, () => `${command.key} captures ${command['amount']} of ${order.amount}`);
  }
  if (type === 'gateway.charge') {
    requireAmount(order, type, command);
    insist('charged-once', !(order.paidAmount > 0), () => `${command.key} follows a charge that was paid`);
  }
  if (type === 'gateway.refund') {
    const left = order.paidAmount - order.refundedAmount;
    const isRight = Number(command['amount']) <= left && command['currency'] === order.currency;
    const of = () => `${command['amount']} ${command['currency']} of ${left} ${order.currency}`;
    insist('refunds', isRight, () => `${command.key} gives back ${of()}`);
  }
};

/** The last part of a key. */
const requireKey = ({ orderId, command: { type, key } }: Call): string => {
  const [purpose = '', number = '', ...rest] = key.startsWith(`${orderId}/`)
    ? key.slice(orderId.length + 1).split('/')
    : [];
  const purposes = purposesOf(type);
  // A service that an extension added has purposes of its own.
  const isKnown = purposes === undefined ? purpose !== '' : purposes.includes(purpose);
  const isOurs = isKnown && number !== '' && rest.length === 0;
  insist('keys', isOurs, () => `${type} has the key ${key}`);
  return number;
};

/** Undefined: no message of the shop. */
const purposesOf = (type: string): readonly string[] | undefined => {
  if (!isMessageType(type)) return undefined;
  const declared = messages[type];
  return 'call' in declared ? declared.call.purposes : [];
};

/** A charge begins at 1; what follows it has its number; only one that is known not to exist is counted on. */
const requireNumber = (
  { orderId, command: { type, key } }: Call,
  number: string,
  lastKey: string | undefined,
  delivered: AnyEventObject,
): void => {
  if (type === 'gateway.refund') return;
  const [lastPurpose, last] = lastKey === undefined ? [] : lastKey.slice(orderId.length + 1).split('/');
  const isAbsent = delivered.type === 'gateway.absent' && delivered['key'] === lastKey;
  const problem = () => `${type} has the key ${key} after ${lastKey ?? 'none'}`;
  if (type === 'gateway.charge' || type === 'gateway.look-up') {
    const isFirst = type === 'gateway.charge' && lastKey === undefined && number === '1';
    const isNext = type === 'gateway.charge' && isAbsent && number === String(Number(last) + 1);
    const isSame = lastKey === key;
    insist('keys', isFirst || isSame || (lastPurpose === 'charge' && isNext), problem);
  } else {
    insist('keys', number === last && lastPurpose !== 'refund', problem);
  }
};

const requireStock = ({ command: { key } }: Call, inventory: AnyMachineSnapshot | undefined): void => {
  if (inventory) insist('stock-held', inventory.hasTag('held'), () => `${key} has no stock that is held`);
};

export const shopInvariants: Invariants = { descriptions, check };
