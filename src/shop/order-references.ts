// Orders by what their caller calls them, such as the id of a cart: one at a time for each reference of a principal. It decides
// nothing; whether an earlier order stands in the way is for whoever places the next one.
import type { Row } from '../application.ts';

export const referenceTable = 'order_references';
/** The row of a principal's reference. */
export const toReferenceKey = (principal: string | undefined, reference: string): string =>
  `${referenceTable}/${JSON.stringify([principal ?? null, reference])}`;
/** The order that has the reference. */
export const readReference = (row: Row | undefined): string | undefined => {
  const orderId = row?.['orderId'];
  return typeof orderId === 'string' ? orderId : undefined;
};
