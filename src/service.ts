// Who acts outside: the contract of the warehouse, the payment gateway and the mailer. A command goes in
// with its idempotency key, a deadline and an abort signal; exactly one reply message comes out. A thrown
// error, a time-out or a malformed answer becomes the reply `…failed` or `…unknown` (`callService`): a
// service's trouble never reaches the host as an exception.
import { z } from 'zod';
import {
  isMessageType,
  type Message,
  type MessageType,
  messages,
  type ServiceName,
  serviceNames,
} from '../machines/messages.ts';
import type { Clock } from './clock.ts';
import { limits } from './config.ts';
import type { Call, Stock } from './store.ts';

/** The commands that a service may be sent, by its name: `warehouse.…`, `gateway.…`, `mailer.send`. */
export type CommandTo<S extends ServiceName> = {
  [K in MessageType]: S extends (typeof messages)[K]['to'][number] ? Message<K> : never;
}[MessageType];

type ReplyMessageFrom<S extends ServiceName> = {
  [K in MessageType]: S extends (typeof messages)[K]['from'][number] ? Message<K> : never;
}[MessageType];
type WithoutAttempt<M> = M extends unknown ? Omit<M, 'key' | 'attempt'> : never;
/** What an adapter returns: the reply without `key` and `attempt`, which are those of the command. */
export type ReplyFrom<S extends ServiceName> = WithoutAttempt<ReplyMessageFrom<S>>;

/** One call as an adapter sees it. The command carries the idempotency key (`command.key`). */
export interface ServiceCall<S extends ServiceName = ServiceName> {
  readonly orderId: string;
  readonly correlationId: string;
  readonly command: CommandTo<S>;
  /** When this call was decided (ms since 1970). */
  readonly at: number;
  /** Aborted when the deadline has passed or the host closes; nobody reads the answer after that. */
  readonly signal: AbortSignal;
}

/** A service that lives elsewhere: called after the commit, at least once, always with the same key. */
export interface OutsideService<S extends ServiceName = ServiceName> {
  readonly name: S;
  readonly place: 'outside';
  /**
   * How long the service remembers an idempotency key, in ms. A command whose key was first used longer
   * ago (less a safety margin) is answered `gateway.unknown` (`…failed` for the other services) with
   * `key-expired` and never sent; a look-up always is.
   */
  readonly keyLifetimeMs?: number;
  answer(call: ServiceCall<S>): Promise<ReplyFrom<S>>;
  close?(): Promise<void>;
}

/** A service that lives in the store: called inside the commit's own transaction. */
export interface InsideService<S extends ServiceName = ServiceName> {
  readonly name: S;
  readonly place: 'inside';
  answer(call: ServiceCall<S>, stock: Stock): Promise<ReplyFrom<S>>;
  close?(): Promise<void>;
}

export type Service<S extends ServiceName = ServiceName> = OutsideService<S> | InsideService<S>;

/** One service for each name, every one of them replaceable. */
export type Services = { readonly [S in ServiceName]: Service<S> };

/** @throws Error for a name that no service has. */
export const serviceOf = (services: Services, name: string): Service => {
  const known = serviceNames.find((each) => each === name);
  if (known === undefined) throw new Error(`there is no service '${name}'`);
  return services[known];
};

/**
 * Makes one call and resolves with the one reply to record. Never rejects: trouble is `gateway.unknown`,
 * `warehouse.failed` or `mailer.failed` with a fixed reason. `undefined` means that `signal` was aborted
 * first (the host closes): nothing is known, and the call is to be given back.
 */
export const callService = async (
  service: OutsideService,
  call: Call,
  {
    clock,
    timeoutMs,
    makeWithinMs,
    signal,
    onError,
  }: {
    readonly clock: Clock;
    readonly timeoutMs: number;
    /** A call is not made any more so long after it was decided. */
    readonly makeWithinMs: number;
    readonly signal: AbortSignal;
    /** Told what the service threw: for the log, never for the order. */
    readonly onError?: (error: unknown) => void;
  },
): Promise<Message | undefined> => {
  const { command } = call;
  const trouble = (reason: Trouble) => toTrouble(service.name, call, reason);
  if (signal.aborted) return undefined;
  if (!isCommandTo(service.name, command)) return trouble('malformed-command');
  if (isKeyTooOld(service, call, clock.now())) return trouble('key-expired');
  if (clock.now() - call.at > makeWithinMs) return trouble('no-answer');

  const first = Promise.withResolvers<Message | undefined>();
  const calling = new AbortController();
  const end = (outcome: Message | undefined) => {
    first.resolve(outcome);
    calling.abort();
  };
  const abandon = () => end(undefined);
  signal.addEventListener('abort', abandon, { once: true });
  const cancelDeadline = clock.schedule(() => end(trouble('no-answer')), timeoutMs);
  const ask = async (): Promise<Message> => {
    try {
      const answer = await service.answer(toServiceCall(call, command, calling.signal));
      return toReply(service.name, command, answer) ?? trouble('malformed-answer');
    } catch (error) {
      onError?.(error);
      return trouble('error');
    }
  };
  ask().then(first.resolve);
  try {
    return await first.promise;
  } finally {
    cancelDeadline();
    signal.removeEventListener('abort', abandon);
  }
};

