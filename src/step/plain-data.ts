// Plain JSON data: what is the same after it is stored and read again. Freezes what charts and callers give, and
// refuses, with its path, what a JSON round trip would change. It never changes a value, it only freezes it.

/** Deeper data is refused: nothing that a chart works with is so deep, and JSON itself fails on some of it. */
const maximumDepth = 100;

interface Place {
  readonly value: object;
  readonly key: string | number;
  readonly parent: Place | undefined;
  readonly depth: number;
}

/** Says where a value is that cannot be stored, and why: `context.items[0].at is an instance of Date`. */
export class NotPlainData extends Error {}

/** `copy`: somebody else may hold the value, and only what is frozen is kept as it is. `keep`: freeze it in place. */
type Mode = 'copy' | 'keep';
type Known = Readonly<Record<string, unknown>>;

/**
 * A frozen copy of a caller's record without the properties that are undefined. `name` begins the path in an error.
 * @throws NotPlainData
 */
export const copyPlain = <T extends Record<string, unknown>>(record: T, name: string): T =>
  freezeRecord(record, toRoot(record, name), 'copy');

/**
 * Freezes a record that a chart made, in place unless properties that are undefined must be left out. What it has
 * in common with a record that is `known` was checked and frozen with that one.
 * @throws NotPlainData
 */
export const keepPlain = <T extends Known>(record: T, name: string, known: readonly Known[] = []): T =>
  freezeRecord(record, toRoot(record, name), 'keep', known);

/**
 * The same of any value.
 * @throws NotPlainData
 */
export const keepPlainValue = (value: unknown, name: string): unknown =>
  freeze(value, name, undefined, 'keep');

const toRoot = (value: object, key: string): Place => ({ value, key, parent: undefined, depth: 0 });

/** Freezes what was parsed from JSON, in place: nobody else has it, and it needs no check. */
export const freezeParsed = (value: unknown): void => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  for (const part of Object.values(value)) freezeParsed(part);
  Object.freeze(value);
};

const freeze = (value: unknown, key: string | number, parent: Place | undefined, mode: Mode): unknown => {
  if (typeof value === 'string' || typeof value === 'boolean' || value === undefined || value === null) {
    return value;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return refuse(key, parent, `is ${value}`);
    return Object.is(value, -0) ? refuse(key, parent, 'is -0') : value;
  }
  if (typeof value !== 'object') return refuse(key, parent, `is a ${typeof value}`);
  const place: Place = { value, key, parent, depth: (parent?.depth ?? 0) + 1 };
  requireTree(place);
  return Array.isArray(value)
    ? freezeArray(value, place, mode)
    : freezeRecord(value as Record<string, unknown>, place, mode);
};

const requireTree = ({ value, key, parent, depth }: Place): void => {
  if (depth > maximumDepth) refuse(key, parent, `is more than ${maximumDepth} levels deep`);
  for (let around = parent; around !== undefined; around = around.parent) {
    if (around.value === value) refuse(key, parent, 'contains itself');
  }
};

const freezeRecord = <T extends Record<string, unknown>>(
  record: T,
  place: Place,
  mode: Mode,
  known: readonly Known[] = [],
): T => {
  const prototype: unknown = Object.getPrototypeOf(record);
  if (prototype !== Object.prototype && prototype !== null)
    refuse(place.key, place.parent, nameClass(prototype));
  const symbols = Object.getOwnPropertySymbols(record);
  if (symbols.length > 0)
    refuse(place.key, place.parent, `has the key ${String(symbols[0])}, which is no string`);
  const names = Object.getOwnPropertyNames(record);
  if (names.length !== Object.keys(record).length) refuseHidden(record, names, place);
  let result = mode === 'keep' || Object.isFrozen(record) ? record : { ...record };
  for (const name of names) {
    // Object.assign, and so XState's `assign`, would make it the prototype.
    if (name === '__proto__') refuse(name, place, 'is not allowed as a name');
    const part: unknown = result[name];
    if (typeof part === 'string' || typeof part === 'boolean' || isKnown(part, name, known)) continue;
    const frozen = freeze(part, name, place, mode);
    if (frozen !== part || frozen === undefined) result = withPart(result, record, name, frozen);
  }
  return Object.freeze(result);
};

const isKnown = (part: unknown, name: string, known: readonly Known[]): boolean => {
  if (typeof part !== 'object') return false;
  for (const each of known) if (each[name] === part) return true;
  return false;
};

/** Never changes the record that was given. */
const withPart = <T extends Record<string, unknown>>(result: T, given: T, name: string, part: unknown): T => {
  const changed = result === given ? { ...given } : result;
  const parts: Record<string, unknown> = changed;
  if (part === undefined) delete parts[name];
  else parts[name] = part;
  return changed;
};

const freezeArray = (values: readonly unknown[], place: Place, mode: Mode): readonly unknown[] => {
  const prototype: unknown = Object.getPrototypeOf(values);
  if (prototype !== Array.prototype) refuse(place.key, place.parent, nameClass(prototype));
  const parts: unknown[] = [];
  let isKept = mode === 'keep' || Object.isFrozen(values);
  for (let index = 0; index < values.length; index += 1) {
    const part = values[index];
    if (part === undefined) refuse(index, place, 'is undefined, which JSON turns into null');
    const frozen = freeze(part, index, place, mode);
    isKept = isKept && frozen === part;
    parts.push(frozen);
  }
  // Besides its elements an array has its length.
  if (Reflect.ownKeys(values).length !== values.length + 1) {
    refuse(place.key, place.parent, 'is an array with other properties than its elements');
  }
  return Object.freeze(isKept ? values : parts);
};

const refuseHidden = (record: object, names: readonly string[], place: Place): never => {
  const enumerable = new Set(Object.keys(record));
  const hidden = names.find((name) => !enumerable.has(name));
  return refuse(String(hidden), place, 'is not enumerable, so JSON leaves it out');
};

const nameClass = (prototype: unknown): string => {
  const isClass =
    typeof prototype === 'object' &&
    prototype !== null &&
    Object.hasOwn(prototype, 'constructor') &&
    typeof prototype.constructor === 'function' &&
    prototype.constructor.name !== '';
  return isClass ? `is an instance of ${prototype.constructor.name}` : 'has a prototype of its own';
};

const refuse = (key: string | number, parent: Place | undefined, problem: string): never => {
  throw new NotPlainData(`${toPath(key, parent)} ${problem}`);
};

/** Outermost first; of a very deep place only the beginning. */
const toPath = (key: string | number, parent: Place | undefined): string => {
  const keys = [key];
  for (let around = parent; around !== undefined; around = around.parent) keys.unshift(around.key);
  const [first, ...rest] = keys;
  const shown = rest.slice(0, 10).map(toPart).join('');
  return `${first}${shown}${rest.length > 10 ? '…' : ''}`;
};

const toPart = (key: string | number): string => {
  if (typeof key === 'number') return `[${key}]`;
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
};
