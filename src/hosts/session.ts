// One order's part of a commit while it is being decided: the messages that it takes, one after the other,
// the stock calls that are answered inside the same transaction, and what is to be written of it all. It
// keeps nothing after the commit.
import type { Faults } from '../faults.ts';
import { answerInside, type Services, serviceOf } from '../service.ts';
import type { RegisteredSystem } from '../step/register.ts';
import { nextDueAt, type SystemState, toStored } from '../step/snapshot.ts';
import { type Incoming, type StepResult, setAside, step } from '../step/step.ts';
import type { Passed } from '../step/trace.ts';
import { hasIncident, isSettled, toTopState } from '../step/view.ts';
import { InvariantViolation } from '../step/violation.ts';
import type { Call, DecisionContext, IdempotencyRecord, NewEvent, OrderWrite, Received } from '../store.ts';

export interface Session {
  readonly orderId: string;
  readonly context: DecisionContext;
  /** ms since 1970; never before what the order has seen. */
  readonly at: number;
  state(): SystemState;
  /** Whether the order has taken a message with this id, in this commit or before. */
  hasReceived(messageId: string): Promise<boolean>;
  /** What a message would come to. Nothing is kept of it. */
  attempt(incoming: Incoming): StepResult | undefined;
  /** From now on messages are set aside because of `trouble`; undefined: they are stepped again. */
  setAside(trouble: Trouble | undefined): void;
  /** Keeps what an attempt came to, and steps the replies of the stock calls that it decided. */
  accept(result: StepResult): Promise<void>;
  /** Writes the answer to an idempotency key with the order. */
  remember(record: IdempotencyRecord): void;
  /** What the commit writes; null where nothing was accepted. */
  toWrite(): OrderWrite | null;
  readonly received: readonly Received[];
  readonly events: readonly NewEvent[];
  /** What the actors and services were told, in order; none where nobody looks on. */
  passed(): readonly Passed[];
  /** Calls to be made after the commit. */
  calls(): readonly Call[];
  /** When the order's next deadline is due (ms since 1970), or null. */
  wakeAt(): number | null;
  /** States that the order's chart left in this commit, and how long it was in them. */
  left(): readonly { readonly state: string; readonly ms: number }[];
  readonly chartVersion: string;
}

/** What a commit failed with before, because of a message that is to be set aside now. */
export interface Trouble {
  readonly error: unknown;
}

/** Replies from inside that one message may lead to; more means that a chart goes round in circles. */
const mostInsideReplies = 1000;

export const openSession = (
  system: RegisteredSystem,
  services: Services,
  orderId: string,
  base: SystemState,
  now: number,
  context: DecisionContext,
  faults: Faults,
): Session => {
  const at = Math.max(now, base.updatedAt);
  const received: Received[] = [];
  const events: NewEvent[] = [];
  let passed: readonly Passed[] = [];
  const outside = new Map<string, Call>();
  const inside: Call[] = [];
  /** Stock calls of this commit that were answered: they never had a row. */
  const answered = new Set<string>();
  const finished: string[] = [];
  const left: { state: string; ms: number }[] = [];
  let state = base;
  let record: IdempotencyRecord | undefined;
  let trouble: Trouble | undefined;

  const note = (result: StepResult): void => {
    requireNext(state, result);
    noteLeaving(result.state);
    state = result.state;
    received.push(result.received);
    events.push(...result.events);
    if (result.passed) passed = [...passed, ...result.passed];
    for (const callId of result.finishedCalls) {
      if (!outside.delete(callId) && !answered.delete(callId)) finished.push(callId);
    }
    for (const call of result.calls) {
      if (serviceOf(services, call.service).place === 'outside') outside.set(call.callId, call);
      else inside.push(call);
    }
  };

  const noteLeaving = (next: SystemState): void => {
    const was = state.actors.get('order');
    const is = next.actors.get('order');
    if (was && is && toTopState(was.snapshot) !== toTopState(is.snapshot)) {
      left.push({ state: toTopState(was.snapshot), ms: at - was.since });
    }
  };

  const answerNext = async (): Promise<void> => {
    const call = inside.shift();
    if (call === undefined) return;
    const service = serviceOf(services, call.service);
    if (service.place !== 'inside') throw new Error(`${call.service} does not live in the store`);
    faults.reach('stock.before', call.command.type);
    const message = await answerInside(service, call, context.stock);
    faults.reach('stock.after', call.command.type);
    answered.add(call.callId);
    const next = step(system, state, { kind: 'reply', orderId, at, callId: call.callId, message });
    if (next) note(next);
  };

  return {
    orderId,
    context,
    at,
    state: () => state,
    hasReceived: async (messageId) =>
      received.some((message) => message.messageId === messageId) || context.hasReceived(messageId),
    attempt: (incoming) =>
      trouble ? setAside(system, state, incoming, trouble.error) : step(system, state, incoming),
    setAside: (given) => {
      trouble = given;
    },
    accept: async (result) => {
      note(result);
      for (let replies = 0; inside.length > 0; replies += 1) {
        if (replies === mostInsideReplies) throw new Error(`${orderId}: stock calls do not come to an end`);
        await answerNext();
      }
    },
    remember: (given) => {
      record = given;
    },
    toWrite: () => {
      if (received.length === 0) return null;
      const order = state.actors.get('order')?.snapshot;
      if (!order) throw new Error('an order system needs an order actor');
      return {
        version: state.version,
        system: toStored(system, state),
        summary: {
          customerId: String(order.context.customerId),
          state: toTopState(order),
          settled: isSettled(state),
          incident: hasIncident(state),
          chartVersion: system.version,
          createdAt: state.createdAt,
          updatedAt: state.updatedAt,
        },
        wakeAt: nextDueAt(state),
        received,
        events,
        calls: [...outside.values()],
        finishedCalls: finished,
        ...(record && { idempotency: record }),
      };
    },
    received,
    events,
    passed: () => passed,
    calls: () => [...outside.values()],
    wakeAt: () => nextDueAt(state),
    left: () => left,
    chartVersion: system.version,
  };
};

/** @throws InvariantViolation where a result does not continue what was accepted before it. */
const requireNext = (state: SystemState, { state: next, received, events }: StepResult): void => {
  const follows =
    next.version === state.version + 1 &&
    received.version === next.version &&
    next.events === state.events + events.length &&
    events.every(({ seq }, index) => seq === state.events + index + 1);
  if (follows) return;
  const problem = `message ${received.version} and event ${next.events} after ${state.version} and ${state.events}`;
  throw new InvariantViolation('numbering', problem);
};
