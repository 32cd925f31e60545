// A toy that waits for the world, on two chart versions, and what moving it from one to the other leads to.
import type { AnyEventObject, AnyStateMachine } from 'xstate';
import { limits } from '../../src/limits.ts';
import { type MigrationRequest, migrate } from '../../src/step/migration.ts';
import type { Migration, MovedSystem, MovingSystem } from '../../src/step/migration-rules.ts';
import { type RegisteredSystem, registerSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { type StepResult, step } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { chart, tell } from './toy-words.ts';

/** It asks the world as it starts to wait, and gives up after a minute. */
export const waiting = (state = 'waiting', delay = 'patience'): AnyStateMachine =>
  chart({
    id: 'toy',
    context: { count: 1 },
    initial: 'idle',
    states: {
      idle: { tags: 'settled', on: { GO: state } },
      [state]: {
        entry: tell('world', 'ask', { key: 'o/ask/1', attempt: 1 }),
        after: { [delay]: 'late' },
        on: { answer: 'idle', TROUBLE: 'trouble' },
      },
      late: { tags: 'settled' },
      trouble: { tags: 'incident', on: { GO: 'idle' } },
    },
  }).provide({ delays: { [delay]: 60_000 } });

export const register = (
  newer: AnyStateMachine,
  rule?: Migration,
  more: Record<string, AnyStateMachine> = {},
) =>
  registerSystem(
    {
      version: '2',
      charts: { toy: newer, ...more },
      services: ['world'],
      otherVersions: { 1: { charts: { toy: waiting() } } },
      ...(rule && { migrations: { '1→2': rule } }),
    },
    limits,
  );
export const deliver = (system: RegisteredSystem, state: SystemState, type: string): StepResult => {
  const messageId = `m${state.version + 1}`;
  const message: AnyEventObject = { type };
  const arrival = {
    orderId: 'o',
    at: 1000 + state.version,
    to: 'toy',
    message,
    messageId,
    causationId: null,
  };
  const result = step(system, state, { kind: 'message', ...arrival });
  if (result === undefined) throw new Error('a message always has a result');
  return result;
};
export const request: MigrationRequest = {
  orderId: 'o',
  at: 5000,
  messageId: 'move',
  actor: 'toy',
  to: '2',
  why: 'a new chart',
  who: 'ada',
};
export const key = 'toy:xstate.after.patience.toy.waiting';
export const callId = 'o/calls/1.1';
/** A system on version 1 that waits, and what moving it leads to. */
export const moveWaiting = (system: RegisteredSystem) => {
  const first = deliver(system, newSystem(system, 1000, 'c', '1'), 'GO');
  return { first, outcome: migrate(system, first.state, request) };
};
export const rule =
  (change: (system: MovingSystem) => Partial<MovedSystem>): Migration =>
  (system) => ({ ...system, ...change(system) });
export const at = (value: string) => (system: MovingSystem) => ({
  actors: { toy: { ...system.actors['toy'], value, context: { count: 1 }, since: 1000 } },
});
