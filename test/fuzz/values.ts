// Values for the fuzz, made from the document's schemas: valid, almost valid, and hostile ones. A value is a JSON text,
// because many hostile ones cannot be JavaScript values.
import fc from 'fast-check';
import type { Schema } from './document.ts';

/** Numbers and strings that are valid JSON and often break programs. */
const hostileTexts: readonly string[] = [
  '9007199254740991',
  '9007199254740993',
  '-9007199254740993',
  '-0',
  '-0.0',
  '-1',
  '0',
  '0.1',
  '1e999',
  '-1e999',
  '1e-400',
  '1E3',
  '99999999999999999999999999999999',
  'null',
  'true',
  'false',
  '""',
  '" "',
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u202e\\ufeff"',
  '"\\r\\nSet-Cookie: a=b"',
  '"__proto__"',
  '"constructor"',
  '"\' OR 1=1 --"',
  '"../../../etc/passwd"',
  '"{{7*7}}"',
  '[]',
  '[null]',
  '{}',
  '{"__proto__":{"settled":true}}',
  '{"constructor":{"prototype":{}}}',
  '{"toString":1}',
];

/** Texts that are long, deep or not JSON. Rare, because each is slow. */
const costly: fc.Arbitrary<string> = fc.oneof(
  fc.integer({ min: 190, max: 300 }).map((length) => `"${'x'.repeat(length)}"`),
  fc.integer({ min: 900, max: 300_000 }).map((length) => `"${'y'.repeat(length)}"`),
  fc.integer({ min: 8, max: 14 }).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
  fc.integer({ min: 1000, max: 30_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.integer({ min: 150, max: 400 }).map((lines) => `[${Array(lines).fill('{}').join()}]`),
  fc.constantFrom('NaN', 'Infinity', '1.', '01', "'a'", '{a:1}', '[1,]', '"\u0001"', 'undefined', '\ufeff1'),
);

const hostile: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...hostileTexts) },
  { weight: 2, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 1, arbitrary: costly },
);

/** Letters of many kinds, but none that our schemas forbid. */
const letters = fc.constantFrom(...'abcXYZ019-_.~/ éß漢🛒%"\\&<>');
const plainText = (schema: Schema): fc.Arbitrary<string> =>
  fc
    .array(letters, { minLength: schema.minLength ?? 0, maxLength: Math.min(schema.maxLength ?? 40, 40) })
    .map((parts) => parts.join('').trim() || 'x');

const patterned = (pattern: string): fc.Arbitrary<string> | undefined => {
  // Letters match these; fast-check does not support look-behinds and Unicode classes.
  if (/\\p\{|\?<!|\?!/.test(pattern)) return undefined;
  return fc.stringMatching(new RegExp(pattern), { maxLength: 60 });
};

/** A text that matches the schema (as a plain string, not as JSON). */
export const textOf = (schema: Schema): fc.Arbitrary<string> => {
  if (schema.enum) return fc.constantFrom(...schema.enum.map(String));
  if (schema.type === 'integer') return integerOf(schema).map(String);
  if (schema.format === 'idn-email') {
    return fc.constantFrom(
      'ada@example.com',
      "o'neil+tag@mail.example.org",
      'käufer@münchen.example',
      '"a b"@x.example',
    );
  }
  if (schema.format === 'date-time') {
    return fc.constantFrom('2026-01-31T12:00:00Z', '1970-01-01T00:00:00.001+05:30', '9999-12-31T23:59:59Z');
  }
  return (schema.pattern === undefined ? undefined : patterned(schema.pattern)) ?? plainText(schema);
};

const integerOf = ({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Schema): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: minimum, max: Math.min(maximum, minimum + 20) }),
    fc.integer({ min: minimum, max: maximum }),
    fc.constantFrom(minimum, maximum),
  );

/** Existing names for fields, whatever their schema. */
export type Known = (name: string) => fc.Arbitrary<string> | undefined;

/** What is drawn for these optional fields hardly ever agrees with the rest of a body. */
const seldom: ReadonlySet<string> = new Set(['adjustments', 'total', 'unitPrice']);

