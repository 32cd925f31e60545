// Orders, messages, calls and rows for the tests of stores: small, valid, and different where it counts. It asserts
// nothing.
import type { RowChanges } from '../../src/application.ts';
import type {
  BatchWrite,
  Call,
  IdempotencyRecord,
  Needs,
  NewEvent,
  OrderSummary,
  OrderWrite,
  Received,
  Store,
} from '../../src/store.ts';

export const noon = Date.UTC(2026, 0, 31, 12);
export const lease = { owner: 'host-1', until: noon + 60_000 };
export const free = { owner: '', until: 0 };
export const noRows: RowChanges = { changed: [], appended: [] };

export const toSummary = (changes: Partial<OrderSummary> = {}): OrderSummary => ({
  owner: 'customer-1',
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
  kind: 'message',
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
  chartVersion: '1',
  keyFirstUsedAt: noon - 5,
  ...changes,
});

export const toRecord = (changes: Partial<IdempotencyRecord> = {}): IdempotencyRecord => ({
  scope: 'POST /orders',
  key: 'key-1',
  fingerprint: 'abc',
  orderId: 'a',
  status: 202,
  body: '{"id":"a"}',
  version: 1,
  at: noon,
  ...changes,
});

/** A write of one message and no event, on top of `baseVersion`. Its last event is the last of `changes`. */
export const toWrite = (
  orderId: string,
  baseVersion: number,
  changes: Partial<OrderWrite> = {},
): OrderWrite => ({
  orderId,
  baseVersion,
  version: baseVersion + 1,
  lastSeq: changes.events?.at(-1)?.seq ?? 0,
  system: `{"step":${baseVersion + 1}}`,
  summary: toSummary(),
  wakeAt: null,
  received: [toMessage(baseVersion + 1)],
  events: [],
  calls: [],
  finishedCalls: [],
  idempotency: [],
  ...changes,
});

export const toNeeds = (orderIds: readonly string[], changes: Partial<Needs> = {}): Needs => ({
  orders: new Map(orderIds.map((orderId) => [orderId, undefined])),
  received: [],
  keys: [],
  rows: [],
  ...changes,
});

/** Opens a batch about the orders of `orders`, and writes them. */
export const write = async (
  store: Store,
  orders: readonly OrderWrite[],
  changes: Partial<Pick<BatchWrite, 'rows' | 'lease' | 'idempotency'>> = {},
): Promise<void> => {
  const batch = await store.open(toNeeds(orders.map(({ orderId }) => orderId)));
  try {
    await batch.write({ orders, rows: noRows, lease, ...changes });
  } finally {
    batch.release();
  }
};

export const place = (store: Store, orderId: string, changes: Partial<OrderWrite> = {}): Promise<void> =>
  write(store, [toWrite(orderId, 0, changes)]);
