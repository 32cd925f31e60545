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
    .map((about) => ({ ...change, about, ...toDifference(about, before[about] ?? '', after[about] ?? '') }));
  const [notesBefore, notesAfter] = [JSON.stringify(toSchema(older)), JSON.stringify(toSchema(newer))];
  if (before['payload'] !== after['payload'] || notesBefore === notesAfter) return differing;
  const note = { about: 'descriptions in its payload', before: notesBefore, after: notesAfter };
  return [...differing, { ...change, kind: 'note', ...note, alters: false }];
};

/** Of a payload, which is long, only what differs. */
const toDifference = (about: string, before: string, after: string) => {
  if (about !== 'payload') return { before, after };
  const [older, newer] = [toLines(JSON.parse(before)), toLines(JSON.parse(after))];
  const only = (lines: readonly string[], others: readonly string[]) =>
    lines.filter((line) => !others.includes(line)).join(', ') || 'none';
  return { before: only(older, newer), after: only(newer, older) };
};

/** A schema as one line for each thing that it says: `policy.payWithinMs integer`, `reason.kind enum cancelled`. */
const toLines = (schema: unknown, path = ''): readonly string[] => {
  if (typeof schema !== 'object' || schema === null) return [`${path} ${String(schema)}`.trim()];
  if (Array.isArray(schema)) return schema.flatMap((each) => toLines(each, path));
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (keyword === 'properties' && typeof value === 'object' && value !== null) {
      return Object.entries(value).flatMap(([name, field]) =>
        toLines(field, `${path}.${name}`.replace(/^\./, '')),
      );
    }
    const isInner = keyword === 'items' || keyword === 'anyOf' || keyword === 'type';
    return toLines(value, isInner ? path : `${path} ${keyword}`);
  });
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
