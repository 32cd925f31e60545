// A payment gateway for trials: charges, authorises, captures, voids and refunds in a ledger file of its
// own. It never moves real money and never touches the store, so that the ledger is an independent witness
// of what orders did. It exists to make declines, lost answers and crashes happen on purpose, by seed.
import { createHash } from 'node:crypto';
import { type Clock, toIsoTime } from '../clock.ts';
import { pause } from '../service.ts';
import type { CommandTo, ReplyFrom, ShopService } from '../shop/services.ts';
import { type Entry, openLedger } from './gateway-ledger.ts';

interface Simulation {
  /** One JSON line for each operation that took effect. Its folder is made if it is missing. */
  readonly ledgerPath: string;
  /** Same seed, same outcome for each key (declined or not) and attempt (fails, stays silent or answers). */
  readonly seed: string;
  /** From an operation's effect to its answer. */
  readonly delayMs: number;
  /** Share of charges, 0 to 1, that the bank declines. */
  readonly declineRate: number;
  /** Share of charges that take effect and never answer. */
  readonly timeoutRate: number;
  /** Share of charges that fail without effect. */
  readonly errorRate: number;
  readonly clock: Clock;
}

type Reply = ReplyFrom<'gateway'>;
type Operation = Exclude<CommandTo<'gateway'>, { type: 'gateway.look-up' }>;
type Charge = Extract<Operation, { type: 'gateway.charge' }>;

/**
 * Opens the ledger, so that keys are remembered over restarts; a line torn by a crash is cut off.
 * @throws AppError `invalid-setting` where any other line is not a ledger entry.
 */
export const createSimulatedGateway = async (simulation: Simulation): Promise<ShopService<'gateway'>> => {
  const { seed, delayMs, declineRate, timeoutRate, errorRate, clock } = simulation;
  const ledger = await openLedger(simulation.ledgerPath);
  const book = createBook(ledger.entries);
  const happens = (rate: number, ...about: readonly (string | number)[]) => toShare([seed, ...about]) < rate;

  const carryOut = (command: Operation, orderId: string): Reply => {
    const { type, key } = command;
    const known = book.find(key);
    if (known) return isRepeated(known, command, orderId) ? toReply(known) : refuse('key-reused');
    if (type === 'gateway.charge' && happens(errorRate, 'error', key, command.attempt)) {
      return { type: 'gateway.failed', reason: 'technical-failure' };
    }
    const noted = { at: toIsoTime(clock.now()), key, orderId };
    const entry =
      type === 'gateway.charge'
        ? toChargeEntry(command, noted, happens(declineRate, 'decline', key))
        : book.judge(command, noted);
    if (typeof entry === 'string') return refuse(entry);
    book.enter(entry);
    ledger.append(entry);
    return toReply(entry);
  };

  return {
    name: 'gateway',
    place: 'outside',
    keyLifetimeMs: 86_400_000,
    answer: async ({ command, orderId, signal }) => {
      signal.throwIfAborted();
      const { type, key } = command;
      const reply = type === 'gateway.look-up' ? book.lookUp(key) : carryOut(command, orderId);
      // Asked of every operation: a repeated key's first line may still be on its way to the disk.
      await ledger.written();
      const silent =
        type === 'gateway.charge' &&
        reply.type !== 'gateway.failed' &&
        reply.type !== 'gateway.refused' &&
        happens(timeoutRate, 'timeout', key, command.attempt);
      await pause(clock, silent ? Number.POSITIVE_INFINITY : delayMs, signal);
      return reply;
    },
    check: () => ledger.check(),
    close: () => ledger.close(),
  };
};

type Noted = Pick<Entry, 'at' | 'key' | 'orderId'>;

interface Transaction {
  readonly orderId: string;
  readonly currency: string;
  readonly state: 'authorized' | 'captured' | 'voided';
  /** Authorised, then captured, in minor units. */
  readonly amount: number;
  readonly refunded: number;
}

