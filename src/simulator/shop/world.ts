// The world outside the processes of a simulation: the bank, the mail, and the services through which a process reaches
// them. Money and mail are counted here, when they move, and never asked of an order.
import type { Message } from '../../../machines/messages.ts';
import type { LedgerEntry } from '../../shop/audit/gateway-ledger.ts';
import type { CommandTo, ShopService } from '../../shop/services.ts';
import { createNetwork, type Network } from '../network.ts';
import type { Process } from '../process.ts';
import { type Bank, createBank } from './bank.ts';
import { type CardHolderParts, createCardHolders } from './card-holders.ts';
import { createDisputes, type Disputes } from './disputes.ts';
import type { OrderMonitor } from './order-monitor.ts';
import { day } from './scenario.ts';

export interface World {
  readonly bank: Bank;
  readonly disputes: Disputes;
  readonly network: Network;
  gatewayFor(process: Process): ShopService<'gateway'>;
  mailerFor(process: Process): ShopService<'mailer'>;
  /** Notices that reached the customer of an order, such as `confirmation/1` and `refund-notice/REFUND`. */
  notices(orderId: string): ReadonlySet<string>;
  /** Whether all that the customer has to be told so far was. */
  isNotified(orderId: string): boolean;
}

export interface WorldParts extends CardHolderParts {
  readonly monitor: OrderMonitor;
}

export const createWorld = (parts: WorldParts): World => {
  const { timeline, scenario, monitor, random, onWebhook } = parts;
  const { rates, distanceMs, webhookRate, declineRate } = scenario;
  const network = createNetwork(timeline, random('network'), rates, distanceMs);
  const draws = random('services');
  const noteMoney = createMoneyChecks(monitor);
  const decisions = random('bank');
  const bank = createBank({
    now: timeline.now,
    isRefused: () => decisions.happens(0.01),
    isDeclined: () => decisions.happens(declineRate),
    onEntry: (entry) => {
      monitor.trace(`bank ${entry.result} ${entry.key} ${entry.amount}`);
      noteMoney(entry);
      people.noteEntry(entry);
      const message = toReport(entry);
      if (message === undefined || webhookRate === 0) return;
      const { orderId, line } = entry;
      onWebhook({ orderId, name: String(line), message, isQuick: draws.happens(webhookRate) });
    },
    asksCustomer: (_, orderId) => people.isAsked(orderId),
  });
  const disputes = createDisputes(bank);
  const people = createCardHolders(parts, bank, disputes);
  const mail = createMail(monitor, bank, people.wasAsked);
  /** Charges that took effect, with their answers lost. */
  const unanswered = new Set<string>();

  const askBank = (process: Process, command: CommandTo<'gateway'>, orderId: string) =>
    network.ask(
      () => {
        const { key } = command;
        if (!monitor.hasDecided(key)) monitor.violate(`the bank was asked ${key} before a commit`);
        if (unanswered.has(key)) monitor.saw('timeout-then-same-key');
        const reply = bank.act(command, orderId);
        process.reachElsewhere('call.after-effect', command.type);
        return reply;
      },
      () => {
        if (command.type === 'gateway.refund') monitor.saw('refund-without-answer');
        if (command.type === 'gateway.charge' && bank.knows(command.key)) unanswered.add(command.key);
      },
    );

  return {
    bank,
    disputes,
    network,
    gatewayFor: (process) => ({
      name: 'gateway',
      place: 'outside',
      keyLifetimeMs: day,
      answer: ({ command, orderId }) =>
        process.receive(async () => {
          if (draws.happens(rates.serviceFailed)) {
            return { type: 'gateway.failed', reason: 'technical-failure' };
          }
          const reply = await askBank(process, command, orderId);
          if (draws.happens(rates.answerMalformed)) throw new Error('the answer of the bank cannot be read');
          return reply;
        }),
    }),
    mailerFor: (process) => ({
      name: 'mailer',
      place: 'outside',
      answer: ({ command, orderId }) =>
        process.receive(async () => {
          if (draws.happens(rates.serviceFailed)) return { type: 'mailer.failed', reason: 'busy' };
          const act = () => {
            mail.send(command, orderId);
            process.reachElsewhere('call.after-effect', command.type);
          };
          await network.ask(act, () => {});
          return { type: 'mailer.sent' };
        }),
    }),
    notices: mail.notices,
    isNotified: (orderId) => {
      const sent = mail.notices(orderId);
      return [...monitor.noticesDue(orderId)].every((each) => sent.has(each));
    },
  };
};

/** What the bank reports by webhook of what it did; undefined: nothing. */
const toReport = ({ key, amount, currency, transactionId, result }: LedgerEntry): Message | undefined => {
  if (result !== 'charged' && result !== 'authorized') return undefined;
  const about = { key, attempt: 1, transactionId: String(transactionId), amount, currency };
  return { type: `gateway.${result}`, ...about };
};

/** A mailer that sends once for each key. */
const createMail = (monitor: OrderMonitor, bank: Bank, wasAsked: (orderId: string) => boolean) => {
  const sent = new Map<string, Set<string>>();
  const keys = new Set<string>();
  /** What customers were told that they got back, by order. */
  const told = new Map<string, number>();
  const checkTruth = ({ notice, refund }: CommandTo<'mailer'>, orderId: string): void => {
    const made = bank.transactions(orderId);
    if (notice === 'confirmation' && !made.some(({ state }) => state === 'captured')) {
      monitor.violate(`${orderId} was confirmed before it was paid`);
    }
    if (notice === 'payment-action' && !wasAsked(orderId)) {
      monitor.violate(`${orderId} was to be confirmed, and the bank did not ask for that`);
    }
    if (notice !== 'refund') return;
    const refunds = (told.get(orderId) ?? 0) + (refund?.amount ?? 0);
    told.set(orderId, refunds);
    const refunded = made.reduce((sum, each) => sum + each.refunded, 0);
    if (refunds > refunded) monitor.violate(`${orderId} was told of ${refunds} refunded, not ${refunded}`);
  };
  return {
    send: (command: CommandTo<'mailer'>, orderId: string): void => {
      const { key, notice } = command;
      if (keys.has(key)) return;
      keys.add(key);
      const notices = sent.get(orderId) ?? new Set();
      sent.set(orderId, notices.add(key.slice(orderId.length + 1)));
      monitor.trace(`mail ${notice} ${orderId}`);
      checkTruth(command, orderId);
    },
    notices: (orderId: string): ReadonlySet<string> => sent.get(orderId) ?? new Set(),
  };
};

/** Nobody is charged twice, or for more than the order. */
const createMoneyChecks = (monitor: OrderMonitor) => {
  const accounts = new Map<string, { taken: number; standing: number }>();
  return ({ orderId, result, amount }: LedgerEntry): void => {
    const account = accounts.get(orderId) ?? { taken: 0, standing: 0 };
    accounts.set(orderId, account);
    if (result === 'charged' || result === 'captured') account.taken += amount;
    if (result === 'charged' || result === 'authorized') account.standing += 1;
    if (result === 'voided') account.standing -= 1;
    if (result === 'refunded') account.taken -= amount;
    if (account.taken === 0 && result === 'refunded') account.standing -= 1;
    const { taken, standing } = account;
    const total = monitor.amountOf(orderId);
    if (taken > total || taken < 0 || standing > 1) {
      monitor.violate(`${orderId} is charged ${taken} of ${total}, with ${standing} open charges`);
    }
  };
};
