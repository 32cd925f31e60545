// Makes messages that could come, from their declarations: a reply's fields are taken from the example that its
// command declares, then from what the command and the actors know, and are made up last. It sends nothing.
import { z } from 'zod';
import type { Messages } from './application.ts';

export type ExampleMessage = { readonly type: string } & Readonly<Record<string, unknown>>;

/** What is known under a field's name; undefined: nothing. */
export type Lookup = (name: string) => unknown;

const fieldSchema = z.looseObject({
  type: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
  minItems: z.number().optional(),
  anyOf: z.array(z.unknown()).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  format: z.string().optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
});

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The type as JSON Schema names it; integers are numbers here. */
const toTypeName = (value: unknown): string =>
  Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;

const isOfType = (value: unknown, type: string | undefined): boolean =>
  value !== '' && toTypeName(value) === (type === 'integer' ? 'number' : type);

/** Fills every field of the message, and of objects within it those that are required. */
const fill = (schema: unknown, name: string, given: unknown, lookup: Lookup, isTop = false): unknown => {
  const field = fieldSchema.parse(schema);
  const { properties, required = [], items, anyOf, type } = field;
  if (properties) {
    const values = isObject(given) ? given : {};
    const names = Object.keys(properties).filter(
      (each) => isTop || required.includes(each) || values[each] !== undefined,
    );
    return Object.fromEntries(
      names.map((each) => [each, fill(properties[each], each, values[each], lookup)]),
    );
  }
  if (Array.isArray(given)) return given.map((each) => fill(items, '', each, lookup));
  if (given !== undefined) return given;
  const found = lookup(name);
  if (isOfType(found, type)) return found;
  if (anyOf) return fill(anyOf[0], name, undefined, lookup);
  if (type === 'array') return field.minItems ? [fill(items, '', undefined, lookup)] : [];
  return makeUp(field);
};

const makeUp = (field: z.infer<typeof fieldSchema>): unknown => {
  if (field.const !== undefined) return field.const;
  if (field.enum) return field.enum[0];
  switch (field.type) {
    case 'string':
      return field.format?.endsWith('email') ? 'someone@example.com' : 'example';
    case 'number':
    case 'integer':
      return field.minimum ?? (field.exclusiveMinimum ?? 0) + 1;
    case 'boolean':
      return false;
    default:
      return null;
  }
};

/** The first value under `name` anywhere within `value`. */
export const findField = (value: unknown, name: string): unknown => {
  if (typeof value !== 'object' || value === null) return undefined;
  if (isObject(value) && Object.hasOwn(value, name)) return value[name];
  for (const inner of Object.values(value)) {
    const found = findField(inner, name);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** A message of the type, with what `given` says of its fields. */
export const toExample = (
  messages: Messages,
  type: string,
  given: Readonly<Record<string, unknown>>,
  lookup: Lookup,
): ExampleMessage => {
  const payload = messages[type]?.payload;
  if (payload === undefined) return { ...given, type };
  const filled = fill(z.toJSONSchema(payload, { unrepresentable: 'any' }), '', given, lookup, true);
  return { ...(isObject(filled) ? filled : given), type };
};
