// What the four charts share: how one actor names another and speaks to the outside, how long to wait
// between tries, and the notes that a state carries for people. It adds no behaviour of its own; it exists
// so that a chart can only say words that its listener knows.
import { type AnyActorRef, emit, enqueueActions, type MachineContext, sendTo } from 'xstate';
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
  /**
   * A state in which the actor is parked for a person, who is told why. It ends by `incident.retry`, by
   * `incident.resolve` with one of the `outcomes`, or when what was awaited comes after all. `hint` says what
   * a resolution that is not taken lacks.
   */
  parked: (
    reason: string,
    text: string,
    outcomes: readonly string[],
    hint = `the outcome must be one of: ${outcomes.join(', ')}`,
  ) => ({
    tags: 'incident' as const,
    description: `a person, because ${text}`,
    meta: {
      incident: { reason, text },
      outcomes,
      ignores: { 'incident.resolve': hint },
    },
    entry: emit<Context, Received, undefined, Received, DomainEvent>(() => ({
      type: 'incident.opened',
      actor,
      reason,
      text,
    })),
    exit: emit<Context, Received, undefined, Received, DomainEvent>(({ event }) => ({
      type: 'incident.closed',
      actor,
      how: howIncidentEnds[event.type] ?? 'overtaken',
      outcome: event.outcome,
      note: event.note,
    })),
  }),
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
