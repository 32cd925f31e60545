// A payment gateway for trials: charges, authorises, captures, voids and refunds in a ledger file of its
// own. It never moves real money and never touches the store, so that the ledger is an independent witness
// of what orders did. It exists to make declines, refusals, lost answers and crashes happen on purpose, by seed.
import { type Clock, toIsoTime } from '../clock.ts';
import { pause } from '../service.ts';
import type { AwaitedPayment, Gateway } from '../shop/services.ts';
import {
  createBook,
  isRepeated,
  type Operation,
  type Reply,
  refuse,
  toChargeEntry,
  toHash,
  toReply,
} from './gateway-book.ts';
import { type Entry, openLedger } from './gateway-ledger.ts';

interface Simulation {
  /** One JSON line for each operation that took effect. Its folder is made if it is missing. */
  readonly ledgerPath: string;
  /** Same seed, same outcome for each key (declined, refused, to be confirmed or not) and attempt (fails, stays silent or answers). */
  readonly seed: string;
  /** From an operation's effect to its answer. */
  readonly delayMs: number;
  /** Share of charges, 0 to 1, that the bank declines. */
  readonly declineRate: number;
  /** Share of operations that take effect and never answer. */
  readonly timeoutRate: number;
  /** Share of operations that fail without effect. */
  readonly errorRate: number;
  /** Share of captures, voids and refunds that are refused for good. Left out: 0. */
  readonly refuseRate?: number;
  /** Share of charges that their customer has to confirm. Left out: 0. */
  readonly actionRate?: number;
  readonly clock: Clock;
}

/** Besides a gateway's own: the customer is played. */
type SimulatedGateway = Gateway & Required<Pick<Gateway, 'paymentAction' | 'playCustomer'>>;

/**
 * Opens the ledger, so that keys are remembered over restarts; a line torn by a crash is cut off.
 * @throws AppError `invalid-setting` where any other line is not a ledger entry.
 */
export const createSimulatedGateway = async (simulation: Simulation): Promise<SimulatedGateway> => {
  const {
    seed,
    delayMs,
    declineRate,
    timeoutRate,
    errorRate,
    refuseRate = 0,
    actionRate = 0,
    clock,
  } = simulation;
  const ledger = await openLedger(simulation.ledgerPath);
  const book = createBook(ledger.entries);
  const happens = (rate: number, ...about: readonly (string | number)[]) => toShare([seed, ...about]) < rate;
  const note = (entry: Entry): Reply => {
    book.enter(entry);
    ledger.append(entry);
    return toReply(entry);
  };
  const answerTo = (key: string) => {
    if (happens(declineRate, 'decline', key)) return 'declined';
    return happens(actionRate, 'action', key) ? 'action-required' : 'taken';
  };

  const carryOut = (command: Operation, orderId: string): Reply => {
    const { type, key, attempt } = command;
    const known = book.find(key);
    if (known) return isRepeated(known, command, orderId) ? toReply(known) : refuse('key-reused');
    if (happens(errorRate, 'error', key, attempt)) {
      return { type: 'gateway.failed', reason: 'technical-failure' };
    }
    const noted = { at: toIsoTime(clock.now()), key, orderId };
    if (type === 'gateway.charge') return note(toChargeEntry(command, noted, answerTo(key)));
    if (happens(refuseRate, 'refuse', key)) return refuse('refused-by-bank');
    const entry = book.judge(command, noted);
    return typeof entry === 'string' ? refuse(entry) : note(entry);
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
        type !== 'gateway.look-up' &&
        reply.type !== 'gateway.failed' &&
        reply.type !== 'gateway.refused' &&
        happens(timeoutRate, 'timeout', key, command.attempt);
      await pause(clock, silent ? Number.POSITIVE_INFINITY : delayMs, signal);
      return reply;
    },
    paymentAction: async ({ orderId, transactionId }: AwaitedPayment) => {
      if (book.findAwaited(orderId, transactionId) === undefined) return undefined;
      const secret = toHash(JSON.stringify([seed, 'secret', transactionId]))
        .toString('hex')
        .slice(0, 24);
      return { provider: 'simulated', clientSecret: `${transactionId}_secret_${secret}` };
    },
    playCustomer: async ({ orderId, transactionId }, confirms) => {
      const awaited = book.findAwaited(orderId, transactionId);
      if (awaited === undefined) return undefined;
      const reply = note(toConfirmed({ ...awaited, at: toIsoTime(clock.now()) }, confirms));
      await ledger.written();
      return { key: awaited.key, reply };
    },
    check: () => ledger.check(),
    close: () => ledger.close(),
  };
};

/** What becomes of a charge when its customer has confirmed it, or has not. */
const toConfirmed = (awaited: Entry & { readonly result: 'action-required' }, confirms: boolean): Entry => {
  const { operation } = awaited;
  if (!confirms) return { ...awaited, result: 'declined', transactionId: null };
  return operation === 'authorize'
    ? { ...awaited, operation, result: 'authorized' }
    : { ...awaited, operation, result: 'charged' };
};

/** A number from 0 up to 1 that depends on nothing but `about`: no order of arrival can change it. */
const toShare = (about: readonly (string | number)[]): number =>
  toHash(JSON.stringify(about)).readUIntBE(0, 6) / 2 ** 48;