/** A JSON text that matches the schema; fields with `known` names have existing values. */
const validOf = (schema: Schema, known: Known): fc.Arbitrary<string> => {
  const choices = (schema.oneOf ?? schema.anyOf ?? []).filter((each) => typeof each === 'object');
  if (choices.length > 0) return fc.oneof(...choices.map((each) => validOf(each, known)));
  if (schema.type === 'boolean') return fc.constantFrom(...(schema.enum ?? [true, false]).map(String));
  if (schema.type === 'null') return fc.constant('null');
  if (schema.type === 'object') {
    const fields = Object.entries(schema.properties ?? {}).map(([name, of]) => {
      const isRequired = schema.required?.includes(name) === true;
      const value = fieldOf(name, of, known).map((text) => `${JSON.stringify(name)}:${text}`);
      return isRequired ? value : optionally(value, seldom.has(name) ? 8 : 1);
    });
    return fc.tuple(...fields).map((parts) => `{${parts.filter((part) => part !== '').join()}}`);
  }
  if (schema.type === 'array' && typeof schema.items === 'object' && !Array.isArray(schema.items)) {
    const least = schema.minItems ?? 0;
    return fc
      .array(validOf(schema.items, known), { minLength: least, maxLength: least + 3 })
      .map((parts) => `[${parts.join()}]`);
  }
  return schema.type === 'integer'
    ? integerOf(schema).map(String)
    : textOf(schema).map((text) => JSON.stringify(text));
};

const optionally = (value: fc.Arbitrary<string>, without: number): fc.Arbitrary<string> =>
  fc.oneof({ weight: without, arbitrary: fc.constant('') }, { weight: 1, arbitrary: value });

const fieldOf = (name: string, schema: boolean | Schema, known: Known): fc.Arbitrary<string> => {
  const exists = known(name);
  const right = typeof schema === 'boolean' ? fc.constant('1') : validOf(schema, known);
  return exists === undefined
    ? right
    : fc.oneof(
        { weight: 6, arbitrary: exists.map((text) => (/^\d+$/.test(text) ? text : JSON.stringify(text))) },
        { weight: 1, arbitrary: right },
      );
};

interface Place {
  readonly start: number;
  readonly end: number;
}

/** The places of values (and of fields with their names) in a JSON text, as far as a few patterns find them. */
const findPlaces = (text: string): readonly Place[] =>
  [...text.matchAll(/"(?:[^"\\]|\\.)*"(?::(?:"(?:[^"\\]|\\.)*"|[-\w.]+))?|\[[^[\]]*\]|-?\d[\w.]*/g)].map(
    (found) => ({
      start: found.index,
      end: found.index + found[0].length,
    }),
  );

type Change = (text: string, place: Place, other: string) => string;
const changes: readonly Change[] = [
  (text, { start, end }, other) => text.slice(0, start) + other + text.slice(end),
  (text, { start, end }) => text.slice(0, start) + text.slice(end),
  (text, { start, end }) => `${text.slice(0, end)},${text.slice(start, end)}${text.slice(end)}`,
  (text, { start, end }, other) => {
    const colon = text.slice(start, end).indexOf('":');
    return colon < 0 ? text : `${text.slice(0, start + colon + 2)}${other}${text.slice(end)}`;
  },
  (text, { start }, other) => `${text.slice(0, start)}"unknown":${other},${text.slice(start)}`,
  (text, { start }) => text.slice(0, start),
];

/** A body for a schema: valid, almost valid, or hostile. */
export const bodyOf = (schema: Schema, known: Known): fc.Arbitrary<string> => {
  const valid = validOf(schema, known);
  const almost = fc
    .tuple(valid, fc.nat(), fc.constantFrom(...changes), hostile)
    .map(([text, which, change, other]) => {
      const places = findPlaces(text);
      const place = places[which % Math.max(1, places.length)];
      return place === undefined ? text : change(text, place, other);
    });
  return fc.oneof(
    { weight: 6, arbitrary: valid },
    { weight: 5, arbitrary: almost },
    { weight: 1, arbitrary: hostile },
  );
};
