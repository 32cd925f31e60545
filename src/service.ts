// Who acts outside: the contract of services such as a warehouse, a payment gateway or a mailer. A command goes
// in with its idempotency key, a deadline and an abort signal; exactly one reply message comes out. A thrown
// error, a time-out or a malformed answer becomes the reply that the application declares for it: a service's
// failure never reaches the host as an exception.
import type { IncomingHttpHeaders } from 'node:http';
import type { AnyEventObject } from 'xstate';
import { z } from 'zod';
import type { Application, CallFailure, Messages, Reply, Rows, ServiceDeclaration } from './application.ts';
import type { Clock } from './clock.ts';
import { limits } from './limits.ts';
import { isCommandTo, toReply } from './service-messages.ts';
import type { Call } from './step/effect.ts';
import type { TracedCall, TraceHeaders } from './tracing.ts';

/** A command as a service gets it. */
export type Command = Readonly<{ type: string; key: string } & Record<string, unknown>>;

/** One call as an adapter sees it. The command carries the idempotency key (`command.key`). */
export interface ServiceCall<C = Command> {
  readonly orderId: string;
  readonly correlationId: string;
  readonly command: C;
  /** When this call was decided (ms since 1970). */
  readonly at: number;
  /** The answer is not read after that (ms since 1970). Left out: the service lives in the store. */
  readonly deadline?: number;
  /** The command changes nothing at the service: its key names what it asks about. */
  readonly readsOnly?: true;
  /** When the command's key was first decided on (ms since 1970). Left out: with this call. */
  readonly keyFirstUsedAt?: number;
  /** Aborted when the deadline has passed or the host closes; the answer is not read after that. */
  readonly signal: AbortSignal;
  /** For an adapter to send with its request, so that the service's own spans join the order's trace. Absent while nothing is traced. */
  readonly traceHeaders?: TraceHeaders;
}

/** A service that lives elsewhere: called after the commit, at least once, always with the same key. */
export interface OutsideService<C = Command, R = Reply> {
  readonly name: string;
  readonly place: 'outside';
  /**
   * How long the service remembers an idempotency key, in ms. A command whose key was first used longer ago
   * (less a safety margin) is never sent, and gets the reply for `key-expired`; one that only reads is sent.
   */
  readonly keyLifetimeMs?: number;
  /** @param call its command is one that the application declares for this service. */
  answer(call: ServiceCall<C>): Promise<R>;
  /** Rejects if calls cannot take effect now, as far as that is known here: with an AppError that everyone may read. */
  check?(): Promise<void>;
  /** Why the service did not sign a request that brings a fact; undefined: it did. Left out: it sends no facts. */
  whyUnsigned?(headers: IncomingHttpHeaders, body: Buffer): string | undefined;
  close?(): Promise<void>;
}

/**
 * Thrown by an adapter that knows for certain that its call had no effect, and never will: the connection was refused, for
 * example. Anything else that it throws says nothing of that. `reason` is recorded with the order: a fixed word.
 */
export class NotDone extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(`the call was not made: ${reason}`);
    this.name = 'NotDone';
    this.reason = reason;
  }
}

/** A service that lives in the store: it answers while a batch is decided, from the application's rows. */
export interface InsideService<C = Command, R = Reply> {
  readonly name: string;
  readonly place: 'inside';
  answer(call: ServiceCall<C>, rows: Rows): R;
  close?(): Promise<void>;
}

export type Service<C = Command, R = Reply> = OutsideService<C, R> | InsideService<C, R>;

/** One service for each name that the application's charts may send commands to. */
export type Services = Readonly<Record<string, Service>>;

/** @throws Error for a name that no service has. */
export const serviceOf = (services: Services, name: string): Service => {
  const service = Object.hasOwn(services, name) ? services[name] : undefined;
  if (service === undefined) throw new Error(`there is no service '${name}'`);
  return service;
};

/** What calls need to know of an application. */
export type CallRules = Pick<Application, 'messages' | 'services'>;

/** How one call is made. */
export interface CallOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** A call is not made when it was decided longer ago. */
  readonly makeWithinMs: number;
  readonly signal: AbortSignal;
  /** Gets what the service threw: for the log, never for the order. */
  readonly onError?: (error: unknown) => void;
  /** Gets why there is no usable answer. */
  readonly onFailure?: NoteFailure;
  readonly traced?: TracedCall | undefined;
}

/** `why` is a fixed word that says more: the reason of NotDone, or `too-late` for a call that was not made any more. */
export type NoteFailure = (failure: CallFailure, why?: string) => void;

/** The reason of NotDone when the service could not be reached at all: it counts as its outage. */
export const notConnected = 'not-connected';

/**
 * Makes one call and resolves with the one reply to record. Never rejects: a failure is the reply that its
 * service declares for it. `undefined` means that `signal` was aborted first (the host closes): nothing is known,
 * and the call is to be given back.
 */
export const callService = async (
  rules: CallRules,
  service: OutsideService,
  call: Call,
  options: CallOptions,
): Promise<AnyEventObject | undefined> => {
  let failure: CallFailure | undefined;
  const onFailure: NoteFailure = (found, why) => {
    if (failure === undefined) options.onFailure?.(found, why);
    failure ??= found;
  };
  const reply = await makeCall(rules, service, call, { ...options, onFailure });
  options.traced?.end(reply?.type, failure);
  return reply;
};

