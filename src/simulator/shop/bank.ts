// A simulated bank: an independent witness whose state is its own ledger. It does what a command says at most once for
// each key, as long as it remembers the key, however often the command arrives. It shares no code with the product's
// simulated gateway, and never reads what the orders believe. The tests' banks are this one with other habits.
import { compareIds } from '../../audit-source.ts';
import type { GatewayLedger, LedgerEntry } from '../../shop/audit/gateway-ledger.ts';
import type { CommandTo, ReplyFrom } from '../../shop/services.ts';
import { day } from './scenario.ts';

type Command = CommandTo<'gateway'>;
type Charge = Extract<Command, { type: 'gateway.charge' }>;
type Reply = ReplyFrom<'gateway'>;

interface Transaction {
  readonly id: string;
  readonly key: string;
  /** Authorised, then captured. */
  amount: number;
  readonly currency: string;
  state: 'authorized' | 'captured' | 'voided';
  refunded: number;
}

export interface Bank {
  /** A command arrives. */
  act(command: Command, orderId: string): Reply;
  /** What it did for an order, as the bank itself would show it to a person. */
  transactions(orderId: string): readonly Readonly<Transaction>[];
  /** Whether anything was ever done under a key. */
  knows(key: string): boolean;
  readonly ledger: GatewayLedger;
  /** Its ledger by line. */
  readonly lines: readonly LedgerEntry[];
}

export interface BankOptions {
  /** ms since 1970. */
  now(): number;
  /** Whether it refuses a charge for good; left out: never. */
  isRefused?(charge: Charge, orderId: string): boolean;
  /** Whether it declines a charge; left out: never. */
  isDeclined?(charge: Charge, orderId: string): boolean;
  /** Called with each line of the ledger as it is written. */
  onEntry?(entry: LedgerEntry): void;
  /** The ledger with which it starts. */
  readonly lines?: readonly LedgerEntry[];
}

export const createBank = (options: BankOptions): Bank => {
  const { now } = options;
  const lines: LedgerEntry[] = [];
  const byOrder = new Map<string, Transaction[]>();
  const byKey = new Map<string, LedgerEntry>();
  const find = (orderId: string, transactionId: string | null) =>
    byOrder.get(orderId)?.find(({ id }) => id === transactionId);

  const apply = (entry: LedgerEntry): void => {
    const { key, orderId, amount, currency, result, transactionId } = entry;
    lines.push(entry);
    byKey.set(key, entry);
    const found = find(orderId, transactionId);
    if (found === undefined && transactionId !== null) {
      const state = result === 'authorized' ? 'authorized' : 'captured';
      const made: Transaction = { id: transactionId, key, amount, currency, state, refunded: 0 };
      byOrder.set(orderId, [...(byOrder.get(orderId) ?? []), made]);
    }
    if (found !== undefined && result === 'refunded') found.refunded += amount;
    if (found !== undefined && (result === 'captured' || result === 'voided')) found.state = result;
    if (found !== undefined && result === 'captured') found.amount = amount;
  };
  for (const entry of options.lines ?? []) apply(entry);

  const enter = (entry: Omit<LedgerEntry, 'line' | 'at'>): Reply => {
    const line = { ...entry, line: lines.length + 1, at: now() };
    apply(line);
    options.onEntry?.(line);
    return toReply(line);
  };

  const charge = (command: Charge, orderId: string): Reply => {
    const { key, amount, currency, capture } = command;
    const about = { key, orderId, amount, currency };
    if (options.isRefused?.(command, orderId)) return refuse('account-closed');
    if (options.isDeclined?.(command, orderId)) {
      return enter({ ...about, result: 'declined', transactionId: null });
    }
    const result = capture === 'later' ? 'authorized' : 'charged';
    return enter({ ...about, result, transactionId: `txn-${lines.length + 1}` });
  };

  const change = (
    command: Exclude<Command, { type: 'gateway.charge' | 'gateway.look-up' }>,
    orderId: string,
  ): Reply => {
    const found = find(orderId, command.transactionId);
    if (found === undefined) return refuse('no-such-transaction');
    const { id: transactionId, currency, state, amount, refunded } = found;
    const about = { key: command.key, orderId, currency, transactionId };
    if (command.type === 'gateway.refund') {
      const isPossible = state === 'captured' && command.amount <= amount - refunded;
      if (!isPossible) return refuse('nothing-to-refund');
      return enter({ ...about, amount: command.amount, result: 'refunded' });
    }
    if (state !== 'authorized') return refuse(`already-${state}`);
    if (command.type === 'gateway.void') return enter({ ...about, amount, result: 'voided' });
    if (command.amount > amount) return refuse('amount-too-large');
    return enter({ ...about, amount: command.amount, result: 'captured' });
  };

  return {
    act: (command, orderId) => {
      const { key } = command;
      const known = byKey.get(key);
      if (command.type === 'gateway.look-up') {
        return lookUp(
          byOrder.get(orderId)?.find((each) => each.key === key),
          known,
        );
      }
      if (known !== undefined && now() - known.at < day) return toReply(known);
      return command.type === 'gateway.charge' ? charge(command, orderId) : change(command, orderId);
    },
    transactions: (orderId) => byOrder.get(orderId) ?? [],
    knows: (key) => byKey.has(key),
    ledger: {
      entries: () =>
        lines.toSorted((one, other) => compareIds(one.orderId, other.orderId) || one.line - other.line),
    },
    lines,
  };
};

/** A charge as it is now; the bank's own records outlast its keys. */
const lookUp = (made: Transaction | undefined, entry: LedgerEntry | undefined): Reply => {
  if (made === undefined) return entry === undefined ? { type: 'gateway.absent' } : toReply(entry);
  if (made.state === 'voided') return { type: 'gateway.voided' };
  const { id: transactionId, amount, currency, state } = made;
  const type = state === 'captured' ? 'gateway.charged' : 'gateway.authorized';
  return { type, transactionId, amount, currency };
};

const refuse = (code: string): Reply => ({ type: 'gateway.refused', code });

const toReply = ({ result, line, amount, currency, transactionId }: LedgerEntry): Reply => {
  switch (result) {
    case 'charged':
    case 'authorized':
      return { type: `gateway.${result}`, transactionId: transactionId ?? '', amount, currency };
    case 'declined':
      return { type: 'gateway.declined', code: 'card-declined' };
    case 'captured':
    case 'voided':
      return { type: `gateway.${result}` };
    case 'refunded':
      return { type: 'gateway.refunded', refundTransactionId: `refund-${line}` };
  }
};
