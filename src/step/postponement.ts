// A deadline that waits for a service which is not called now is postponed: a message of its own, recorded with the old and
// the new time, so that a replay comes to the same system. Pure, as the step is; when to postpone is the host's to say.
import type { AnyEventObject } from 'xstate';
import { z } from 'zod';
import { postponed, type Received } from './effect.ts';
import { ofVersion, type RegisteredSystem } from './register.ts';
import type { Incoming, StepResult } from './step.ts';
import type { Deadline, SystemState } from './system-state.ts';

/** A deadline is to fire at another time. Times are ms since 1970. */
export interface Postponement {
  readonly kind: 'postponement';
  readonly orderId: string;
  readonly at: number;
  readonly key: string;
  /** When it is due as it is set now; if it has another time, there is nothing to postpone. */
  readonly dueAt: number;
  readonly until: number;
  readonly service: string;
}

/** What an order's record says that came: for its actors, or to postpone a deadline, of which no actor knows. */
export type Steppable = Incoming | Postponement;

const recordedData = z.strictObject({
  key: z.string(),
  dueAt: z.number(),
  until: z.number(),
  service: z.string(),
});

type Recorded = Pick<Received, 'kind' | 'type' | 'data' | 'at'>;

/** Whether a recorded message postponed a deadline. One of that name from outside is of another kind. */
export const isPostponement = ({ type, kind }: { readonly type: string; readonly kind: string }): boolean =>
  type === postponed && kind === 'deadline';

/** A recorded postponement as it came then; undefined if its record is damaged. */
export const toPostponement = (orderId: string, { data, at }: Recorded): Postponement | undefined => {
  const read = recordedData.safeParse(data).data;
  return read && { kind: 'postponement', orderId, at, ...read };
};

/** The event of a deadline that a state's `after` set ends with the state's id. */
const toSettingState = ({ type }: AnyEventObject): string | undefined =>
  /^xstate\.after\.[^.]+\.(.+)$/.exec(type)?.[1];

/** The service that a deadline waits for, as the state that set it says (`meta.waitsFor`). */
export const findAwaitedService = (
  registered: RegisteredSystem,
  { charts }: Pick<SystemState, 'charts'>,
  { source, event }: Deadline,
): string | undefined => {
  const system = ofVersion(registered, charts);
  const node = system.charts.get(source)?.nodes.get(toSettingState(event) ?? '');
  const service: unknown = node?.meta?.waitsFor;
  return typeof service === 'string' && system.services.has(service) ? service : undefined;
};

/** Since when a deadline may have waited for its service: for calls that its system waits for, since those were decided. */
export const findWaitingSince = (state: SystemState, { source }: Deadline, service: string): number => {
  const entered = [...state.actors].flatMap(([name, { since }]) => (name === source ? [since] : []));
  const decided = [...state.calls.values()].flatMap((call) => (call.service === service ? [call.at] : []));
  return Math.min(state.updatedAt, ...entered, ...decided);
};

/** Sets the deadline anew. Undefined if it is not set for that time any more: there is nothing to record. */
export const postpone = (
  before: SystemState,
  { orderId, at, key, dueAt, until, service }: Postponement,
): StepResult | undefined => {
  const deadline = before.deadlines.get(key);
  if (deadline === undefined || deadline.dueAt !== dueAt) return undefined;
  const version = before.version + 1;
  const later = { ...deadline, dueAt: until, firstDueAt: deadline.firstDueAt ?? dueAt };
  const state = {
    ...before,
    version,
    updatedAt: at,
    deadlines: new Map(before.deadlines).set(key, later),
  };
  return {
    state,
    received: {
      ...{ version, messageId: `${orderId}/deadlines/${version}`, kind: 'deadline', to: deadline.source },
      ...{ type: postponed, data: { key, dueAt, until, service }, causationId: deadline.causationId },
      ...{ correlationId: before.correlationId, disposition: 'applied', reason: null, at },
    },
    ...{ events: [], calls: [], finishedCalls: [], deliveries: [], logged: [] },
  };
};
