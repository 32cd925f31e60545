// Which fields of an application's messages are personal data, as their schemas mark them (`.meta({ personal: true })`),
// and how they are left out of data that leaves for tools. It changes nothing that is stored.
import { z } from 'zod';
import type { Messages } from './application.ts';

/** Field names at any depth: those that are marked as personal, and all others. */
interface FieldNames {
  readonly personal: ReadonlySet<string>;
  readonly plain: ReadonlySet<string>;
}

export interface PersonalFields {
  readonly byType: ReadonlyMap<string, FieldNames>;
  /** Of all messages together: what actors remember of them has the same names. */
  readonly ofAll: FieldNames;
}

const jsonSchema = z.looseObject({
  personal: z.literal(true).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
});

const collect = (schema: unknown, into: { personal: Set<string>; plain: Set<string> }): void => {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [name, field] of Object.entries(jsonSchema.safeParse(schema).data?.properties ?? {})) {
    const isPersonal = jsonSchema.safeParse(field).data?.personal === true;
    into[isPersonal ? 'personal' : 'plain'].add(name);
  }
  for (const inner of Object.values(schema)) collect(inner, into);
};

/** The personal fields that messages declare: those of each version, where an application has several. */
export const findPersonalFields = (...versions: readonly Messages[]): PersonalFields => {
  const ofAll = { personal: new Set<string>(), plain: new Set<string>() };
  const byType = new Map<string, { personal: Set<string>; plain: Set<string> }>();
  for (const [type, { payload }] of versions.flatMap((messages) => Object.entries(messages))) {
    const names = byType.get(type) ?? { personal: new Set<string>(), plain: new Set<string>() };
    collect(z.toJSONSchema(payload, { unrepresentable: 'any' }), names);
    byType.set(type, names);
    for (const name of names.personal) ofAll.personal.add(name);
    for (const name of names.plain) ofAll.plain.add(name);
  }
  return { byType, ofAll };
};

/** Whether the field `name` of a message is personal. `type`: the message's, or undefined for what an actor remembers. */
export const isPersonalField = (
  { byType, ofAll }: PersonalFields,
  type: string | undefined,
  name: string,
  field: unknown,
): boolean => {
  const declared = type === undefined ? undefined : byType.get(type);
  if (declared?.personal.has(name)) return true;
  if (!ofAll.personal.has(name)) return false;
  const plain = declared?.plain ?? (isObject(field) ? ofAll.plain : undefined);
  return plain?.has(name) !== true;
};

const redacted = '[redacted]';

/**
 * A copy as JSON without personal data. `type`: the message's, or undefined for what an actor remembers. A name that
 * is personal in any message is redacted wherever no declaration says that it is not.
 */
export const redact = (fields: PersonalFields, type: string | undefined, value: unknown): unknown => {
  const hide = (name: string, field: unknown): unknown => {
    if (name === '' || field === null || !isPersonalField(fields, type, name, field)) return field;
    return redacted;
  };
  return JSON.parse(JSON.stringify(value, hide) ?? 'null');
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
