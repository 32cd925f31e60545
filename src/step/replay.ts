// Takes an order's recorded messages through its charts once more, by the same step that ran them. It has no clock,
// changes nothing and judges nothing: the doctor compares the result with what is stored, the inspector shows it.
import type { AnyEventObject } from 'xstate';
import type { Received } from './effect.ts';
import type { RegisteredSystem } from './register.ts';
import { type Incoming, type StepResult, step, toReplyId } from './step.ts';
import type { SystemState } from './system-state.ts';

/** What a replay reads of a recorded message. */
export type Recorded = Pick<
  Received,
  'version' | 'messageId' | 'kind' | 'to' | 'type' | 'data' | 'causationId' | 'at'
>;

export interface Replayed {
  /** The message as it came then. */
  readonly incoming: Incoming;
  readonly result: StepResult;
}

/** Steps `state` with the next recorded message; or says why it cannot have come there. */
export const replayMessage = (
  system: RegisteredSystem,
  orderId: string,
  state: SystemState,
  recorded: Recorded,
): Replayed | string => {
  const incoming = toIncoming(orderId, state, recorded);
  const result = step(system, state, incoming);
  if (result !== undefined) return { incoming, result };
  const problem =
    recorded.kind === 'reply' ? 'answers a call that was not pending' : 'is a deadline that was not set';
  return `message ${recorded.version} (${recorded.type}) ${problem}`;
};

/** The key of no call and no deadline. */
const nothing = '';

const toIncoming = (
  orderId: string,
  state: SystemState,
  { messageId, kind, to, at, type, data, causationId }: Recorded,
): Incoming => {
  const message: AnyEventObject = { ...data, type };
  switch (kind) {
    case 'message':
      return { kind, orderId, at, messageId, to, message, causationId };
    case 'reply': {
      const callId = [...state.calls.keys()].find((each) => toReplyId(each) === messageId);
      return { kind, orderId, at, callId: callId ?? nothing, message };
    }
    case 'deadline':
      return { kind, orderId, at, ...(findDeadline(state, to, message) ?? { key: nothing, dueAt: at }) };
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

/** Whether two values are the same as JSON, whatever the order of their properties. */
const isSameData = (one: unknown, other: unknown): boolean => {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const properties = definedEntries(one);
  const others = new Map(definedEntries(other));
  return (
    properties.length === others.size &&
    properties.every(([name, value]) => others.has(name) && isSameData(value, others.get(name)))
  );
};

const definedEntries = (value: object): [string, unknown][] =>
  Object.entries(value).filter(([, part]) => part !== undefined);
