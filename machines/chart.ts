// What the four charts share: sending messages, the states of a call to a service with its retries and its
// incident, and the notes that states carry for people. It knows no order: what a call is for, and what
// follows from its answers, is said by each chart.
import { type AnyActorRef, and, emit, enqueueActions, type MachineContext, sendTo } from 'xstate';
import type { Declarations, MessageFor, ReceiverOf } from './catalogue.ts';
import type { Message, MessageType, messages, Retrying } from './messages.ts';

/** What a state has for people, besides its `description`. */
export interface ChartNotes<Type extends string = MessageType> {
  /** Why a message is ignored here if no transition takes it. Inner states inherit the reason. */
  readonly ignores?: { readonly [T in Type]?: string };
  /** An incident: why, and the outcomes that `incident.resolve` may name. */
  readonly incident?: { readonly reason: string; readonly text: string };
  readonly outcomes?: readonly string[];
  /**
   * The service that the state's deadlines wait for: while it is paused, or its circuit is open, they are postponed instead of
   * firing. Not for deadlines that others set, such as the end of an authorisation.
   */
  readonly waitsFor?: string;
  /**
   * An objective: this share of the orders (0.95) leaves the state in this time. For a state of the order chart without inner
   * states. It is measured, exported and drawn, and decides nothing.
   */
  readonly slo?: { readonly share: number; readonly withinMs: number };
}

interface ChartInput<Context, Received> {
  context: Context;
  event: Received;
}

interface Receivable {
  readonly type: string;
  readonly key?: string;
  readonly attempt?: number;
  readonly outcome?: string;
  readonly note?: string | undefined;
}

type EventOf<D extends Declarations> = MessageFor<D, 'journal'>;
type Unnamed<T> = T extends unknown ? Omit<T, 'actor'> : never;
type IncidentEvent = Message<'incident.opened' | 'incident.closed'>;

/**
 * What the chart of `actor` is built with, typed for its context and the messages that it receives. `Known` are the messages
 * of the application that it is a part of: the shop's, unless it extends the shop. `service`: the one that its `callStates`
 * call.
 */
export const chartParts = <
  Context extends MachineContext,
  Received extends Receivable,
  Known extends Declarations = typeof messages,
>(
  actor: ReceiverOf<Known>,
  service?: string,
) => ({
  /** Sends a message to an actor of the order system, or a command to a service. */
  tell: <To extends ReceiverOf<Known>>(
    to: To,
    toMessage: (input: ChartInput<Context, Received>) => MessageFor<Known, To>,
  ) =>
    sendTo<Context, Received, undefined, AnyActorRef, Received, never, never>(
      ({ system }) => system.get(to),
      toMessage,
    ),
  /** Emits a domain event, which the journal keeps. */
  announce: (toMessage: (input: ChartInput<Context, Received>) => EventOf<Known>) =>
    emit<Context, Received, undefined, Received, EventOf<Known>>(toMessage),
  /** Emits a domain event and sends the same message to the order. */
  report: (
    toMessage: (input: ChartInput<Context, Received>) => EventOf<Known> & MessageFor<Known, 'order'>,
  ) =>
    enqueueActions<Context, Received, undefined, Received, never, never, never, never, EventOf<Known>>(
      ({ context, event, system, enqueue }) => {
        const message = toMessage({ context, event });
        enqueue.emit(message);
        enqueue.sendTo(system.get('order'), message);
      },
    ),
  ...createStates<Context, Received, Known>(actor, service),
});

const howIncidentEnds: Readonly<Record<string, 'retried' | 'resolved'>> = {
  'incident.retry': 'retried',
  'incident.resolve': 'resolved',
};

/** Why `incident.…` is ignored if the actor has no incident. */
export const noIncidentReasons = {
  'incident.retry': 'no incident is open here',
  'incident.resolve': 'no incident is open here',
} as const;

/** Why an answer is ignored that says only that an attempt had no result. */
export const staleAnswerReason = 'no answer is expected, or only the one to a later attempt';

/** The wait after the nth attempt in ms: doubles each time, up to the longest. 0 counts as the first. */
export const toBackoffMs = (retrying: Retrying, tries: number): number =>
  Math.min(retrying.longestDelayMs, retrying.firstDelayMs * 2 ** Math.max(0, tries - 1));

/** Until there is something to ask: a context has all its keys from the start. */
export const noRetrying: Retrying = { attempts: 1, firstDelayMs: 0, longestDelayMs: 0, answerWithinMs: 0 };

/** What a chart that calls a service keeps of its calls. */
export interface CallContext {
  retrying: Retrying;
  /** Of the last call: tells its answer apart from those to earlier ones. */
  key: string;
  attempt: number;
  /** Attempts so far for the current purpose. */
  tries: number;
}

/** Names the last call, in its command and in what is said of it. */
export const currentCall = ({ key, attempt }: CallContext) => ({ key, attempt });