const makeCall = async (
  rules: CallRules,
  service: OutsideService,
  call: Call,
  { clock, timeoutMs, makeWithinMs, signal, onError, onFailure, traced }: CallOptions,
): Promise<AnyEventObject | undefined> => {
  const { command } = call;
  const { messages } = rules;
  const fail = (failure: CallFailure, why?: string) => {
    onFailure?.(failure, why);
    return toFailure(rules, service.name, call, failure);
  };
  if (signal.aborted) return undefined;
  if (!isCommandTo(messages, service.name, command)) return fail('malformed-command');
  if (isKeyTooOld(messages, service, call, clock.now())) return fail('key-expired');
  if (clock.now() - call.at > makeWithinMs) return fail('no-answer', tooLate);

  const first = Promise.withResolvers<AnyEventObject | undefined>();
  const calling = new AbortController();
  const end = (outcome: AnyEventObject | undefined) => {
    first.resolve(outcome);
    calling.abort();
  };
  const abandon = () => end(undefined);
  signal.addEventListener('abort', abandon, { once: true });
  const deadline = clock.now() + timeoutMs;
  const cancelDeadline = clock.schedule(() => end(fail('no-answer')), timeoutMs);
  const ask = async (): Promise<AnyEventObject> => {
    try {
      const asked = {
        ...toServiceCall(call, calling.signal, traced?.headers),
        deadline,
        ...(messages[command.type]?.call?.readsOnly === true && { readsOnly: true as const }),
      };
      const answer = await (traced ? traced.run(() => service.answer(asked)) : service.answer(asked));
      return toReply(messages, service.name, command, answer) ?? fail('malformed-answer');
    } catch (error) {
      onError?.(error);
      if (!(error instanceof NotDone)) return fail('error');
      onFailure?.('error', error.reason);
      return toNotDone(rules, service.name, call, error.reason);
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
 * The reply of a service that lives in the store. Whatever the service throws goes through, so that the decision
 * drops what the order did to the rows.
 * @throws TypeError for a command or an answer that the application does not declare.
 */
export const answerInside = (
  messages: Messages,
  service: InsideService,
  call: Call,
  rows: Rows,
): AnyEventObject => {
  const { command } = call;
  if (!isCommandTo(messages, service.name, command)) {
    throw new TypeError(`${command.type} is not a command to the ${service.name}, or its payload is not`);
  }
  const answer = service.answer(toServiceCall(call, neverAborted), rows);
  const reply = toReply(messages, service.name, command, answer);
  if (!reply) throw new TypeError(`the ${service.name} gave a malformed answer to ${command.type}`);
  return reply;
};

/**
 * The reply to a call that may have been made before. A reply that only says that this try failed says nothing
 * about the first, which may still take effect: it becomes the reply for an unknown outcome.
 */
export const toUnknownOutcome = (rules: CallRules, call: Call, reply: AnyEventObject): AnyEventObject => {
  const isDoubtful = rules.services[call.service]?.doubtful?.includes(reply.type) ?? false;
  return isDoubtful ? toFailure(rules, call.service, call, 'no-answer') : reply;
};

/** The reply to a call of which it is not known whether it was made. */
export const toNoAnswer = (rules: CallRules, call: Call): AnyEventObject =>
  toFailure(rules, call.service, call, 'no-answer');

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

/** Why a call was not made: its order may have given it up. */
export const tooLate = 'too-late';

const callFailures: readonly CallFailure[] = [
  'no-answer',
  'error',
  'malformed-answer',
  'malformed-command',
  'key-expired',
];

/** The replies of a service that stand for a failure of its own; what it refuses is not among them. */
export const findOwnFailures = ({ noAnswer, notDone }: ServiceDeclaration): ReadonlySet<string> =>
  new Set([...callFailures.map((failure) => noAnswer(failure).type), ...(notDone ? [notDone('').type] : [])]);

/** The replies that say that a call failed: that it has no outcome, or none that is known. */
export const findFailureReplies = (services: CallRules['services']): ReadonlySet<string> =>
  new Set(
    Object.values(services).flatMap((declared) => [
      ...findOwnFailures(declared),
      ...(declared.doubtful ?? []),
    ]),
  );

const neverAborted = new AbortController().signal;

const toServiceCall = (
  { orderId, correlationId, at, keyFirstUsedAt, command }: Call,
  signal: AbortSignal,
  traceHeaders?: TraceHeaders,
): ServiceCall => ({
  orderId,
  correlationId,
  command,
  at,
  keyFirstUsedAt,
  signal,
  ...(traceHeaders && { traceHeaders }),
});

/** @throws Error for a service that the application does not declare. */
const toFailure = (
  { services }: CallRules,
  service: string,
  { command: { key, attempt } }: Call,
  failure: CallFailure,
): AnyEventObject => {
  const declared = services[service];
  if (declared === undefined) throw new Error(`there is no service '${service}'`);
  const tries = z.int().positive().catch(1).parse(attempt);
  return Object.freeze({ ...declared.noAnswer(failure), key, attempt: tries });
};

/** A service that has no reply for a call without effect answers as for any error. */
const toNotDone = (rules: CallRules, service: string, call: Call, reason: string): AnyEventObject => {
  const failed = toFailure(rules, service, call, 'error');
  const declared = rules.services[service]?.notDone?.(reason);
  return declared === undefined
    ? failed
    : Object.freeze({ ...declared, key: failed['key'], attempt: failed['attempt'] });
};

const isKeyTooOld = (
  messages: Messages,
  { keyLifetimeMs }: OutsideService,
  { command: { type }, keyFirstUsedAt }: Call,
  now: number,
): boolean =>
  keyLifetimeMs !== undefined &&
  messages[type]?.call?.readsOnly !== true &&
  now - keyFirstUsedAt > keyLifetimeMs - limits.keyMarginMs;
