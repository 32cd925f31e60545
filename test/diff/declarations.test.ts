// What is said of the declarations of messages, when both versions bring them.
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { MessageDeclaration, Messages } from '../../src/application.ts';
import { compareVersions } from '../../src/diff/compare.ts';

const knock: MessageDeclaration = {
  ...{ version: 1, kind: 'command', from: ['guest'], to: ['door'] },
  payload: z.strictObject({ times: z.int().describe('how often') }),
};
const compare = (before: Messages, after: Messages) =>
  compareVersions({ charts: {}, messages: before }, { charts: {}, messages: after });
const compareKnocks = (edit: Partial<MessageDeclaration>) =>
  compare({ knock }, { knock: { ...knock, ...edit } });

it('a declaration does not differ from itself', () => {
  expect(compareKnocks({})).toEqual([]);
});

it('a new type alters nothing, a removed one does', () => {
  const found = { actor: 'messages', kind: 'message' };
  expect(compare({ knock }, { ring: knock })).toEqual([
    { ...found, change: 'removed', where: 'knock', alters: true },
    { ...found, change: 'added', where: 'ring', alters: false },
  ]);
});

it('a payload with another schema alters', () => {
  expect(compareKnocks({ payload: z.strictObject({ times: z.string() }) })).toMatchObject([
    {
      ...{
        actor: 'messages',
        kind: 'message',
        change: 'changed',
        where: 'knock',
        about: 'payload',
        alters: true,
      },
      before: expect.stringContaining('integer'),
      after: expect.stringContaining('string'),
    },
  ]);
});

it('another description in a payload is a note', () => {
  expect(compareKnocks({ payload: z.strictObject({ times: z.int().describe('the knocks') }) })).toMatchObject(
    [{ kind: 'note', where: 'knock', about: 'descriptions in its payload', alters: false }],
  );
});

it('a field that is called description is no note', () => {
  const withField = (field: z.ZodType) => ({
    knock: { ...knock, payload: z.strictObject({ description: field }) },
  });
  expect(compare(withField(z.string()), withField(z.int()))).toMatchObject([
    { about: 'payload', alters: true },
  ]);
});

it.each([
  ['senders', { from: ['guest', 'owner'] }, 'guest', 'guest, owner'],
  ['receivers', { to: ['window'] }, 'door', 'window'],
  ['kind', { kind: 'event' as const }, 'command', 'event'],
  ['version', { version: 2 }, '1', '2'],
  ['call', { call: { purposes: ['open'], replies: [] } }, 'none', '{ purposes: ["open"], replies: [] }'],
] as const)('another %s of a message alters', (about, edit, before, after) => {
  const found = { actor: 'messages', kind: 'message', change: 'changed', where: 'knock', alters: true };
  expect(compareKnocks(edit)).toEqual([{ ...found, about, before, after }]);
});

it('declarations that one version does not bring are not compared', () => {
  expect(compareVersions({ charts: {} }, { charts: {}, messages: { knock } })).toEqual([]);
});
