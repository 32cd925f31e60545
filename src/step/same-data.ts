// Compares plain data.

/** Whether two values are the same as JSON, whatever the order of their properties. */
export const isSameData = (one: unknown, other: unknown): boolean => {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const properties = definedEntries(one);
  const others = new Map(definedEntries(other));
  return (
    properties.length === others.size &&
    properties.every(([name, value]) => others.has(name) && isSameData(value, others.get(name)))
  );
};

const definedEntries = (value: object): [string, unknown][] =>
  Object.entries(value).filter(([, part]) => part !== undefined);

/** The path to the first place in which two values differ as JSON; undefined if there is none. It shows no value. */
export const findDifferentPath = (one: unknown, other: unknown, path = ''): string | undefined => {
  if (Array.isArray(one) && Array.isArray(other)) {
    if (one.length !== other.length) return `${path}.length`;
    return findFirst(one.keys(), (index) => findDifferentPath(one[index], other[index], `${path}[${index}]`));
  }
  if (isObject(one) && isObject(other)) {
    const names = new Set([...Object.keys(one), ...Object.keys(other)]);
    return findFirst(names, (name) =>
      findDifferentPath(one[name], other[name], path === '' ? name : `${path}.${name}`),
    );
  }
  return one === other ? undefined : path || 'all of it';
};

/** The path to the first field that only one of two objects has, whatever the values are. */
export const findOtherField = (one: unknown, other: unknown, path = ''): string | undefined => {
  if (!isObject(one) || !isObject(other)) return undefined;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return findFirst(names, (name) => {
    const inner = path === '' ? name : `${path}.${name}`;
    return name in one && name in other ? findOtherField(one[name], other[name], inner) : inner;
  });
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const findFirst = <T>(items: Iterable<T>, find: (item: T) => string | undefined): string | undefined => {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
};
