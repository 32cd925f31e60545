// Takes an order's recorded messages through its charts once more, by the same step that ran them. It has no clock,
// changes nothing and judges nothing: the doctor compares the result with what is stored, the inspector shows it.
import type { AnyEventObject } from 'xstate';
import { describeError } from '../errors.ts';
import { migrated, type Received } from './effect.ts';
import { adopt } from './migration.ts';
import { isPostponement, postpone, type Steppable, toPostponement } from './postponement.ts';
import { toRecordedCause } from './quarantine.ts';
import { ofVersion, type RegisteredSystem } from './register.ts';
import { isSameData } from './same-data.ts';
import { newSystem } from './snapshot.ts';
import { type Incoming, quarantine, type StepResult, step, toReplyId } from './step.ts';
import type { SystemState } from './system-state.ts';

/** What a replay reads of a recorded message. */
export type Recorded = Pick<
  Received,
  'version' | 'messageId' | 'kind' | 'to' | 'type' | 'data' | 'causationId' | 'at' | 'reason'
> & { readonly disposition: string };

export interface Replayed {
  /** The message as it came then. */
  readonly incoming: Steppable;
  readonly result: StepResult;
}

/** Whether a message moved its order. One of that name from outside is recorded as ignored, and moved nothing. */
export const isMigration = ({ type, disposition }: Pick<Recorded, 'type' | 'disposition'>): boolean =>
  type === migrated && disposition === 'applied';

/** The version from which an order was moved first; undefined if it was placed on the one that it is on. */
export const firstVersion = (
  messages: readonly Pick<Recorded, 'type' | 'data' | 'disposition'>[],
): string | undefined => {
  const first = messages.find(isMigration);
  return first && String(first.data['from']);
};

/** The system that all of an order's recorded messages so far lead to; or why they cannot. */
export const replayAll = (
  system: RegisteredSystem,
  orderId: string,
  messages: readonly (Recorded & Pick<Received, 'correlationId'>)[],
  chartVersion: string,
): SystemState | string => {
  const [first] = messages;
  if (first === undefined) return 'it has received no message';
  let state = newSystem(system, first.at, first.correlationId, firstVersion(messages) ?? chartVersion);
  for (const message of messages) {
    const replayed = replayMessage(system, orderId, state, message);
    if (typeof replayed === 'string') return replayed;
    const { received } = replayed.result;
    if (received.disposition !== message.disposition) {
      return `message ${message.version} (${message.type}) is recorded as ${message.disposition}, and would be ${received.disposition}`;
    }
    ({ state } = replayed.result);
  }
  return state;
};

/** Steps `state` with the next recorded message; or says why it cannot have come there. */
export const replayMessage = (
  system: RegisteredSystem,
  orderId: string,
  state: SystemState,
  recorded: Recorded,
): Replayed | string => {
  const incoming = toIncoming(orderId, state, recorded);
  if (isMigration(recorded)) {
    try {
      return { incoming, result: adopt(system, state, { ...recorded, orderId }) };
    } catch (error) {
      return `message ${recorded.version} (${recorded.type}) cannot be adopted: ${describeError(error)}`;
    }
  }
  const result =
    incoming.kind === 'postponement'
      ? postpone(state, incoming)
      : stepAsRecorded(system, state, incoming, recorded);
  if (result !== undefined) return { incoming, result };
  const problem =
    recorded.kind === 'reply' ? 'answers a call that was not pending' : 'is a deadline that was not set';
  return `message ${recorded.version} (${recorded.type}) ${problem}`;
};

/**
 * What was quarantined is quarantined again, even if nothing fails now: the commit around it may have failed, which a replay
 * does not repeat, or its chart was corrected since.
 */
const stepAsRecorded = (
  registered: RegisteredSystem,
  state: SystemState,
  incoming: Incoming,
  recorded: Recorded,
): StepResult | undefined => {
  const result = step(registered, state, incoming);
  if (result === undefined || result.received.disposition === recorded.disposition) return result;
  const cause = toRecordedCause(recorded, ofVersion(registered, state.charts).invariants?.descriptions);
  return cause === undefined ? result : quarantine(registered, state, incoming, cause);
};

/** The key of no call and no deadline. */
const nothing = '';

const toIncoming = (orderId: string, state: SystemState, recorded: Recorded): Steppable => {
  const { messageId, kind, to, at, type, data, causationId } = recorded;
  const notSet = { kind: 'deadline', orderId, at, key: nothing, dueAt: at } as const;
  if (isPostponement(recorded)) return toPostponement(orderId, recorded) ?? notSet;
  const message: AnyEventObject = { ...data, type };
  switch (kind) {
    case 'message':
      return { kind, orderId, at, messageId, to, message, causationId };
    case 'reply': {
      const callId = [...state.calls.keys()].find((each) => toReplyId(each) === messageId);
      return { kind, orderId, at, callId: callId ?? nothing, message };
    }
    case 'deadline':
      return { ...notSet, ...findDeadline(state, to, message) };
  }
};

/** Of several deadlines with the same message, the one that is due first is the one that fired. */
const findDeadline = (
  { deadlines }: SystemState,
  to: string,
  message: AnyEventObject,
): { readonly key: string; readonly dueAt: number } | undefined => {
  let found: { readonly key: string; readonly dueAt: number } | undefined;
  for (const [key, deadline] of deadlines) {
    if (deadline.to !== to || !isSameData(deadline.event, message)) continue;
    if (found === undefined || deadline.dueAt < found.dueAt) found = { key, dueAt: deadline.dueAt };
  }
  return found;
};
