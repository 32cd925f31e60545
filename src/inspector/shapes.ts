// What the inspector's server says to its page, as JSON: charts, the flow of all orders, the points of one
// order's timeline. Types only; both sides import them, so that neither can drift from the other.
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
  readonly kind: 'reply' | 'deadline' | 'move';
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
  readonly isFiltered: boolean;
  /** There are more orders under way than are placed on the chart. */
  readonly isCut: boolean;
  readonly incidents: number;
  readonly services: readonly ServiceHealth[];
  readonly sample: Sample;
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
