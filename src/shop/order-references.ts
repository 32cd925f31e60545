// Orders by what their caller calls them, such as the id of a cart: one at a time for each reference of a principal. A row names
// the order that has it, and is changed in the commit that places the next one, so two requests at once cannot both get it.
import type { Row, Rows } from '../application.ts';
import { AppError } from '../errors.ts';
import type { Host, Idempotency, Outcome, Placement, Receipt } from '../host.ts';
import { limits } from '../limits.ts';
import type { OrderView } from './view.ts';

export const referenceTable = 'order_references';
interface Named {
  readonly principal: string | undefined;
  readonly reference: string;
}

/** The row of a principal's reference. */
const toReferenceKey = ({ principal, reference }: Named): string =>
  `${referenceTable}/${JSON.stringify([principal ?? null, reference])}`;
/** The order that has the reference. */
export const readReference = (row: Row | undefined): string | undefined => {
  const orderId = row?.['orderId'];
  return typeof orderId === 'string' ? orderId : undefined;
};

/** Another order has the reference. */
class Taken extends AppError {
  readonly orderId: string;

  constructor(orderId: string) {
    super('reference-in-use', `The order ${orderId} has this reference.`, { orderId });
    this.orderId = orderId;
  }
}

/** States from which no order comes back: they leave the reference to the next one. */
const over: ReadonlySet<string> = new Set(['failed', 'rejected', 'cancelled']);

/**
 * Places an order under a reference, unless one that is not over has it.
 * @throws AppError as `Host.place` does, and `reference-in-use` (with `details.orderId` and `details.owner`).
 */
export const placeWithReference = async (
  host: Host<OrderView>,
  placement: Placement,
  named: Named,
  idempotency: Idempotency<OrderView> | undefined,
): Promise<Outcome<Receipt<OrderView>>> => {
  const { orderId } = placement;
  const key = toReferenceKey(named);
  let before: string | undefined;
  for (let tries = 1; ; tries += 1) {
    const last = before;
    const alongside = (rows: Rows): void => {
      const found = readReference(rows.get(key));
      if (found !== undefined && found !== last) throw new Taken(found);
      rows.set(key, { orderId });
    };
    try {
      return await host.place({ ...placement, alongside }, idempotency);
    } catch (error) {
      if (!(error instanceof Taken)) throw error;
      const holder = await host.get(error.orderId);
      if (holder !== undefined && (!over.has(holder.state) || tries === limits.referenceTries)) {
        throw new AppError(error.code, error.message, { ...error.details, owner: holder.owner });
      }
      before = error.orderId;
    }
  }
};