/** Guard: the operator names this outcome. */
export const says = (outcome: string) => ({ type: 'says', params: { outcome } }) as const;
export const incidentGuards = {
  says: ({ event }: { event: Receivable }, { outcome }: { outcome: string }) => event.outcome === outcome,
};

export const callGuards = {
  ...incidentGuards,
  /** The answer has the current key, from whichever attempt. */
  isOurs: ({ context, event }: ChartInput<CallContext, Receivable>) => event.key === context.key,
  /** The answer is to the last attempt. */
  isCurrent: ({ context, event }: ChartInput<CallContext, Receivable>) =>
    event.key === context.key && event.attempt === context.attempt,
  mayTryAgain: ({ context }: { context: CallContext }) => context.tries < context.retrying.attempts,
};
export const callDelays = {
  answerDeadline: ({ context }: { context: CallContext }) => context.retrying.answerWithinMs,
  backOff: ({ context }: { context: CallContext }) => toBackoffMs(context.retrying, context.tries),
};

/** A retry while attempts are left, then an incident. */
export const tryAgain = [
  { guard: 'mayTryAgain', target: 'backingOff' },
  { target: 'needsAttention' },
] as const;
export const ifCurrentTryAgain = [
  { guard: and(['isCurrent', 'mayTryAgain']), target: 'backingOff' },
  { guard: 'isCurrent', target: 'needsAttention' },
] as const;
const startAgain = { target: 'asking', actions: 'forgetTries' } as const;

export interface Resolution {
  readonly target: string;
  readonly guard?: unknown;
  readonly actions?: unknown;
}
/** Why an operator is needed, and what follows from each outcome that the operator may name. */
export interface Incident<Transition, Retry, On, Entry> {
  readonly reason: string;
  readonly text: string;
  /** Each is guarded by `says(outcome)`, unless it brings its own guard. */
  readonly outcomes: Readonly<Record<string, Transition>>;
  /** Why a resolution is ignored that fits no outcome. */
  readonly hint?: string;
  readonly retry?: Retry;
  readonly on?: On;
  readonly entry?: Entry;
}

const createStates = <
  Context extends MachineContext,
  Received extends Receivable,
  Known extends Declarations,
>(
  actor: ReceiverOf<Known>,
  service: string | undefined,
) => {
  const waiting = service === undefined ? {} : { meta: { waitsFor: service } };
  // Whatever messages there are, those of incidents are the shop's, with the names of more actors.
  const toIncidentEvent = ({ type, ...about }: Unnamed<IncidentEvent>) =>
    ({ type, actor, ...about }) as unknown as EventOf<Known>;

  /** A state that waits for an operator. It also ends if the answer arrives after all. */
  const incident = <
    const Transition extends Resolution,
    const Retry,
    const On extends object = object,
    const Entry extends readonly unknown[] = readonly [],
  >({
    reason,
    text,
    outcomes,
    hint = `the outcome must be one of: ${Object.keys(outcomes).join(', ')}`,
    ...more
  }: Incident<Transition, Retry, On, Entry>) => ({
    tags: 'incident' as const,
    description: `an operator, because ${text}`,
    meta: {
      incident: { reason, text },
      outcomes: Object.keys(outcomes),
      ignores: { 'incident.resolve': hint },
    },
    entry: [
      ...(more.entry ?? []),
      emit<Context, Received, undefined, Received, EventOf<Known>>(() =>
        toIncidentEvent({ type: 'incident.opened', reason, text }),
      ),
    ] as const,
    exit: emit<Context, Received, undefined, Received, EventOf<Known>>(({ event }) =>
      toIncidentEvent({
        type: 'incident.closed',
        how: howIncidentEnds[event.type] ?? 'overtaken',
        outcome: event.outcome,
        note: event.note,
      }),
    ),
    on: {
      ...more.on,
      // Left out where nothing can be tried again: others decide.
      ...(more.retry !== undefined && { 'incident.retry': more.retry }),
      'incident.resolve': Object.entries(outcomes).map(([outcome, transition]) => ({
        guard: says(outcome),
        ...transition,
      })),
    },
  });

  /**
   * A call to a service: `asking` until it answers, `backingOff` before each further attempt, and after the
   * last one `needsAttention`, from where an operator can start again.
   */
  const callStates = <
    const Asking extends object,
    const BackingOff extends object,
    const Transition extends Resolution,
    const Retry = typeof startAgain,
    const On extends object = object,
    const Entry extends readonly unknown[] = readonly [],
  >(states: {
    readonly asking: Asking;
    readonly backingOff: BackingOff;
    readonly needsAttention: Omit<Incident<Transition, Retry, On, Entry>, 'retry'> & {
      readonly retry?: Retry;
    };
  }) => ({
    initial: 'asking' as const,
    states: {
      asking: { after: { answerDeadline: tryAgain }, ...waiting, ...states.asking },
      backingOff: { after: { backOff: 'asking' } as const, ...states.backingOff },
      needsAttention: incident({
        ...states.needsAttention,
        retry: states.needsAttention.retry ?? startAgain,
      }),
    },
  });

  return { incident, callStates };
};
