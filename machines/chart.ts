// What the four charts share: how one actor names another and speaks to the outside, how long to wait
// between tries, and the notes that a state carries for people. It adds no behaviour of its own; it exists
// so that a chart can only say words that its listener knows.
import { type AnyActorRef, and, emit, enqueueActions, type MachineContext, sendTo } from 'xstate';
import type { ActorName, DomainEvent, MessageTo, MessageType, Retrying, ServiceName } from './messages.ts';

/** What a state says of itself, beside its `description`. */
export interface ChartNotes {
  /** Why a message that no transition takes here (or whose guards say no) is ignored. Inherited inwards. */
  readonly ignores?: { readonly [T in MessageType]?: string };
  /** A parked state: why, and what a person may say the outcome is (`incident.resolve`). */
  readonly incident?: { readonly reason: string; readonly text: string };
  readonly outcomes?: readonly string[];
}

interface Saying<Context, Received> {
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

/** The actor's own way to speak, for its context and the messages that it receives. */
export const speaker = <Context extends MachineContext, Received extends Receivable>(actor: ActorName) => ({
  /** Sends a message to an actor of the order system, or a command to a service. */
  tell: <To extends ActorName | ServiceName>(
    to: To,
    words: (saying: Saying<Context, Received>) => MessageTo<To>,
  ) =>
    sendTo<Context, Received, undefined, AnyActorRef, Received, never, never>(
      ({ system }) => system.get(to),
      words,
    ),
  /** Emits a domain event: what the journal keeps. */
  announce: (words: (saying: Saying<Context, Received>) => DomainEvent) =>
    emit<Context, Received, undefined, Received, DomainEvent>(words),
  /** Both: emits a domain event and tells the order the same. */
  report: (words: (saying: Saying<Context, Received>) => DomainEvent & MessageTo<'order'>) =>
    enqueueActions<Context, Received, undefined, Received, never, never, never, never, DomainEvent>(
      ({ context, event, system, enqueue }) => {
        const message = words({ context, event });
        enqueue.emit(message);
        enqueue.sendTo(system.get('order'), message);
      },
    ),
  ...statesOf<Context, Received>(actor),
});

const howIncidentEnds: Readonly<Record<string, 'retried' | 'resolved'>> = {
  'incident.retry': 'retried',
  'incident.resolve': 'resolved',
};

/** Why `incident.…` is ignored wherever an actor is not parked. True of every state, as all such reasons. */
export const whyNotRepaired = {
  'incident.retry': 'nothing here waits for a person',
  'incident.resolve': 'nothing here waits for a person who says that',
} as const;

/** Why a service's answer is ignored that says only that the last attempt came to nothing. */
export const notAwaited = 'no answer is awaited, or only that to a later attempt';

/** The wait after the nth try in ms: doubles each time, up to the longest. Before the first it is as after it. */
export const toBackOff = (retrying: Retrying, tries: number): number =>
  Math.min(retrying.longestDelayMs, retrying.firstDelayMs * 2 ** Math.max(0, tries - 1));

/** Used where nothing has been asked yet, so that every context has its final shape from the start. */
export const noRetrying: Retrying = { attempts: 1, firstDelayMs: 0, longestDelayMs: 0, answerWithinMs: 0 };

/** What a chart remembers of the calls to its service. */
export interface CallContext {
  retrying: Retrying;
  /** What was asked last, so that its answer can be told from an earlier one's. */
  key: string;
  attempt: number;
  /** How often the present purpose was tried so far. */
  tries: number;
}

/** An operator says that this is the outcome. */
export const says = (outcome: string) => ({ type: 'says', params: { outcome } }) as const;
export const incidentGuards = {
  says: ({ event }: { event: Receivable }, { outcome }: { outcome: string }) => event.outcome === outcome,
};

export const callGuards = {
  ...incidentGuards,
  /** The answer is to what is asked for now, whichever attempt it answers. */
  isOurs: ({ context, event }: Saying<CallContext, Receivable>) => event.key === context.key,
  /** The answer is to the very last attempt. */
  isCurrent: ({ context, event }: Saying<CallContext, Receivable>) =>
    event.key === context.key && event.attempt === context.attempt,
  mayTryAgain: ({ context }: { context: CallContext }) => context.tries < context.retrying.attempts,
};
export const callDelays = {
  answerDeadline: ({ context }: { context: CallContext }) => context.retrying.answerWithinMs,
  backOff: ({ context }: { context: CallContext }) => toBackOff(context.retrying, context.tries),
};

/** While attempts are left there is another one, then an incident. */
export const tryAgain = [
  { guard: 'mayTryAgain', target: 'backingOff' },
  { target: 'needsAttention' },
] as const;
export const ifCurrentTryAgain = [
  { guard: and(['isCurrent', 'mayTryAgain']), target: 'backingOff' },
  { guard: 'isCurrent', target: 'needsAttention' },
] as const;
const startAgain = { target: 'asking', actions: 'forgetTries' } as const;

interface Resolution {
  readonly target: string;
  readonly guard?: unknown;
  readonly actions?: unknown;
}
/** Why a person is needed, and what follows from each outcome that the person may name. */
interface Incident<Transition, Retry, On, Entry> {
  readonly reason: string;
  readonly text: string;
  /** Taken if a person `says` so; an outcome that needs more than that brings its own guard. */
  readonly outcomes: Readonly<Record<string, Transition>>;
  /** What a resolution that is not taken lacks. */
  readonly hint?: string;
  readonly retry: Retry;
  readonly on?: On;
  readonly entry?: Entry;
}

const statesOf = <Context extends MachineContext, Received extends Receivable>(actor: ActorName) => {
  /** A state that waits for a person. It also ends if what was awaited arrives after all. */
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
    description: `a person, because ${text}`,
    meta: {
      incident: { reason, text },
      outcomes: Object.keys(outcomes),
      ignores: { 'incident.resolve': hint },
    },
    entry: [
      ...(more.entry ?? []),
      emit<Context, Received, undefined, Received, DomainEvent>(() => ({
        type: 'incident.opened',
        actor,
        reason,
        text,
      })),
    ] as const,
    exit: emit<Context, Received, undefined, Received, DomainEvent>(({ event }) => ({
      type: 'incident.closed',
      actor,
      how: howIncidentEnds[event.type] ?? 'overtaken',
      outcome: event.outcome,
      note: event.note,
    })),
    on: {
      ...more.on,
      'incident.retry': more.retry,
      'incident.resolve': Object.entries(outcomes).map(([outcome, transition]) => ({
        guard: says(outcome),
        ...transition,
      })),
    },
  });

  /**
   * A call to a service: `asking` until it answers, `backingOff` before each further attempt, and after the
   * last one `needsAttention`, from where a person can start again.
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
      asking: { after: { answerDeadline: tryAgain }, ...states.asking },
      backingOff: { after: { backOff: 'asking' } as const, ...states.backingOff },
      needsAttention: incident({
        ...states.needsAttention,
        retry: states.needsAttention.retry ?? startAgain,
      }),
    },
  });

  return { incident, callStates };
};
