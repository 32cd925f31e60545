// The bank of a simulation: an independent witness with a ledger of its own. It does what a command says at
// most once for each key, as long as it remembers the key, whenever and however often the command arrives. It
// shares no code with the product's own simulated gateway, and never reads what the orders believe.
import { compareIds, type GatewayLedger, type LedgerEntry } from '../evidence.ts';
import type { CommandTo, ReplyFrom } from '../service.ts';
import type { SeededRandom } from './random.ts';
import { day } from './scenario.ts';

type Command = CommandTo<'gateway'>;
type Reply = ReplyFrom<'gateway'>;

interface Transaction {
  readonly id: string;
  readonly key: string;
  readonly amount: number;
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
}

/** `onEffect` is told of every line of the ledger as it is written. */
export const createBank = (
  now: () => number,
  chance: SeededRandom,
  declineRate: number,
  onEffect: (entry: LedgerEntry) => void,
): Bank => {
  const lines: LedgerEntry[] = [];
  const byOrder = new Map<string, Transaction[]>();
  const done = new Map<string, { readonly reply: Reply; readonly at: number }>();
  const of = (orderId: string): Transaction[] => {
    const found = byOrder.get(orderId) ?? [];
    byOrder.set(orderId, found);
    return found;
  };
  const enter = (entry: Omit<LedgerEntry, 'line' | 'at'>): void => {
    const line = { ...entry, line: lines.length + 1, at: now() };
    lines.push(line);
    onEffect(line);
  };

  const charge = (command: Extract<Command, { type: 'gateway.charge' }>, orderId: string): Reply => {
    const { key, amount, currency, capture } = command;
    const about = { key, orderId, amount, currency };
    if (chance.happens(0.01)) return { type: 'gateway.refused', code: 'account-closed' };
    if (chance.happens(declineRate)) {
      enter({ ...about, result: 'declined', transactionId: null });
      return { type: 'gateway.declined', code: 'card-declined' };
    }
    const id = `txn-${lines.length + 1}`;
    const isLater = capture === 'later';
    of(orderId).push({ id, key, amount, currency, state: isLater ? 'authorized' : 'captured', refunded: 0 });
    enter({ ...about, result: isLater ? 'authorized' : 'charged', transactionId: id });
    return { type: isLater ? 'gateway.authorized' : 'gateway.charged', transactionId: id, amount, currency };
  };

  const change = (
    command: Exclude<Command, { type: 'gateway.charge' | 'gateway.look-up' }>,
    orderId: string,
  ): Reply => {
    const found = of(orderId).find(({ id }) => id === command.transactionId);
    if (!found) return { type: 'gateway.refused', code: 'no-such-transaction' };
    const about = { key: command.key, orderId, currency: found.currency, transactionId: found.id };
    if (command.type === 'gateway.refund') {
      const isPossible = found.state === 'captured' && command.amount <= found.amount - found.refunded;
      if (!isPossible) return { type: 'gateway.refused', code: 'nothing-to-refund' };
      found.refunded += command.amount;
      enter({ ...about, amount: command.amount, result: 'refunded' });
      return { type: 'gateway.refunded', refundTransactionId: `refund-${lines.length}` };
    }
    if (found.state !== 'authorized') return { type: 'gateway.refused', code: `already-${found.state}` };
    const isVoid = command.type === 'gateway.void';
    found.state = isVoid ? 'voided' : 'captured';
    enter({ ...about, amount: found.amount, result: found.state });
    return { type: isVoid ? 'gateway.voided' : 'gateway.captured' };
  };

  /** What became of a charge, as it stands now; the bank's own records outlast its keys. */
  const lookUp = (key: string, orderId: string): Reply => {
    const made = of(orderId).find((each) => each.key === key);
    if (!made) return done.get(key)?.reply ?? { type: 'gateway.absent' };
    if (made.state === 'voided') return { type: 'gateway.voided' };
    const { id: transactionId, amount, currency, state } = made;
    const type = state === 'captured' ? 'gateway.charged' : 'gateway.authorized';
    return { type, transactionId, amount, currency };
  };

  return {
    act: (command, orderId) => {
      if (command.type === 'gateway.look-up') return lookUp(command.key, orderId);
      const known = done.get(command.key);
      if (known !== undefined && now() - known.at < day) return known.reply;
      const reply = command.type === 'gateway.charge' ? charge(command, orderId) : change(command, orderId);
      if (reply.type !== 'gateway.refused') done.set(command.key, { reply, at: now() });
      return reply;
    },
    transactions: (orderId) => byOrder.get(orderId) ?? [],
    knows: (key) => done.has(key),
    ledger: {
      entries: () =>
        [...lines].sort((one, other) => compareIds(one.orderId, other.orderId) || one.line - other.line),
    },
  };
};
