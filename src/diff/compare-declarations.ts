// What differs in the declarations of messages: types, payloads as JSON Schema, who sends and receives, what a command may
// be answered. Titles and descriptions in a schema are notes.
import { z } from 'zod';
import type { MessageDeclaration, Messages } from '../application.ts';
import type { Change } from '../version-diff.ts';
import { mergeOrders } from './chart-pair.ts';
import { toSource } from './source-text.ts';

/** Under this name, beside those of the actors, stands what belongs to no actor alone. */
export const declarations = 'messages';

export const compareDeclarations = (older: Messages, newer: Messages): Change[] =>
  mergeOrders(Object.keys(older), Object.keys(newer)).flatMap((type) => {
    const [before, after] = [older[type], newer[type]];
    const change = { actor: declarations, kind: 'message', where: type } as const;
    if (before && after) return compareDeclaration(type, before, after);
    return before
      ? [{ ...change, change: 'removed', alters: true } as const]
      : [{ ...change, change: 'added', alters: false } as const];
  });

const compareDeclaration = (
  type: string,
  older: MessageDeclaration,
  newer: MessageDeclaration,
): readonly Change[] => {
  const change = {
    actor: declarations,
    kind: 'message',
    change: 'changed',
    where: type,
    alters: true,
  } as const;
  const [before, after] = [toParts(older), toParts(newer)];
  const differing = Object.keys(before)
    .filter((about) => before[about] !== after[about])
    .map((about) => ({ ...change, about, before: before[about] ?? '', after: after[about] ?? '' }));
  const [notesBefore, notesAfter] = [JSON.stringify(toSchema(older)), JSON.stringify(toSchema(newer))];
  if (before['payload'] !== after['payload'] || notesBefore === notesAfter) return differing;
  const note = { about: 'descriptions in its payload', before: notesBefore, after: notesAfter };
  return [...differing, { ...change, kind: 'note', ...note, alters: false }];
};

const toParts = (declaration: MessageDeclaration): Readonly<Record<string, string>> => {
  const { kind, version, from, to, call } = declaration;
  return {
    kind,
    version: String(version),
    senders: from.join(', '),
    receivers: to.join(', '),
    call: call === undefined ? 'none' : toSource(call),
    payload: JSON.stringify(withoutNotes(toSchema(declaration))),
  };
};

const toSchema = ({ payload }: MessageDeclaration): unknown =>
  z.toJSONSchema(payload, { io: 'input', unrepresentable: 'any' });

const notes = new Set(['title', 'description']);

/** Inside `properties` these are names of fields. */
const withoutNotes = (schema: unknown, areNames = false): unknown => {
  if (Array.isArray(schema)) return schema.map((each) => withoutNotes(each));
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name, value]) => areNames || !(notes.has(name) && typeof value === 'string'))
      .map(([name, value]) => [name, withoutNotes(value, !areNames && name === 'properties')]),
  );
};
