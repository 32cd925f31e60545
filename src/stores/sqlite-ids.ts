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
