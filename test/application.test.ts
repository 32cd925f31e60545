// The parts of an application are checked against each other before anything runs.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { parcels } from '../examples/parcels/parcels.ts';
import { type Application, defineApplication } from '../src/application.ts';
import { shop } from '../src/shop/shop.ts';

const problemsOf = (changes: Partial<Application>): unknown => {
  try {
    defineApplication({ ...parcels, ...changes });
    return [];
  } catch (error) {
    return error instanceof Error && 'details' in error ? error.details : error;
  }
};
const { 'courier.busy': busy, ...withoutBusy } = parcels.messages;

const sail = {
  version: 1,
  kind: 'command',
  from: ['sender'],
  to: ['ship'],
  payload: z.strictObject({}),
} as const;

test('applications whose parts fit together are returned as they are', () => {
  expect(defineApplication(parcels)).toBe(parcels);
  expect(defineApplication(shop)).toBe(shop);
});

test.each<[string, Partial<Application>, string]>([
  ['a main actor without a chart', { mainActor: 'letter' }, "its main actor 'letter' has no chart"],
  [
    'an outcome that no message is',
    { outcomes: ['parcel.lost'] },
    'outcomes names the message parcel.lost, which is not declared',
  ],
  [
    'a move that is no message',
    { moves: { burn: { type: 'parcel.burn', by: 'sender' } } },
    "the move 'burn' names the message parcel.burn, which is not declared",
  ],
  [
    'a command that nobody receives',
    { messages: { ...parcels.messages, 'ship.sail': sail } },
    'the command ship.sail goes to ship: no actor or service has that name',
  ],
])('%s is refused by name', (_, changes, problem) => {
  expect(problemsOf(changes)).toEqual({ problems: [problem] });
});

test('a reply that is not declared is refused where it is named: by its service and by its command', () => {
  expect(busy).toBeDefined();
  expect(problemsOf({ messages: withoutBusy })).toEqual({
    problems: [
      "the service 'courier' names the message courier.busy, which is not declared",
      'courier.collect names the message courier.busy, which is not declared',
    ],
  });
});
