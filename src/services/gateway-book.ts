// What the simulated gateway's ledger adds up to: what every key did, what is left of every transaction, and what may still be
// done with it. It decides by amounts and states alone, never by chance, and writes no file.
import { createHash } from 'node:crypto';
import type { CommandTo, ReplyFrom } from '../shop/services.ts';
import type { Entry } from './gateway-ledger.ts';

export type Reply = ReplyFrom<'gateway'>;
export type Operation = Exclude<CommandTo<'gateway'>, { type: 'gateway.look-up' }>;
export type Charge = Extract<Operation, { type: 'gateway.charge' }>;
export type Noted = Pick<Entry, 'at' | 'key' | 'orderId'>;

type Awaited = Extract<Entry, { result: 'action-required' }>;

interface Transaction {
  readonly orderId: string;
  /** The charge's. */
  readonly key: string;
  readonly currency: string;
  /** `awaiting`: its customer has to confirm it. */
  readonly state: 'awaiting' | 'authorized' | 'captured' | 'voided';
  /** Authorised, then captured, in minor units. */
  readonly amount: number;
  readonly refunded: number;
}

/** What an operation leaves of its transaction. */
const toChange = (before: Transaction, { result, amount }: Entry): Partial<Transaction> => {
  switch (result) {
    case 'charged':
    case 'captured':
      return { state: 'captured', amount };
    case 'authorized':
      return { state: 'authorized' };
    case 'voided':
      return { state: 'voided' };
    case 'refunded':
      return { refunded: before.refunded + amount };
    default:
      return {};
  }
};

export const createBook = (entries: readonly Entry[]) => {
  const byKey = new Map<string, Entry>();
  const transactions = new Map<string, Transaction>();

  const enter = (entry: Entry): void => {
    byKey.set(entry.key, entry);
    if (entry.result === 'declined') {
      // The customer did not confirm it.
      transactions.delete(toTransactionId(entry.key));
      return;
    }
    const { transactionId, key, orderId, amount, currency } = entry;
    const made = { orderId, key, currency, state: 'awaiting', amount, refunded: 0 } as const;
    const before: Transaction = transactions.get(transactionId) ?? made;
    transactions.set(transactionId, { ...before, ...toChange(before, entry) });
  };
  for (const entry of entries) enter(entry);

  return {
    enter,
    find: (key: string): Entry | undefined => byKey.get(key),

    /** What the key did, as it stands now: an authorisation that was captured is a charge. */
    lookUp: (key: string): Reply => {
      const entry = byKey.get(key);
      if (!entry) return { type: 'gateway.absent' };
      const { result, transactionId, currency } = entry;
      const found = transactionId === null ? undefined : transactions.get(transactionId);
      if (found === undefined || (result !== 'authorized' && result !== 'action-required')) {
        return toReply(entry);
      }
      const { state, amount } = found;
      if (state === 'voided') return { type: 'gateway.voided' };
      if (state === 'awaiting')
        return { type: 'gateway.action-required', transactionId: entry.transactionId };
      const type = state === 'captured' ? 'gateway.charged' : 'gateway.authorized';
      return { type, transactionId: entry.transactionId, amount, currency };
    },

    /** The entry of a charge that its customer has to confirm; undefined: it waits for nobody. */
    findAwaited: (orderId: string, transactionId: string): Awaited | undefined => {
      const found = transactions.get(transactionId);
      if (found === undefined || found.orderId !== orderId || found.state !== 'awaiting') return undefined;
      const entry = byKey.get(found.key);
      return entry?.result === 'action-required' ? entry : undefined;
    },

    /** The entry that this operation makes, or the code of its refusal. */
    judge: (command: Exclude<Operation, Charge>, noted: Noted): Entry | string => {
      const { transactionId } = command;
      const found = transactions.get(transactionId);
      if (!found || found.orderId !== noted.orderId) return 'no-such-transaction';
      const { state, amount, currency, refunded } = found;
      const { type } = command;
      const isOpen = state === 'authorized' || (state === 'awaiting' && type === 'gateway.void');
      if (state === 'awaiting' && !isOpen) return 'not-confirmed';
      if (type !== 'gateway.refund' && !isOpen) return `already-${state}`;
      if (type === 'gateway.void') {
        return { ...noted, operation: 'void', amount, currency, result: 'voided', transactionId };
      }
      if (command.currency !== currency) return 'currency-mismatch';
      const left = type === 'gateway.capture' ? amount : state === 'captured' ? amount - refunded : 0;
      if (command.amount > left) return 'amount-too-large';
      const asked = { amount: command.amount, currency };
      return type === 'gateway.capture'
        ? { ...noted, operation: 'capture', ...asked, result: 'captured', transactionId }
        : { ...noted, operation: 'refund', ...asked, result: 'refunded', transactionId };
    },
  };
};

export const toChargeEntry = (
  { capture, amount, currency }: Charge,
  noted: Noted,
  answer: 'declined' | 'action-required' | 'taken',
): Entry => {
  const money = { amount, currency };
  const operation = capture === 'later' ? 'authorize' : 'charge';
  if (answer === 'declined') return { ...noted, operation, ...money, result: answer, transactionId: null };
  const transactionId = toTransactionId(noted.key);
  if (answer === 'action-required') return { ...noted, operation, ...money, result: answer, transactionId };
  return operation === 'authorize'
    ? { ...noted, operation, ...money, result: 'authorized', transactionId }
    : { ...noted, operation, ...money, result: 'charged', transactionId };
};

export const toReply = (entry: Entry): Reply => {
  const { result, key, amount, currency, transactionId } = entry;
  switch (result) {
    case 'charged':
    case 'authorized':
      return { type: `gateway.${result}`, transactionId, amount, currency };
    case 'action-required':
      return { type: 'gateway.action-required', transactionId };
    case 'declined':
      return { type: 'gateway.declined', code: 'card-declined' };
    case 'captured':
    case 'voided':
      return { type: `gateway.${result}` };
    case 'refunded':
      return { type: 'gateway.refunded', refundTransactionId: toTransactionId(key) };
  }
};

export const refuse = (code: string): Reply => ({ type: 'gateway.refused', code });

/** Whether a known key asks for the same thing again, and not for something else under an old name. */
export const isRepeated = (known: Entry, command: Operation, orderId: string): boolean => {
  const operation =
    command.type === 'gateway.charge'
      ? command.capture === 'later'
        ? 'authorize'
        : 'charge'
      : command.type.slice('gateway.'.length);
  return (
    known.orderId === orderId &&
    known.operation === operation &&
    (!('amount' in command) || (known.amount === command.amount && known.currency === command.currency)) &&
    (!('transactionId' in command) || known.transactionId === command.transactionId)
  );
};

export const toHash = (text: string): Buffer => createHash('sha256').update(text).digest();
const toTransactionId = (key: string): string => `txn_${toHash(key).toString('hex').slice(0, 24)}`;
