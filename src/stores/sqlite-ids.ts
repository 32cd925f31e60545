// Ids in the file: most begin with the id of the order that they belong to, which its row says already. They
// are kept with ~ in its place. It exists because ids were a third of what the history took.

/** What is written for `id` in a row of `orderId`: `~/events/3`; a caller's id that begins with ~ gets a second one. */
export const toShortId = (orderId: string, id: string): string => {
  if (id.startsWith(`${orderId}/`)) return `~${id.slice(orderId.length)}`;
  return id.startsWith('~') ? `~${id}` : id;
};

/** The id that `toShortId` made `short` of. */
export const fromShortId = (orderId: string, short: string): string => {
  if (short.startsWith('~/')) return `${orderId}${short.slice(1)}`;
  return short.startsWith('~') ? short.slice(1) : short;
};
