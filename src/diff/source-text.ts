// The text of what a chart is made of: of a guard, an action, a delay, their parameters, a context. Two of them are the
// same if their texts are. It follows neither the functions that a function calls nor the variables that it closes over.

/** What XState adds to each of its functions, the same for all of a kind. */
const ofXState = new Set(['resolve', 'execute', 'check', 'toJSON']);

/** The source of functions, JSON for the rest, on one line. */
export const toSource = (value: unknown): string => toText(value, []);

/** Like `toSource`, without what a formatter may change. */
export const toComparable = (value: unknown): string => squeeze(toSource(value));

const toText = (value: unknown, around: readonly unknown[]): string => {
  if (around.includes(value)) return '…';
  if (typeof value === 'function') {
    const parts = Object.entries(value).filter(([name]) => !ofXState.has(name));
    return parts.length === 0
      ? collapse(String(value))
      : `${value.name}(${partsToText(parts, [...around, value])})`;
  }
  if (Array.isArray(value)) return `[${value.map((each) => toText(each, [...around, value])).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
    return `{ ${partsToText(parts, [...around, value])} }`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
};

const partsToText = (parts: readonly (readonly [string, unknown])[], around: readonly unknown[]): string =>
  parts.map(([name, part]) => `${name}: ${toText(part, around)}`).join(', ');

/** Texts in quotes stay as they are; alternatives are tried in this order. */
const quoted = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/;

const outsideQuotes = (text: string, pattern: RegExp, replace: (found: string) => string): string =>
  text.replace(new RegExp(`(${quoted.source})|${pattern.source}`, 'g'), (found, inQuotes) =>
    inQuotes === undefined ? replace(found) : found,
  );

const collapse = (text: string): string => outsideQuotes(text, /\s+/, () => ' ');

const squeeze = (text: string): string => {
  const tight = outsideQuotes(text, /\s*[^\w\s$'"`]\s*/, (found) => found.trim());
  return outsideQuotes(tight, /,[)\]}]/, (found) => found.slice(1));
};
