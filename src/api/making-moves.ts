// How a move is made: one message to one actor, refused where the chart does not take it, answered once per
// idempotency key. It never decides whether a move is open, and a refused move leaves no trace.
import type { ActorName, Message } from '../../machines/messages.ts';
import { AppError } from '../errors.ts';
import type { Delivery, Idempotency, Move, MoveName, OrderView, Outcome, Receipt } from '../host.ts';
import { type Answer, type Answered, type Once, readKey, toFingerprint } from './idempotency.ts';
import { findOrder } from './orders.ts';
import type { RouteParts } from './parts.ts';
import { readIfMatch } from './preferences.ts';
import { invalid } from './refusals.ts';
import { toMoves, toOrder } from './views.ts';

export interface Asked {
  readonly orderId: string;
  readonly move: MoveName;
  readonly body: unknown;
  readonly headers: { readonly 'idempotency-key'?: string; readonly 'if-match'?: string };
  /** What to send to whom; asked only where the key is new. */
  deliver(): Promise<{ readonly to: ActorName; readonly message: Message }>;
}

/** Gives refusals the addresses of the moves that are open instead. */
const withAddresses = (error: unknown, orderId: string): unknown => {
  if (!(error instanceof AppError) || error.code !== 'move-not-allowed') return error;
  const allowed = error.details['allowed'];
  // The host promises `Move[]` here; the details of an AppError carry no types.
  const isMove = (value: unknown): value is Move =>
    typeof value === 'object' && value !== null && 'move' in value;
  const moves = Array.isArray(allowed) ? allowed.filter(isMove) : [];
  return new AppError(error.code, error.message, { ...error.details, allowed: toMoves(orderId, moves) });
};

/** @throws AppError as `Host.send` does, `invalid-request`, or the problems of idempotency keys. */
export const makeMove = async ({ host }: RouteParts, once: Once, asked: Asked): Promise<Answered> => {
  const { orderId, move, body, headers } = asked;
  const ifVersion = readIfMatch(headers['if-match']);
  const respond = (view: OrderView): Answer => ({
    status: move === 'refunds' ? 201 : 200,
    body: JSON.stringify(toOrder(view)),
  });
  const send = async (idempotency?: Idempotency): Promise<Outcome<Receipt>> => {
    const delivery: Delivery = {
      orderId,
      ...(await asked.deliver()),
      otherwise: 'refuse',
      ...(ifVersion === undefined ? {} : { ifVersion }),
      ...(idempotency === undefined ? {} : { idempotency }),
    };
    return host.send(delivery);
  };
  const finish = (receipt: Receipt, kept: Answer | undefined): Answered => {
    if (receipt.disposition === 'dead') throw new Error(`the charts failed on ${move}: ${receipt.reason}`);
    return { ...(kept ?? respond(receipt.view)), orderId, replayed: false };
  };
  try {
    const header = headers['idempotency-key'];
    if (header === undefined) {
      const outcome = await send();
      if (outcome.outcome === 'replayed') throw new Error('a move without a key was replayed');
      return finish(outcome.result, undefined);
    }
    const use = {
      scope: `orders/${orderId}/${move}`,
      key: readKey(header),
      fingerprint: toFingerprint(`POST /orders/${orderId}/${move}`, body),
    };
    return await once(use, respond, send, finish);
  } catch (error) {
    throw withAddresses(error, orderId);
  }
};

/** The one open `retry` or `resolve` that is meant. */
export const pickParked = async (
  { host }: RouteParts,
  orderId: string,
  move: 'retry' | 'resolve',
  actor: ActorName | undefined,
): Promise<Move & { readonly actor: ActorName }> => {
  const view = await findOrder(host, orderId);
  if (view.unreadable !== undefined) {
    throw new AppError('order-unreadable', `The stored order cannot be read: ${view.unreadable}`);
  }
  const open = view.allowed.flatMap((candidate) =>
    candidate.move === move && candidate.actor !== undefined && candidate.actor === (actor ?? candidate.actor)
      ? [{ ...candidate, actor: candidate.actor }]
      : [],
  );
  const [picked, ...others] = open;
  if (picked === undefined) {
    const of = actor === undefined ? 'No actor of this order' : `The actor ${actor}`;
    throw new AppError('move-not-allowed', `${of} takes ${move} now.`, { allowed: view.allowed });
  }
  if (others.length > 0) {
    const names = open.map((candidate) => candidate.actor).join(', ');
    throw invalid([{ path: '/actor', message: `is needed here; it is one of ${names}` }]);
  }
  return picked;
};

/** @throws AppError `invalid-request` where the move names its outcomes and this is none of them. */
export const checkOutcome = ({ outcomes }: Move, outcome: string): void => {
  if (outcomes === undefined || outcomes.includes(outcome)) return;
  throw invalid([{ path: '/outcome', message: `is one of ${outcomes.join(', ')} here` }]);
};