/**
 * The reply of a service that lives in the store. Whatever the service throws goes through, so that the
 * commit undoes what the order did to the stock.
 * @throws TypeError for a command or an answer that `machines/messages.ts` doesn't allow.
 */
export const answerInside = async (service: InsideService, call: Call, stock: Stock): Promise<Message> => {
  const { command } = call;
  if (!isCommandTo(service.name, command)) {
    throw new TypeError(`${command.type} is not a command to the ${service.name}, or its payload is not`);
  }
  const answer = await service.answer(toServiceCall(call, command, neverAborted), stock);
  const reply = toReply(service.name, command, answer);
  if (!reply) throw new TypeError(`the ${service.name} gave a malformed answer to ${command.type}`);
  return reply;
};

/**
 * Lets an adapter take time: resolves after `milliseconds`, at once for 0.
 * @throws the signal's reason as soon as it is aborted.
 */
export const pause = async (clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> => {
  signal.throwIfAborted();
  if (milliseconds === 0) return;
  const waiting = Promise.withResolvers<void>();
  const giveUp = () => waiting.reject(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  const cancel = clock.schedule(waiting.resolve, milliseconds);
  try {
    await waiting.promise;
  } finally {
    cancel();
    signal.removeEventListener('abort', giveUp);
  }
};

type Trouble = 'no-answer' | 'error' | 'malformed-answer' | 'malformed-command' | 'key-expired';

const neverAborted = new AbortController().signal;

const toServiceCall = (
  { orderId, correlationId, at }: Call,
  command: CommandTo<ServiceName>,
  signal: AbortSignal,
): ServiceCall => ({ orderId, correlationId, command, at, signal });

/** A reply with the command's key and attempt, as the journal's JSON will have it; undefined if malformed. */
const toReply = (
  service: ServiceName,
  { key, attempt }: CommandTo<ServiceName>,
  answer: unknown,
): Message | undefined => {
  const reply = toJson(() => ({ ...(typeof answer === 'object' ? answer : {}), key, attempt }));
  if (!isMessage(reply) || !messages[reply.type].from.some((name) => name === service)) return undefined;
  freezeDeeply(reply);
  return reply;
};

/** A deep copy; undefined for what JSON cannot carry (a circle, a bigint) and for what throws when it is read. */
const toJson = (read: () => object): unknown => {
  try {
    return JSON.parse(JSON.stringify(read()));
  } catch {
    return undefined;
  }
};

const freezeDeeply = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freezeDeeply(part);
};

const toTrouble = (service: ServiceName, { command }: Call, reason: Trouble): Message => {
  const { key } = command;
  const attempt = z.int().positive().catch(1).parse(command['attempt']);
  if (service !== 'gateway') return Object.freeze({ type: `${service}.failed`, key, attempt, reason });
  return Object.freeze({
    type: 'gateway.unknown',
    key,
    attempt,
    reason: reason === 'key-expired' ? reason : 'no-answer',
  });
};

/** A look-up charges nothing, so it stays allowed when the key may be forgotten. */
const isKeyTooOld = ({ keyLifetimeMs }: OutsideService, call: Call, now: number): boolean =>
  keyLifetimeMs !== undefined &&
  call.command.type !== 'gateway.look-up' &&
  now - call.keyFirstUsedAt > keyLifetimeMs - limits.keyMarginMs;

const isCommandTo = (service: ServiceName, value: unknown): value is CommandTo<ServiceName> =>
  isMessage(value) && messages[value.type].to.some((name) => name === service);

/** Whether `value` has a declared type and exactly the payload that this type carries. */
const isMessage = (value: unknown): value is Message => {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  const { type, ...payload } = value;
  return typeof type === 'string' && isMessageType(type) && messages[type].payload.safeParse(payload).success;
};
