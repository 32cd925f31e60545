// The world outside the processes of a simulation: the bank, the mail, and the services through which a process
// reaches them. Money and mail are counted here, at the moment at which they move, and never asked of an order.
import type { LedgerEntry } from '../evidence.ts';
import type { CommandTo, OutsideService } from '../service.ts';
import { type Bank, createBank } from './bank.ts';
import type { Life } from './life.ts';
import { createNetwork, type Network } from './network.ts';
import type { SeededRandom } from './random.ts';
import { day, type Scenario } from './scenario.ts';
import type { Timeline } from './timeline.ts';
import type { Watch } from './watch.ts';

type Command = CommandTo<'gateway'>;

/** What the bank tells unasked: money that it took or set aside. */
export interface Fact {
  readonly entry: LedgerEntry;
  /** It may be there before the answer. */
  readonly isQuick: boolean;
}

export interface World {
  readonly bank: Bank;
  readonly network: Network;
  gatewayFor(life: Life): OutsideService<'gateway'>;
  mailerFor(life: Life): OutsideService<'mailer'>;
  /** Notices that reached the customer of an order, by kind. */
  notices(orderId: string): ReadonlySet<string>;
}

export interface WorldParts {
  readonly timeline: Timeline;
  readonly scenario: Scenario;
  readonly watch: Watch;
  readonly chance: (name: string) => SeededRandom;
  /** The bank wants to tell this. */
  readonly onFact: (fact: Fact) => void;
}

export const createWorld = ({ timeline, scenario, watch, chance, onFact }: WorldParts): World => {
  const { weather, distanceMs, factRate, declineRate } = scenario;
  const network = createNetwork(timeline, chance('network'), weather, distanceMs);
  const moods = chance('moods');
  const money = createMoneyWatch(watch);
  const draws = chance('bank');
  const bank = createBank({
    now: timeline.now,
    isRefused: () => draws.happens(0.01),
    isDeclined: () => draws.happens(declineRate),
    onEntry: (entry) => {
      watch.trace(`bank ${entry.result} ${entry.key} ${entry.amount}`);
      money.note(entry);
      if (entry.result !== 'charged' && entry.result !== 'authorized') return;
      if (factRate > 0) onFact({ entry, isQuick: moods.happens(factRate) });
    },
  });
  const notices = new Map<string, Set<string>>();
  const sentKeys = new Set<string>();
  /** Charges that took effect while nobody heard of it. */
  const unheard = new Set<string>();

  const askBank = (life: Life, command: Command, orderId: string) =>
    network.ask(
      () => {
        if (!watch.decided(command.key)) watch.violate(`the bank was asked ${command.key} before a commit`);
        if (unheard.has(command.key)) watch.saw('time-out-then-same-key');
        const reply = bank.act(command, orderId);
        life.passBy('call.after-effect', command.type);
        return reply;
      },
      () => {
        if (command.type === 'gateway.refund') watch.saw('refund-without-answer');
        if (command.type === 'gateway.charge' && bank.knows(command.key)) unheard.add(command.key);
      },
    );

  return {
    bank,
    network,
    gatewayFor: (life) => ({
      name: 'gateway',
      place: 'outside',
      keyLifetimeMs: day,
      answer: ({ command, orderId }) =>
        life.hear(async () => {
          if (moods.happens(weather.failing)) return { type: 'gateway.failed', reason: 'technical-failure' };
          const reply = await askBank(life, command, orderId);
          if (moods.happens(weather.nonsense)) throw new Error('the bank answers nonsense');
          return reply;
        }),
    }),
    mailerFor: (life) => ({
      name: 'mailer',
      place: 'outside',
      answer: ({ command, orderId }) =>
        life.hear(async () => {
          if (moods.happens(weather.failing)) return { type: 'mailer.failed', reason: 'busy' };
          await network.ask(
            () => {
              if (!sentKeys.has(command.key)) {
                sentKeys.add(command.key);
                const told = notices.get(orderId) ?? new Set();
                notices.set(orderId, told.add(command.notice));
                watch.trace(`mail ${command.notice} ${orderId}`);
                const isPaid = bank.transactions(orderId).some(({ state }) => state === 'captured');
                if (command.notice === 'confirmation' && !isPaid)
                  watch.violate(`${orderId} was confirmed before it was paid`);
              }
              life.passBy('call.after-effect', command.type);
            },
            () => {},
          );
          return { type: 'mailer.sent' };
        }),
    }),
    notices: (orderId) => notices.get(orderId) ?? new Set(),
  };
};

/** Nobody is charged twice, or for more than the order. */
const createMoneyWatch = (watch: Watch) => {
  const accounts = new Map<string, { taken: number; standing: number }>();
  return {
    note: ({ orderId, result, amount }: LedgerEntry): void => {
      const account = accounts.get(orderId) ?? { taken: 0, standing: 0 };
      accounts.set(orderId, account);
      if (result === 'charged' || result === 'captured') account.taken += amount;
      if (result === 'charged' || result === 'authorized') account.standing += 1;
      if (result === 'voided') account.standing -= 1;
      if (result === 'refunded') account.taken -= amount;
      if (account.taken === 0 && result === 'refunded') account.standing -= 1;
      const total = watch.order(orderId)?.amount ?? 0;
      if (account.taken > total || account.taken < 0 || account.standing > 1) {
        watch.violate(
          `${orderId} is charged ${account.taken} of ${total}, ${account.standing} charges stand`,
        );
      }
    },
  };
};
