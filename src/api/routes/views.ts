// From what the host and the store know to what the API answers: times as ISO strings, moves with their
// addresses. It never looks anything up and never decides which moves are open.
import { toIsoTime } from '../../clock.ts';
import type { Incident, Move } from '../../host.ts';
import type { Product } from '../../shop/stock.ts';
import type { OrderView, UnreadableOrderView } from '../../shop/view.ts';
import type { ActorView } from '../../step/view.ts';
import type { OrderNote, Received } from '../../store.ts';
import { toOrderAddress } from '../edge/cloud-events.ts';
import type { MoveJson } from '../edge/schemas.ts';
import type { IncidentJson, MessageJson, OrderJson, ProductJson, UnreadableOrderJson } from './schemas.ts';

/** The last part of a move's address: a refund makes one more of its refunds. */
export const toMovePath = (move: string): string => (move === 'refund' ? 'refunds' : move);

export const toMoves = (orderId: string, moves: readonly Move[], path: string): MoveJson[] =>
  moves.map(({ move, by, actor, outcomes, upTo, lines }) => ({
    move,
    method: 'POST',
    href: `${path}${toOrderAddress(orderId)}/${toMovePath(move)}`,
    by,
    ...(actor === undefined ? {} : { actor }),
    ...(outcomes === undefined ? {} : { outcomes }),
    ...(upTo === undefined ? {} : { upTo }),
    ...(lines === undefined ? {} : { lines: [...lines] }),
  }));

const toActor = ({ state, description, settled, since }: ActorView) => ({
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

const toLinks = (orderId: string, path: string): OrderJson['links'] => {
  const self = `${path}${toOrderAddress(orderId)}`;
  return {
    self,
    events: `${self}/events`,
    messages: `${self}/messages`,
    stream: `${self}/stream`,
    explain: `${self}/explain`,
  };
};

/** What is known of every order. */
const toKnown = (view: OrderView, path: string) => ({
  incidents: view.incidents.map(toIncident),
  moves: toMoves(view.id, view.moves, path),
  chartVersion: view.chartVersion,
  createdAt: toIsoTime(view.createdAt),
  updatedAt: toIsoTime(view.updatedAt),
  links: toLinks(view.id, path),
});

const toUnreadableOrder = (view: UnreadableOrderView, path: string): UnreadableOrderJson => ({
  id: view.id,
  version: view.version,
  state: view.state,
  settled: view.settled,
  customerId: view.customerId,
  unreadable: view.unreadable,
  ...toKnown(view, path),
});

/** `path`: what clients' addresses begin with. */
export const toOrder = (view: OrderView, path: string): OrderJson | UnreadableOrderJson => {
  if (view.unreadable !== undefined) return toUnreadableOrder(view, path);
  return {
    id: view.id,
    version: view.version,
    state: view.state,
    settled: view.settled,
    actors: Object.fromEntries(Object.entries(view.actors).map(([name, actor]) => [name, toActor(actor)])),
    customerId: view.customerId,
    email: view.email,
    currency: view.currency,
    locale: view.locale,
    reference: view.reference,
    provider: view.provider,
    items: [...view.items],
    adjustments: [...view.adjustments],
    amount: view.amount,
    paidAmount: view.paidAmount,
    refundedAmount: view.refundedAmount,
    refundedLines: [...view.refundedLines],
    disputes: [...view.disputes],
    failure: view.failure,
    problems: [...view.problems],
    deadlines: view.deadlines.map(({ actor, name, dueAt, firstDueAt }) => ({
      ...{ actor, name, dueAt: toIsoTime(dueAt) },
      ...(firstDueAt !== undefined && { firstDueAt: toIsoTime(firstDueAt) }),
    })),
    calls: view.calls.map(({ service, actor, type, key, attempt, at }) => ({
      service,
      actor,
      type,
      key,
      attempt,
      at: toIsoTime(at),
    })),
    correlationId: view.correlationId,
    ...toKnown(view, path),
  };
};

/** One row for each incident, with the moves that are about it. */
export const toIncidents = (view: OrderView, notes: readonly OrderNote[], path: string): IncidentJson[] =>
  view.incidents.map((incident) => ({
    subject: { type: 'order', id: view.id },
    orderId: view.id,
    version: view.version,
    state: view.state,
    ...toIncident(incident),
    assignedTo: notes.findLast(({ kind }) => kind === 'assignment')?.text || null,
    notes: notes.filter(({ kind }) => kind === 'note').length,
    moves: toMoves(
      view.id,
      view.moves.filter(({ actor }) => actor === undefined || actor === incident.actor),
      path,
    ),
    links: {
      order: `${path}${toOrderAddress(view.id)}`,
      explain: `${path}${toOrderAddress(view.id)}/explain`,
      audit: `${path}${toOrderAddress(view.id)}/audit`,
    },
  }));

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
  onSale: product.onSale,
  revision: product.revision,
  onHand: product.onHand,
  held: product.held,
  sold: product.sold,
  available: product.available,
});
