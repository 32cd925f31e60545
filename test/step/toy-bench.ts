// A test bench for toy systems: one message at a time through the step, with its results. It has no expectations;
// with it, tests of the step need no order.
import type { AnyEventObject, AnyStateMachine } from 'xstate';
import type { Invariants } from '../../src/step/invariants.ts';
import { type RegisteredSystem, registerSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { type Incoming, type StepResult, step } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { limits } from './equivalence.ts';

export const registerToys = (
  charts: Readonly<Record<string, AnyStateMachine>>,
  services: readonly string[] = ['world'],
  invariants?: Invariants,
): RegisteredSystem =>
  registerSystem({ version: '1', charts, services, ...(invariants && { invariants }) }, limits);

export const createBench = (
  charts: Readonly<Record<string, AnyStateMachine>>,
  services: readonly string[] = ['world'],
  invariants?: Invariants,
) => {
  const system = registerToys(charts, services, invariants);
  let state: SystemState = newSystem(system, 1000, 'correlation');
  let now = 1000;
  let sent = 0;
  const take = (incoming: Incoming): StepResult | undefined => {
    const result = step(system, state, incoming);
    if (result) state = result.state;
    return result;
  };
  const must = (result: StepResult | undefined): StepResult => {
    if (result === undefined) throw new Error('that was not recorded');
    return result;
  };
  return {
    system,
    take,
    state: () => state,
    contextOf: (name: string): unknown => state.actors.get(name)?.snapshot.context,
    valueOf: (name: string): unknown => state.actors.get(name)?.snapshot.value,
    wait: (milliseconds: number) => {
      now += milliseconds;
    },
    send: (type: string, to = 'toy', said: Readonly<Record<string, unknown>> = {}) => {
      sent += 1;
      const message: AnyEventObject = { type, ...said };
      return must(
        take({
          kind: 'message',
          orderId: 'o',
          at: now,
          messageId: `m${sent}`,
          to,
          message,
          causationId: null,
        }),
      );
    },
    reply: (callId: string, message: AnyEventObject) =>
      take({ kind: 'reply', orderId: 'o', at: now, callId, message }),
    ring: (key: string, dueAt: number) => take({ kind: 'deadline', orderId: 'o', at: dueAt, key, dueAt }),
    /** Fires the earliest deadline. */
    ringNext: () => {
      const [first] = [...state.deadlines].sort(([, a], [, b]) => a.dueAt - b.dueAt);
      if (first === undefined) throw new Error('no deadline is set');
      const [key, { dueAt }] = first;
      now = Math.max(now, dueAt);
      return must(take({ kind: 'deadline', orderId: 'o', at: now, key, dueAt }));
    },
  };
};

/** What was emitted, as `actor: type`. */
export const emittedIn = ({ events }: StepResult): readonly string[] =>
  events.map(({ actor, type }) => `${actor}: ${type}`);