/** What the entries add up to: what every key did, and what is left of every transaction. */
const createBook = (entries: readonly Entry[]) => {
  const byKey = new Map<string, Entry>();
  const transactions = new Map<string, Transaction>();

  const enter = (entry: Entry): void => {
    byKey.set(entry.key, entry);
    if (entry.result === 'declined') return;
    const { transactionId, orderId, amount, currency, result } = entry;
    const before = transactions.get(transactionId) ?? {
      orderId,
      currency,
      state: result === 'authorized' ? 'authorized' : 'captured',
      amount,
      refunded: 0,
    };
    const change: Partial<Transaction> =
      result === 'refunded'
        ? { refunded: before.refunded + amount }
        : result === 'captured'
          ? { state: 'captured', amount }
          : result === 'voided'
            ? { state: 'voided' }
            : {};
    transactions.set(transactionId, { ...before, ...change });
  };
  for (const entry of entries) enter(entry);

  return {
    enter,
    find: (key: string): Entry | undefined => byKey.get(key),

    /** What the key did, as it stands now: an authorisation that was captured is a charge. */
    lookUp: (key: string): Reply => {
      const entry = byKey.get(key);
      if (!entry) return { type: 'gateway.absent' };
      if (entry.result !== 'authorized') return toReply(entry);
      const { transactionId, currency } = entry;
      const { state, amount } = transactions.get(transactionId) ?? { state: 'authorized', ...entry };
      if (state === 'voided') return { type: 'gateway.voided' };
      const type = state === 'captured' ? 'gateway.charged' : 'gateway.authorized';
      return { type, transactionId, amount, currency };
    },

    /** The entry that this operation makes, or the code of its refusal. */
    judge: (command: Exclude<Operation, Charge>, noted: Noted): Entry | string => {
      const { transactionId } = command;
      const found = transactions.get(transactionId);
      if (!found || found.orderId !== noted.orderId) return 'no-such-transaction';
      const { state, amount, currency, refunded } = found;
      const { type } = command;
      if (type !== 'gateway.refund' && state !== 'authorized') return `already-${state}`;
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

const toChargeEntry = ({ capture, amount, currency }: Charge, noted: Noted, declined: boolean): Entry => {
  const money = { amount, currency };
  const operation = capture === 'later' ? 'authorize' : 'charge';
  if (declined) return { ...noted, operation, ...money, result: 'declined', transactionId: null };
  const transactionId = toTransactionId(noted.key);
  return operation === 'authorize'
    ? { ...noted, operation, ...money, result: 'authorized', transactionId }
    : { ...noted, operation, ...money, result: 'charged', transactionId };
};

const toReply = (entry: Entry): Reply => {
  const { result, key, amount, currency, transactionId } = entry;
  switch (result) {
    case 'charged':
    case 'authorized':
      return { type: `gateway.${result}`, transactionId, amount, currency };
    case 'declined':
      return { type: 'gateway.declined', code: 'card-declined' };
    case 'captured':
    case 'voided':
      return { type: `gateway.${result}` };
    case 'refunded':
      return { type: 'gateway.refunded', refundTransactionId: toTransactionId(key) };
  }
};

const refuse = (code: string): Reply => ({ type: 'gateway.refused', code });

/** Whether a known key asks for the same thing again, and not for something else under an old name. */
const isRepeated = (known: Entry, command: Operation, orderId: string): boolean => {
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

const toHash = (text: string): Buffer => createHash('sha256').update(text).digest();
/** A number from 0 up to 1 that depends on nothing but `about`: no order of arrival can change it. */
const toShare = (about: readonly (string | number)[]): number =>
  toHash(JSON.stringify(about)).readUIntBE(0, 6) / 2 ** 48;
const toTransactionId = (key: string): string => `txn_${toHash(key).toString('hex').slice(0, 24)}`;
