// A bank in memory, outside of the machine whose power is cut: it keeps its ledger, and does under one key one
// thing. What an order's id begins with says how it behaves: `declined`, `lost` (it charges and does not answer),
// `flaky` (its first try fails). It never looks into a store.
import type { GatewayLedger, LedgerEntry } from '../../src/evidence.ts';
import { compareIds } from '../../src/evidence.ts';
import type { CommandTo, ReplyFrom, ServiceCall } from '../../src/service.ts';
import { never } from '../hosts/harness.ts';

type Reply = ReplyFrom<'gateway'>;
type Operation = Exclude<CommandTo<'gateway'>, { type: 'gateway.look-up' }>;

export interface Bank {
  answer(call: ServiceCall<'gateway'>, now: number): Promise<Reply> | Reply;
  /** How many entries its ledger has. */
  length(): number;
  ledger(): GatewayLedger;
  /** The bank as it is at this moment, and from now on without any trouble. */
  healed(): Bank;
}

export const createBank = (before: readonly LedgerEntry[] = [], isHealthy = false): Bank => {
  const entries = [...before];
  const carryOut = (command: Operation, orderId: string, at: number): Reply => {
    const { key } = command;
    const known = entries.find((entry) => entry.key === key);
    if (known !== undefined) return toReply(known);
    const isFlaky = orderId.startsWith('flaky') && command.attempt === 1;
    if (isFlaky && !isHealthy) return { type: 'gateway.failed', reason: 'technical-failure' };
    const entry = { line: entries.length + 1, at, key, orderId, ...toDeed(command, orderId, entries) };
    entries.push(entry);
    return toReply(entry);
  };
  return {
    answer: (call, now) => {
      const { command, orderId } = call;
      if (command.type === 'gateway.look-up') {
        const found = entries.find(({ key }) => key === command.key);
        return found ? toReply(found) : { type: 'gateway.absent' };
      }
      const reply = carryOut(command, orderId, now);
      const isLost = command.type === 'gateway.charge' && orderId.startsWith('lost') && !isHealthy;
      return isLost ? never(call) : reply;
    },
    length: () => entries.length,
    ledger: () => ({
      entries: () =>
        entries.toSorted((one, other) => compareIds(one.orderId, other.orderId) || one.line - other.line),
    }),
    healed: () => createBank(entries, true),
  };
};

type Deed = Pick<LedgerEntry, 'amount' | 'currency' | 'result' | 'transactionId'>;

const toDeed = (command: Operation, orderId: string, entries: readonly LedgerEntry[]): Deed => {
  switch (command.type) {
    case 'gateway.charge': {
      const { amount, currency, capture, key } = command;
      if (orderId.startsWith('declined'))
        return { amount, currency, result: 'declined', transactionId: null };
      const result = capture === 'later' ? 'authorized' : 'charged';
      return { amount, currency, result, transactionId: `txn-${key}` };
    }
    case 'gateway.void': {
      const { transactionId } = command;
      const { amount = 0, currency = '' } =
        entries.find((entry) => entry.transactionId === transactionId) ?? {};
      return { amount, currency, result: 'voided', transactionId };
    }
    case 'gateway.capture':
    case 'gateway.refund': {
      const { amount, currency, transactionId, type } = command;
      const result = type === 'gateway.capture' ? 'captured' : 'refunded';
      return { amount, currency, result, transactionId };
    }
  }
};

const toReply = ({ result, key, amount, currency, transactionId }: LedgerEntry): Reply => {
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
      return { type: 'gateway.refunded', refundTransactionId: `ref-${key}` };
  }
};
