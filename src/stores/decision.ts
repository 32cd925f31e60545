// One order's part of a commit, as every store runs it: what `decide` may touch and for how long, and what
// it may hand back. It never writes an order. It exists so that no store can forget one of these checks.
import type { DecisionContext, OrderWork, OrderWrite } from '../store.ts';
import { hold, release, type StockRows, sell } from './stock.ts';

/** Where an order stands: its version and the `seq` of its last event; both 0 before it is placed. */
export interface Head {
  readonly version: number;
  readonly lastSeq: number;
}

/**
 * What `work.decide` returns.
 * @throws whatever `decide` threw, and also what a stock operation threw that `decide` swallowed: such an
 * operation may be half done.
 */
export const runDecision = async (
  work: OrderWork,
  rows: StockRows,
  hasReceived: (messageId: string) => boolean,
): Promise<OrderWrite | null> => {
  let running = true;
  let swallowed: { readonly error: unknown } | undefined;
  const perform = async <T>(operation: () => T): Promise<T> => {
    // A promise that `decide` forgot to await would change stock in somebody else's transaction.
    if (!running) throw new Error(`The decision about order ${work.orderId} is over.`);
    try {
      return operation();
    } catch (error) {
      swallowed = { error };
      throw error;
    }
  };
  const context: DecisionContext = {
    stock: {
      products: (productIds) =>
        perform(() => {
          const found = productIds.map((productId) => rows.product(productId));
          return new Map(found.flatMap((product) => (product ? [[product.productId, product]] : [])));
        }),
      hold: (...order) => perform(() => hold(rows, ...order)),
      release: (orderId, at) => perform(() => release(rows, orderId, at)),
      sell: (orderId, at) => perform(() => sell(rows, orderId, at)),
    },
    hasReceived: (messageId) => perform(() => hasReceived(messageId)),
  };
  try {
    const write = await work.decide(context);
    if (swallowed !== undefined) throw swallowed.error;
    return write;
  } finally {
    running = false;
  }
};

const requireGapless = (what: string, numbers: readonly number[], before: number): void => {
  const wrong = numbers.findIndex((number, index) => number !== before + index + 1);
  if (wrong >= 0) throw new Error(`${what} ${numbers[wrong]} should be ${before + wrong + 1}.`);
};

/** @throws Error where `write` does not continue from `head` without a gap: a bug of whoever decided it. */
export const requireContinuation = (orderId: string, head: Head, write: OrderWrite): void => {
  const { version, received, events } = write;
  // A write that leaves the version as it was would be invisible to whoever decides at the same time.
  if (received.length === 0) throw new Error(`A write of order ${orderId} records no message.`);
  if (version !== head.version + received.length) {
    const came = `${head.version} and ${received.length} messages`;
    throw new Error(`Version ${version} of order ${orderId} does not follow from ${came}.`);
  }
  const versions = received.map((message) => message.version);
  requireGapless(`Order ${orderId}: message version`, versions, head.version);
  requireGapless(
    `Order ${orderId}: event seq`,
    events.map((event) => event.seq),
    head.lastSeq,
  );
};
