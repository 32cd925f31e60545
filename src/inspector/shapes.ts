// What the inspector's server says to its page, as JSON: charts, the flow of all orders, the points of one
// order's timeline. Types, and one list of names; both sides import them, so that neither can drift from the other.
import type { ActorName } from '../../machines/messages.ts';
import type { MatrixRow } from '../step/matrix.ts';
import type { OrderView } from '../step/view.ts';

export interface ChartNode {
  /** Dotted path of the state; empty for the chart itself. */
  readonly path: string;
  readonly parent: string | null;
  readonly name: string;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final';
  readonly description: string;
  readonly tags: readonly string[];
  readonly isInitial: boolean;
}

/** All transitions between the same two states. */
export interface ChartEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly causes: readonly {
    readonly on: string;
    readonly kind: 'message' | 'deadline' | 'always';
    readonly guard: string;
  }[];
}

export interface Chart {
  readonly name: string;
  readonly version: string;
  readonly nodes: readonly ChartNode[];
  readonly edges: readonly ChartEdge[];
  readonly matrix: readonly MatrixRow[];
  /** The machine's own definition, for tools that read XState's JSON. */
  readonly definition: unknown;
}

/** How much of a chart the model-based tests met: of its states, transitions, deadlines or guards' answers. */
export interface Coverage {
  readonly chart: string;
  readonly what: string;
  readonly tested: number;
  readonly possible: number;
  /** What of this chart was not met. */
  readonly missing: readonly string[];
}

/** What passed between the parts of an order within one step. */
interface PassedMessage {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The order after one recorded (or supposed) message. */
export interface Point {
  readonly version: number;
  /** ms since 1970, as every time here. */
  readonly at: number;
  readonly messageId: string;
  readonly kind: 'message' | 'reply' | 'deadline';
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly causationId: string | null;
  readonly disposition: string;
  readonly reason: string | null;
  readonly passed: readonly PassedMessage[];
  readonly events: readonly { readonly actor: string; readonly type: string }[];
  /** The edges of each chart that were taken, by the ids of the edges. */
  readonly taken: Readonly<Record<string, readonly string[]>>;
  readonly view: OrderView;
  /** Contexts of the actors that this message changed. */
  readonly contexts: Readonly<Partial<Record<ActorName, Readonly<Record<string, unknown>>>>>;
}

/** A message that could come now. */
export interface Possibility {
  readonly label: string;
  /** `late`: an answer that comes again, or that nobody waits for any more. */
  readonly kind: 'reply' | 'deadline' | 'move' | 'late';
  /** What to send back to the server to suppose it. */
  readonly supposed: Supposed;
}

export type Supposed =
  | { readonly kind: 'reply'; readonly callId: string; readonly message: { readonly type: string } }
  | { readonly kind: 'deadline'; readonly key: string; readonly dueAt: number }
  | { readonly kind: 'message'; readonly to: string; readonly message: { readonly type: string } };

export interface WhatIf {
  readonly points: readonly Point[];
  readonly possible: readonly Possibility[];
}

export interface FlowState {
  readonly count: number;
  readonly incidents: number;
  readonly medianMs: number;
  readonly oldestMs: number;
}

/** One second of everything. */
export interface Sample {
  readonly at: number;
  readonly placed: number;
  /** Completed, rejected, failed or cancelled. */
  readonly ended: number;
  readonly completed: number;
  readonly declined: number;
  readonly incidents: number;
  readonly commits: number;
  readonly queue: number;
  /** Time from placing to the outcome of the orders that ended in this second (ms), or null. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface ServiceHealth {
  readonly name: string;
  readonly answers: number;
  readonly troubles: number;
  readonly lastAt: number | null;
}

/** Sent every second, whatever the number of orders. */
export interface FlowFrame {
  readonly at: number;
  /** By path of a state of the order chart: orders in it or within that have not settled. */
  readonly states: Readonly<Record<string, FlowState>>;
  /** By top-level state: all orders, settled ones too; with a filter, those that ended since it was set. */
  readonly totals: Readonly<Record<string, number>>;
  /** By edge of the order chart: how many went through it in the last second and in the window. */
  readonly edges: Readonly<Record<string, { readonly now: number; readonly recent: number }>>;
  /** How long the edges have been counted, at most their window: they are while somebody looks. */
  readonly countedMs: number;
  readonly inFlight: number;
  /** Of those, by the version of the charts that they run on; empty: one that is not known here. */
  readonly versions: Readonly<Record<string, number>>;
  readonly isFiltered: boolean;
  /** Orders that were under way before anybody looked are still being read. */
  readonly isLearning: boolean;
  /** There are more orders under way than are placed on the chart. */
  readonly isCut: boolean;
  readonly incidents: number;
  readonly services: readonly ServiceHealth[];
  readonly sample: Sample;
}

export const bulkMoves = ['cancel', 'retry'] as const;
export type BulkMove = (typeof bulkMoves)[number];

/** What a move would do to an order now. */
export interface Previewed {
  readonly orderId: string;
  /** Which actors would go from where to where. */
  readonly changes: readonly { readonly actor: string; readonly from: string; readonly to: string }[];
  /** What the services would be asked at once. */
  readonly calls: readonly string[];
  /** The actors that the move is for; none for moves of the whole order. */
  readonly actors: readonly string[];
  /** Why the order would not take it, or null. */
  readonly refusal: string | null;
}

/** An order that holds stock of a product. */
export interface Holder {
  readonly id: string;
  readonly customerId: string;
  readonly state: string;
  readonly quantity: number;
  /** When the reservation expires, or null where it is on its way out. */
  readonly until: number | null;
}

export interface OrderInState {
  readonly id: string;
  readonly state: string;
  readonly customerId: string;
  readonly amount: number;
  readonly currency: string;
  readonly since: number;
  readonly incident: boolean;
}
