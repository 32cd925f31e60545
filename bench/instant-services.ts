// A gateway and a mailer that answer at once and keep their books in memory: every tenth charge is declined.
// They never fail and never write. They exist so that what is measured is Orderchart, and so that the outcome
// of a run can be checked against what was really charged.
import type { ReplyFrom, ShopCall, ShopService } from '../src/shop/services.ts';

export const createInstantGateway = (answerAfterMs: number) => {
  const charged = new Map<string, number>();
  const declined = new Set<string>();
  let charges = 0;
  const answer = ({ command }: ShopCall<'gateway'>): ReplyFrom<'gateway'> => {
    if (command.type !== 'gateway.charge') return { type: 'gateway.absent' };
    const { key, amount, currency, capture } = command;
    charges += 1;
    if (charges % 10 === 0) {
      declined.add(key);
      return { type: 'gateway.declined', code: 'card-declined' };
    }
    const transactionId = `txn-${charges}`;
    if (capture === 'later') return { type: 'gateway.authorized', transactionId, amount, currency };
    charged.set(key, amount);
    return { type: 'gateway.charged', transactionId, amount, currency };
  };
  const service: ShopService<'gateway'> = {
    name: 'gateway',
    place: 'outside',
    keyLifetimeMs: 86_400_000,
    answer: async (call) => {
      if (answerAfterMs > 0) await new Promise((resolve) => setTimeout(resolve, answerAfterMs));
      return answer(call);
    },
  };
  return {
    service,
    books: () => ({
      charged: charged.size,
      declined: declined.size,
      money: charged.values().reduce((sum, amount) => sum + amount, 0),
    }),
  };
};

export const createInstantMailer = () => {
  const sent = new Set<string>();
  const service: ShopService<'mailer'> = {
    name: 'mailer',
    place: 'outside',
    answer: async ({ command }) => {
      sent.add(command.key);
      return { type: 'mailer.sent' };
    },
  };
  return { service, sent: () => sent.size };
};

/** A gateway that takes every charge and never says a word. */
export const silentGateway: ShopService<'gateway'> = {
  name: 'gateway',
  place: 'outside',
  answer: () => new Promise(() => {}),
};
