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
