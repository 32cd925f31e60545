// From what the host and the store know to what the API answers: times as ISO strings, moves with their
// addresses. It never looks anything up and never decides which moves are open.
import { toIsoTime } from '../clock.ts';
import type { Incident, Move, OrderView } from '../host.ts';
import type { JournalEvent, Product, Received } from '../store.ts';
import type {
  CloudEventJson,
  IncidentJson,
  MessageJson,
  MoveJson,
  OrderJson,
  ProductJson,
} from './schemas.ts';

export const toOrderAddress = (orderId: string): string => `/orders/${encodeURIComponent(orderId)}`;
export const toETag = (version: number): string => `"${version}"`;

export const toMoves = (orderId: string, allowed: readonly Move[]): MoveJson[] =>
  allowed.map(({ move, by, actor, outcomes, upTo }) => ({
    move,
    method: 'POST',
    href: `${toOrderAddress(orderId)}/${move}`,
    by,
    ...(actor === undefined ? {} : { actor }),
    ...(outcomes === undefined ? {} : { outcomes }),
    ...(upTo === undefined ? {} : { upTo }),
  }));

const toActor = ({ state, description, settled, since }: OrderView['actors']['order']) => ({
  state,
  description,
  settled,
  since: toIsoTime(since),
});

export const toIncident = ({ actor, reason, text, since }: Incident) => ({
  actor,
  reason,
  text,
  since: toIsoTime(since),
});

export const toOrder = (view: OrderView): OrderJson => {
  const self = toOrderAddress(view.id);
  return {
    id: view.id,
    version: view.version,
    state: view.state,
    settled: view.settled,
    actors: {
      order: toActor(view.actors.order),
      inventory: toActor(view.actors.inventory),
      payment: toActor(view.actors.payment),
      notification: toActor(view.actors.notification),
    },
    customerId: view.customerId,
    email: view.email,
    currency: view.currency,
    items: [...view.items],
    amount: view.amount,
    paidAmount: view.paidAmount,
    refundedAmount: view.refundedAmount,
    failure: view.failure,
    problems: [...view.problems],
    incidents: view.incidents.map(toIncident),
    deadlines: view.deadlines.map(({ actor, name, dueAt }) => ({ actor, name, dueAt: toIsoTime(dueAt) })),
    calls: view.calls.map(({ actor, type, key, attempt, at }) => ({
      actor,
      type,
      key,
      attempt,
      at: toIsoTime(at),
    })),
    allowed: toMoves(view.id, view.allowed),
    correlationId: view.correlationId,
    chartVersion: view.chartVersion,
    createdAt: toIsoTime(view.createdAt),
    updatedAt: toIsoTime(view.updatedAt),
    ...(view.unreadable === undefined ? {} : { unreadable: view.unreadable }),
    links: {
      self,
      events: `${self}/events`,
      messages: `${self}/messages`,
      stream: `${self}/stream`,
      explain: `${self}/explain`,
    },
  };
};

/** One row for each thing that waits for a person, with the moves that are about it. */
export const toIncidents = (view: OrderView): IncidentJson[] =>
  view.incidents.map((incident) => ({
    orderId: view.id,
    version: view.version,
    state: view.state,
    ...toIncident(incident),
    moves: toMoves(
      view.id,
      view.allowed.filter(({ actor }) => actor === undefined || actor === incident.actor),
    ),
    links: { order: toOrderAddress(view.id), explain: `${toOrderAddress(view.id)}/explain` },
  }));

/** CloudEvents 1.0 with the extensions `sequence`, `position`, `correlationid` and `causationid`. */
export const toCloudEvent = (event: JournalEvent): CloudEventJson => ({
  specversion: '1.0',
  id: event.eventId,
  source: toOrderAddress(event.orderId),
  type: event.type,
  subject: event.orderId,
  time: toIsoTime(event.at),
  datacontenttype: 'application/json',
  dataschema: `/schemas/${event.type}/${event.schemaVersion}`,
  data: event.data,
  sequence: String(event.seq),
  position: String(event.position),
  correlationid: event.correlationId,
  causationid: event.causationId,
});

export const toMessage = (received: Received): MessageJson => ({
  version: received.version,
  id: received.messageId,
  to: received.to,
  type: received.type,
  data: received.data,
  causationId: received.causationId,
  correlationId: received.correlationId,
  disposition: received.disposition,
  reason: received.reason,
  at: toIsoTime(received.at),
});

export const toProduct = (product: Product): ProductJson => ({
  productId: product.productId,
  name: product.name,
  unitPrice: product.unitPrice,
  currency: product.currency,
  onHand: product.onHand,
  held: product.held,
  sold: product.sold,
  available: product.available,
});
