// A simulated bank: an independent witness whose state is its own ledger. It does what a command says at most once for
// each key, as long as it remembers the key, however often the command arrives. It shares no code with the product's
// simulated gateway, and never reads what the orders believe. The tests' banks are this one with other habits.
import { compareIds } from '../../audit-source.ts';
import type { GatewayLedger, LedgerEntry } from '../../shop/audit/gateway-ledger.ts';
import type { CommandTo, ReplyFrom } from '../../shop/services.ts';
import { day } from './scenario.ts';

type Command = CommandTo<'gateway'>;
type Charge = Extract<Command, { type: 'gateway.charge' }>;
type Change = Exclude<Command, { type: 'gateway.charge' | 'gateway.look-up' }>;
type Reply = ReplyFrom<'gateway'>;

export interface Transaction {
  readonly id: string;
  readonly key: string;
  /** Authorised, then captured. */
  amount: number;
  readonly currency: string;
  /** `asked`: the customer has to confirm the charge; `unconfirmed`: that failed. */
  state: 'asked' | 'unconfirmed' | 'authorized' | 'captured' | 'voided';
  readonly capture: Charge['capture'];
  refunded: number;
  /** What the bank took back in a dispute. */
  lost: number;
}

export interface Bank {
  /** A command arrives. */
  act(command: Command, orderId: string): Reply;
  /** What it did for an order, as the bank itself would show it to a person. */
  transactions(orderId: string): readonly Transaction[];
  /** The customer answers the question whether a charge is right. Undefined: there is no such question. */
  confirm(orderId: string, isRight: boolean): Reply | undefined;
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
  /** Whether the customer has to confirm a charge; left out: never. */
  asksCustomer?(charge: Charge, orderId: string): boolean;
  /** For how long it holds authorised money, in ms, if it says so. */
  readonly holdsForMs?: number;
  /** Called with each line of the ledger as it is written. */
  onEntry?(entry: LedgerEntry): void;
  /** The ledger with which it starts. */
  readonly lines?: readonly LedgerEntry[];
}

export const createBank = (options: BankOptions): Bank => {
  const { now } = options;
  const books = createBooks();
  const { lines, find, byKey } = books;
  for (const entry of options.lines ?? []) books.apply(entry);

  const enter = (entry: Omit<LedgerEntry, 'line' | 'at'>): Reply => {
    const line = { ...entry, line: lines.length + 1, at: now() };
    books.apply(line);
    options.onEntry?.(line);
    return answerAgain(line);
  };
  const answerAgain = (entry: LedgerEntry): Reply => {
    const reply = toReply(entry);
    const { holdsForMs } = options;
    if (reply.type !== 'gateway.authorized' || holdsForMs === undefined) return reply;
    return { ...reply, expiresInMs: Math.max(0, entry.at + holdsForMs - now()) };
  };

  const charge = (command: Charge, orderId: string): Reply => {
    const { key, amount, currency, capture } = command;
    const about = { key, orderId, amount, currency };
    const question = find(orderId, (each) => each.key === key && !byKey.has(key));
    if (question?.state === 'asked') return toQuestion(question);
    if (question !== undefined) return refuse('cancelled');
    if (options.isRefused?.(command, orderId)) return refuse('account-closed');
    if (options.isDeclined?.(command, orderId)) {
      return enter({ ...about, result: 'declined', transactionId: null });
    }
    if (options.asksCustomer?.(command, orderId)) return toQuestion(books.ask(command, orderId));
    const result = capture === 'later' ? 'authorized' : 'charged';
    return enter({ ...about, result, transactionId: `txn-${lines.length + 1}` });
  };

  const change = (command: Change, orderId: string): Reply => {
    const found = find(orderId, ({ id }) => id === command.transactionId);
    if (found === undefined) return refuse('no-such-transaction');
    const problem = findProblem(command, found);
    if (problem !== undefined) return refuse(problem);
    const { id: transactionId, currency } = found;
    const about = { key: command.key, orderId, currency, transactionId };
    if (command.type === 'gateway.void') return enter({ ...about, amount: found.amount, result: 'voided' });
    const result = command.type === 'gateway.refund' ? 'refunded' : 'captured';
    return enter({ ...about, amount: command.amount, result });
  };

  return {
    act: (command, orderId) => {
      const { key } = command;
      const known = byKey.get(key);
      if (command.type === 'gateway.look-up') {
        return lookUp(
          find(orderId, (each) => each.key === key),
          known,
        );
      }
      if (known !== undefined && now() - known.at < day) return answerAgain(known);
      return command.type === 'gateway.charge' ? charge(command, orderId) : change(command, orderId);
    },
    confirm: (orderId, isRight) => {
      const question = find(orderId, ({ state }) => state === 'asked');
      if (question === undefined) return undefined;
      const { id: transactionId, key, amount, currency, capture } = question;
      const about = { key, orderId, amount, currency, transactionId };
      const made = capture === 'later' ? 'authorized' : 'charged';
      return enter({ ...about, result: isRight ? made : 'declined' });
    },
    transactions: books.transactions,
    knows: (key) => byKey.has(key),
    ledger: {
      entries: () =>
        lines.toSorted((one, other) => compareIds(one.orderId, other.orderId) || one.line - other.line),
    },
    lines,
  };
};

