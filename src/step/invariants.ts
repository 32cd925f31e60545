// What must hold of an order's money, keys and stock, whatever its charts come to: looked at on every step
// before anything of it is kept or leaves. It reads a step's result and changes nothing. It exists because a
// wrong chart must stop one order with an incident, and never charge a customer.
import type { AnyEventObject, AnyMachineSnapshot } from 'xstate';
import type { OrderContext } from '../../machines/order-setup.ts';
import type { Call } from './effect.ts';
import type { SystemState } from './snapshot.ts';
import { type InvariantName, InvariantViolation } from './violation.ts';

const insist = (invariant: InvariantName, holds: boolean, problem: () => string): void => {
  if (!holds) throw new InvariantViolation(invariant, problem());
};

/**
 * Looks at what one message came to. `told` is the message that an actor took: for the retry of one that was
 * set aside, that one. The time that it takes does not depend on the length of the order's history.
 * @throws InvariantViolation.
 */
export const requireInvariants = (
  before: SystemState,
  after: SystemState,
  calls: readonly Call[],
  told: AnyEventObject,
): void => {
  const order = after.actors.get('order')?.snapshot;
  // Without an order there is nothing to hold money against: a system of other charts.
  if (order === undefined) return;
  const context: OrderContext = order.context;
  requireBooks(context, after.actors.get('payment')?.snapshot);
  if (told.type === 'gateway.charged' || told.type === 'gateway.authorized') {
    requireAmount(context, told.type, told);
  }
  if (calls.length === 0) return;
  const lastKeys = new Map<string, string>();
  for (const call of calls) {
    const { actor, command } = call;
    const lastKey = lastKeys.get(actor) ?? before.keys.get(actor)?.key;
    lastKeys.set(actor, command.key);
    const purpose = purposes[command.type];
    if (purpose === undefined) continue;
    const number = requireKey(call, purpose);
    if (call.service !== 'gateway') continue;
    requireNumber(call, number, lastKey, told);
    requireMoney(context, call);
    const isFirst = lastKey !== command.key;
    const takes = command.type === 'gateway.charge' || (command.type === 'gateway.capture' && isFirst);
    if (takes) requireStock(call, after.actors.get('inventory')?.snapshot);
  }
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
  if (type === 'gateway.charge' || type === 'gateway.capture') requireAmount(order, type, command);
  if (type === 'gateway.charge') {
    insist('charged-once', !(order.paidAmount > 0), () => `${command.key} follows a charge that was paid`);
  }
  if (type === 'gateway.refund') {
    const left = order.paidAmount - order.refundedAmount;
    const isRight = Number(command['amount']) <= left && command['currency'] === order.currency;
    const of = () => `${command['amount']} ${command['currency']} of ${left} ${order.currency}`;
    insist('refunds', isRight, () => `${command.key} gives back ${of()}`);
  }
};

/** What the middle of a key says. */
const purposes: Readonly<Record<string, string>> = {
  'warehouse.check': 'check',
  'warehouse.reserve': 'reserve',
  'warehouse.commit': 'commit',
  'warehouse.release': 'release',
  'gateway.charge': 'charge',
  'gateway.look-up': 'charge',
  'gateway.capture': 'capture',
  'gateway.void': 'void',
  'gateway.refund': 'refund',
};

/** The last part of a key. */
const requireKey = ({ orderId, command: { type, key } }: Call, purpose: string): string => {
  const start = `${orderId}/${purpose}/`;
  const number = key.startsWith(start) ? key.slice(start.length) : '';
  insist('keys', number !== '' && !number.includes('/'), () => `${type} has the key ${key}`);
  return number;
};

/** A charge begins at 1; what follows it has its number; only one that is known not to exist is counted on. */
const requireNumber = (
  { orderId, command: { type, key } }: Call,
  number: string,
  lastKey: string | undefined,
  told: AnyEventObject,
): void => {
  if (type === 'gateway.refund') return;
  const [lastPurpose, last] = lastKey === undefined ? [] : lastKey.slice(orderId.length + 1).split('/');
  const isAbsent = told.type === 'gateway.absent' && told['key'] === lastKey;
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
