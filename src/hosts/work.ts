// The kinds of work that a committer does on an order: place it, take a message in, take a reply in, ring its
// due deadlines. Each knows how to step its messages and what to answer after the commit; none writes.
import type { Message } from '../../machines/messages.ts';
import type { Ids } from '../clock.ts';
import { type Settings, toPolicy } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Delivery, Idempotency, Outcome, Placement, Receipt } from '../host.ts';
import { answerInside, type Services, serviceOf } from '../service.ts';
import { type OrderView, toView } from '../step/view.ts';
import type { Call } from '../store.ts';
import type { Session } from './session.ts';
import type { Work } from './taken.ts';

type Done<T> = PromiseWithResolvers<T>;

const neverReplayed = (): never => {
  throw new Error('this work has no idempotency key');
};

const viewOf = (session: Session): OrderView =>
  toView(session.orderId, session.chartVersion, session.state());

/** Notes the answer that the key will stand for, as it will be sent. */
const remember = (session: Session, idempotency: Idempotency | undefined, view: OrderView): void => {
  if (idempotency === undefined) return;
  const { scope, key, fingerprint, respond } = idempotency;
  session.remember({ scope, key, fingerprint, orderId: session.orderId, at: session.at, ...respond(view) });
};

/** Places a new order. */
export const placeWork = (
  {
    orderId,
    placement,
    idempotency,
    settings,
    ids,
  }: {
    readonly orderId: string;
    readonly placement: Placement;
    readonly idempotency: Idempotency | undefined;
    readonly settings: Settings;
    readonly ids: Ids;
  },
  done: Done<Outcome<OrderView>>,
): Work => {
  const messageId = ids.next();
  const { customerId, email, currency, items, amount } = placement;
  const policy = toPolicy(settings);
  const message = { type: 'order.place', orderId, customerId, email, currency, items, amount, policy };
  return {
    kind: 'accept',
    orderId,
    places: messageId,
    alone: true,
    perform: async (session) => {
      const { at } = session;
      const result = session.attempt({
        kind: 'message',
        orderId,
        at,
        messageId,
        to: 'order',
        message,
        causationId: null,
      });
      if (result?.received.disposition !== 'applied')
        throw new Error(`order.place came to ${result?.received.reason}`);
      await session.accept(result);
      const view = viewOf(session);
      remember(session, idempotency, view);
      return () => done.resolve({ outcome: 'done', result: view });
    },
    replay: (record) => done.resolve({ outcome: 'replayed', record }),
    reject: done.reject,
  };
};

/** Takes a message from outside in: a person's move, or a fact from a service. */
export const deliverWork = (
  delivery: Delivery & { readonly messageId: string },
  done: Done<Outcome<Receipt>>,
): Work => {
  const { orderId, to, message, messageId, ifVersion, otherwise, idempotency } = delivery;
  const answer = (receipt: Receipt) => () => done.resolve({ outcome: 'done', result: receipt });
  return {
    kind: otherwise === 'refuse' ? 'move' : 'fact',
    orderId,
    alone: idempotency !== undefined,
    perform: async (session) => {
      const { version } = session.state();
      if (ifVersion !== undefined && ifVersion !== version) {
        throw new AppError('version-mismatch', `The order has version ${version}, not ${ifVersion}.`, {
          version,
        });
      }
      if (await session.hasReceived(messageId)) {
        return answer({ disposition: 'duplicate', reason: 'it was received before', view: viewOf(session) });
      }
      const { at } = session;
      const result = session.attempt({
        kind: 'message',
        orderId,
        at,
        messageId,
        to,
        message,
        causationId: null,
      });
      if (result === undefined) throw new Error('a message always comes to something');
      const { disposition, reason } = result.received;
      if (otherwise === 'refuse' && disposition === 'ignored') {
        throw new AppError('move-not-allowed', `${message.type} is not taken now: ${reason}.`, {
          allowed: viewOf(session).allowed,
        });
      }
      await session.accept(result);
      const view = viewOf(session);
      // What came to nothing is no answer to keep: the key stays free for the next try.
      if (disposition !== 'dead') remember(session, idempotency, view);
      return answer({ disposition, reason, view });
    },
    replay: (record) => done.resolve({ outcome: 'replayed', record }),
    reject: done.reject,
  };
};

/** Takes the reply to a call in. A reply to a call that was answered before changes nothing. */
export const replyWork = ({ orderId, callId }: Call, message: Message, done: Done<void>): Work => ({
  kind: 'reply',
  orderId,
  alone: false,
  perform: async (session) => {
    const result = session.attempt({ kind: 'reply', orderId, at: session.at, callId, message });
    if (result) await session.accept(result);
    return done.resolve;
  },
  replay: neverReplayed,
  reject: done.reject,
});

/** Answers a call that was decided for an outside service which lives in the store now. */
export const insideCallWork = (services: Services, call: Call, done: Done<void>): Work => ({
  kind: 'reply',
  orderId: call.orderId,
  alone: false,
  perform: async (session) => {
    const service = serviceOf(services, call.service);
    if (service.place !== 'inside') throw new Error(`${call.service} does not live in the store`);
    const message = await answerInside(service, call, session.context.stock);
    const { orderId, callId } = call;
    const result = session.attempt({ kind: 'reply', orderId, at: session.at, callId, message });
    if (result) await session.accept(result);
    return done.resolve;
  },
  replay: neverReplayed,
  reject: done.reject,
});

/** Rings the deadlines of an order that are due, in the order in which they fell due. */
export const dueWork = (orderId: string, done: Done<void>): Work => ({
  kind: 'deadline',
  orderId,
  alone: false,
  perform: async (session) => {
    const { at } = session;
    const due = [...session.state().deadlines]
      .filter(([, { dueAt }]) => dueAt <= at)
      .sort(([, a], [, b]) => a.dueAt - b.dueAt);
    for (const [key, { dueAt }] of due) {
      // One that an earlier one cleared, or set anew, is not there any more: nothing is recorded of it.
      const result = session.attempt({ kind: 'deadline', orderId, at, key, dueAt });
      if (result) await session.accept(result);
    }
    return done.resolve;
  },
  replay: neverReplayed,
  reject: done.reject,
});
