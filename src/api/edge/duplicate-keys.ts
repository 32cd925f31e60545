// Finds a key that an object of a JSON text has twice. JSON.parse keeps the last one without a word, and another reader
// on the way may have kept the first. It expects a text that JSON.parse takes.

/** Strings (and whether they are keys), and what begins, ends or separates values. */
const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\],]/gs;

interface Open {
  /** Undefined: a list. */
  readonly keys: Set<string> | undefined;
  /** The key or index of the value that is read now. */
  place: string | number;
}

const toKey = (token: string): string => {
  const end = token.lastIndexOf('"');
  return token.includes('\\') ? String(JSON.parse(token.slice(0, end + 1))) : token.slice(1, end);
};

/** The path of the first key that is there twice; undefined if there is none. */
export const findDuplicateKey = (text: string): readonly string[] | undefined => {
  const open: Open[] = [];
  tokens.lastIndex = 0;
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text)) {
    const [token, colon] = match;
    const inner = open.at(-1);
    if (colon !== undefined && inner?.keys !== undefined) {
      inner.place = toKey(token);
      if (inner.keys.has(inner.place)) return open.map(({ place }) => String(place));
      inner.keys.add(inner.place);
    } else if (token === '{') open.push({ keys: new Set(), place: '' });
    else if (token === '[') open.push({ keys: undefined, place: 0 });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',' && typeof inner?.place === 'number') inner.place += 1;
  }
  return undefined;
};
