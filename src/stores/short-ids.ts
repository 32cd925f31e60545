// Texts of an order in the file: many are the order's id, or begin with it, and its row says that already. They are kept
// with ~ in its place. It exists because ids were a third of what the history took.

/** What is written for `id` in a row of `orderId`: `~/events/3`; a text that begins with ~ gets a second one. */
export const toShortId = (orderId: string, id: string): string => {
  if (id.startsWith(orderId) && (id.length === orderId.length || id[orderId.length] === '/')) {
    return `~${id.slice(orderId.length)}`;
  }
  return id.startsWith('~') ? `~${id}` : id;
};

/** The id that `toShortId` made `short` of. */
export const fromShortId = (orderId: string, short: string): string => {
  if (short === '~' || short.startsWith('~/')) return `${orderId}${short.slice(1)}`;
  return short.startsWith('~~') ? short.slice(1) : short;
};

/** How a JSON text has `orderId` at the start of a text, without the quote that ends it. */
const inJson = (orderId: string): string => JSON.stringify(orderId).slice(0, -1);

/** The JSON `text` with its order's id shortened wherever a text in it is that id or begins with it. */
export const shortenIds = (orderId: string, text: string): string => {
  const start = inJson(orderId);
  const [head = '', ...rest] = text.replaceAll('"~', '"~~').split(start);
  let short = head;
  for (const part of rest) short += part.startsWith('/') || part.startsWith('"') ? `"~${part}` : start + part;
  return short;
};

/** The text that `shortenIds` made `short` of. */
export const restoreIds = (orderId: string, short: string): string => {
  const start = inJson(orderId);
  // Replaced by functions: a $ in an id means nothing.
  return short
    .replaceAll('"~/', () => `${start}/`)
    .replaceAll('"~"', () => `${start}"`)
    .replaceAll('"~~', '"~');
};
