// Orders, messages, calls and products for the tests of stores: small, valid, and different where it counts.
// It asserts nothing.
import type {
  Call,
  CommitResult,
  DecisionContext,
  NewEvent,
  OrderSummary,
  OrderWork,
  OrderWrite,
  Product,
  ProductSetting,
  Received,
  Store,
} from '../../src/store.ts';

export const noon = Date.UTC(2026, 0, 31, 12);
export const lease = { owner: 'host-1', until: noon + 60_000 };
export const free = { owner: '', until: 0 };

export const toSummary = (changes: Partial<OrderSummary> = {}): OrderSummary => ({
  customerId: 'customer-1',
  state: 'validating',
  settled: false,
  incident: false,
  chartVersion: '1',
  createdAt: noon,
  updatedAt: noon,
  ...changes,
});

export const toMessage = (version: number, changes: Partial<Received> = {}): Received => ({
  version,
  messageId: `message-${version}`,
  to: 'order',
  type: 'order.place',
  data: { amount: 17_500 },
  causationId: null,
  correlationId: 'correlation-1',
  disposition: 'applied',
  reason: null,
  at: noon,
  ...changes,
});

export const toEvent = (seq: number, changes: Partial<NewEvent> = {}): NewEvent => ({
  eventId: `event-${seq}`,
  seq,
  actor: 'order',
  type: 'order.created',
  schemaVersion: 1,
  data: { amount: 17_500, items: [{ productId: 'anvil', quantity: 2 }] },
  causationId: 'message-1',
  correlationId: 'correlation-1',
  at: noon,
  ...changes,
});

export const toCall = (orderId: string, callId: string, changes: Partial<Call> = {}): Call => ({
  callId,
  orderId,
  service: 'gateway',
  actor: 'payment',
  command: { type: 'gateway.charge', key: `${orderId}:charge`, attempt: 1, amount: 17_500 },
  causationId: 'message-1',
  correlationId: 'correlation-1',
  at: noon,
  keyFirstUsedAt: noon - 5,
  ...changes,
});

/** A write of one message and no event, on top of `baseVersion`. */
export const toWrite = (baseVersion: number, changes: Partial<OrderWrite> = {}): OrderWrite => ({
  version: baseVersion + 1,
  system: `{"step":${baseVersion + 1}}`,
  summary: toSummary(),
  wakeAt: null,
  received: [toMessage(baseVersion + 1)],
  events: [],
  calls: [],
  finishedCalls: [],
  ...changes,
});

export const toWork = (
  orderId: string,
  baseVersion: number,
  changes: Partial<OrderWrite> = {},
): OrderWork => ({ orderId, baseVersion, decide: async () => toWrite(baseVersion, changes) });

/** Runs `act` inside a commit of a new version of `orderId`, and writes it. */
export const toActing = (
  orderId: string,
  baseVersion: number,
  act: (context: DecisionContext) => Promise<unknown>,
): OrderWork => ({
  orderId,
  baseVersion,
  decide: async (context) => {
    await act(context);
    return toWrite(baseVersion);
  },
});

export const toOutcomes = (results: readonly CommitResult[]): string[] =>
  results.map((result) => result.outcome);

/** @throws Error unless every part of `work` is committed. */
export const commitAll = async (
  store: Store,
  work: readonly OrderWork[],
  of: { readonly owner: string; readonly until: number } = lease,
): Promise<void> => {
  const failed = (await store.commit(work, of)).find((result) => result.outcome !== 'committed');
  if (failed !== undefined) throw new Error(`not committed: ${JSON.stringify(failed)}`, { cause: failed });
};

export const place = (store: Store, orderId: string, changes: Partial<OrderWrite> = {}): Promise<void> =>
  commitAll(store, [toWork(orderId, 0, changes)]);

export const toSetting = (changes: Partial<ProductSetting> = {}): ProductSetting => ({
  name: 'Anvil',
  unitPrice: 5000,
  currency: 'EUR',
  onHand: 10,
  ...changes,
});

/** What acts on stock in a commit of its own, for a new order, and what came of it. */
export const inStock = async <T>(
  store: Store,
  orderId: string,
  act: (context: DecisionContext) => Promise<T>,
): Promise<T> => {
  const before = (await store.load([orderId])).get(orderId)?.version ?? 0;
  const results: T[] = [];
  const remember = async (context: DecisionContext) => results.push(await act(context));
  await commitAll(store, [toActing(orderId, before, remember)]);
  const [result] = results;
  if (result === undefined) throw new Error('nothing came of it');
  return result;
};

/** `onHand`, `held`, `sold` and `available` of a product. */
export const toCounts = (product: Product | undefined): readonly number[] =>
  product === undefined ? [] : [product.onHand, product.held, product.sold, product.available];

/** A promise and what resolves it: to hold a `decide` open for as long as a test needs. */
export const createLatch = () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = () => resolve();
  });
  return { opened, open };
};