/** What the bank remembers: its ledger, and what follows from it; and of its questions only what has become of them. */
const createBooks = () => {
  const lines: LedgerEntry[] = [];
  const byOrder = new Map<string, Transaction[]>();
  const byKey = new Map<string, LedgerEntry>();
  const transactions = (orderId: string) => byOrder.get(orderId) ?? [];
  const add = (orderId: string, made: Omit<Transaction, 'refunded' | 'lost'>): Transaction => {
    const transaction = { ...made, refunded: 0, lost: 0 };
    byOrder.set(orderId, [...transactions(orderId), transaction]);
    return transaction;
  };
  const find = (orderId: string, isIt: (transaction: Transaction) => boolean) =>
    transactions(orderId).find(isIt);
  let questions = 0;
  return {
    lines,
    byKey,
    transactions,
    find,
    /** Nothing is done yet: that is no line of the ledger. */
    ask: ({ key, amount, currency, capture }: Charge, orderId: string): Transaction => {
      questions += 1;
      return add(orderId, { id: `asked-${questions}`, key, amount, currency, capture, state: 'asked' });
    },
    apply: (entry: LedgerEntry): void => {
      const { key, orderId, amount, currency, result, transactionId } = entry;
      lines.push(entry);
      byKey.set(key, entry);
      if (transactionId === null) return;
      const capture = result === 'authorized' ? 'later' : 'at-once';
      const made = find(orderId, ({ id }) => id === transactionId);
      const found =
        made ?? add(orderId, { id: transactionId, key, amount, currency, capture, state: 'asked' });
      found.state = stateAfter[result] ?? found.state;
      if (result === 'refunded') found.refunded += amount;
      if (result === 'captured') found.amount = amount;
    },
  };
};

const stateAfter: { readonly [result in LedgerEntry['result']]?: Transaction['state'] } = {
  charged: 'captured',
  authorized: 'authorized',
  captured: 'captured',
  voided: 'voided',
  declined: 'unconfirmed',
};

/** Why a command is refused; undefined: it is not. */
const findProblem = (command: Change, { state, amount, refunded, lost }: Transaction): string | undefined => {
  if (command.type === 'gateway.refund') {
    const isPossible = state === 'captured' && command.amount <= amount - refunded - lost;
    return isPossible ? undefined : 'nothing-to-refund';
  }
  // What is not confirmed takes no money: it can be called off.
  const isVoidable = command.type === 'gateway.void' && (state === 'asked' || state === 'unconfirmed');
  if (isVoidable) return undefined;
  if (state !== 'authorized') return `already-${state}`;
  return command.type === 'gateway.capture' && command.amount > amount ? 'amount-too-large' : undefined;
};

/** A charge as it is now; the bank's own records outlast its keys. */
const lookUp = (made: Transaction | undefined, entry: LedgerEntry | undefined): Reply => {
  if (made?.state === 'asked') return toQuestion(made);
  if (made === undefined || made.state === 'unconfirmed') {
    return entry === undefined ? { type: 'gateway.absent' } : toReply(entry);
  }
  if (made.state === 'voided') return { type: 'gateway.voided' };
  const { id: transactionId, amount, currency, state } = made;
  const type = state === 'captured' ? 'gateway.charged' : 'gateway.authorized';
  return { type, transactionId, amount, currency };
};

const toQuestion = ({ id: transactionId }: Transaction): Reply => ({
  type: 'gateway.action-required',
  transactionId,
});

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
