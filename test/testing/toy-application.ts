// A toy application around one chart of a test, with messages for whatever toys need: a start, a choice, a number, and one
// service. It has no expectations.
import type { AnyStateMachine } from 'xstate';
import { z } from 'zod';
import { type Application, defineApplication } from '../../src/application.ts';
import type { SystemView } from '../../src/step/view.ts';

const call = { key: z.string(), attempt: z.int() };
const event = { version: 1, kind: 'event' } as const;
const command = { version: 1, kind: 'command', from: ['person'], to: ['toy'] } as const;

const messages = {
  'toy.start': { ...command, payload: z.strictObject({}) },
  'toy.choose': { ...command, payload: z.strictObject({ side: z.enum(['left', 'right']) }) },
  'toy.count': { ...command, payload: z.strictObject({ by: z.int() }) },
  'incident.resolve': { ...command, payload: z.strictObject({ outcome: z.string() }) },
  'world.do': {
    ...command,
    from: ['toy'],
    to: ['world'],
    payload: z.strictObject(call),
    call: { purposes: ['do'], replies: [{ type: 'world.done' }, { type: 'world.failed' }] },
  },
  'world.done': { ...event, from: ['world'], to: ['toy'], payload: z.strictObject(call) },
  'world.failed': { ...event, from: ['world'], to: ['toy'], payload: z.strictObject(call) },
  'toy.ended': { ...event, from: ['toy'], to: ['journal'], payload: z.strictObject({}) },
} as const;

export const toyApplication = (toy: AnyStateMachine): Application =>
  defineApplication<SystemView>({
    name: 'toy',
    charts: { toy },
    chartVersion: '1',
    services: { world: { noAnswer: () => ({ type: 'world.failed' }) } },
    messages,
    moves: {},
    mainActor: 'toy',
    outcomes: ['toy.ended'],
    ownerOf: () => 'ada',
    findMoves: () => [],
    toView: (base) => base,
    toUnreadableView: (base) => base,
  });

export const first = { orderId: 'toy-1', message: { type: 'toy.start' } };
