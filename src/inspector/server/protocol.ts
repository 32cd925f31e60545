// What the inspector's server says to its page, as JSON: the application with its charts, the flow of all orders, the
// points of one order's timeline. Types alone; both sides import them, so that neither can drift from the other.
import type { Fact, Holding, MoveField, MoveParts, Tone } from '../../display.ts';
import type { Slo, SloFigures } from '../../slo.ts';
import type { MatrixRow } from '../../step/matrix.ts';
import type { Incident, SystemView } from '../../step/view.ts';

export interface ChartNode {
  /** Dotted path of the state; empty for the chart itself. */
  readonly path: string;
  readonly parent: string | null;
  readonly name: string;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final';
  /** What the actor does here, as a text that a duration can follow: `Waiting for the bank`. */
  readonly text: string;
  readonly tone: Tone;
  readonly isSettled: boolean;
  readonly isInitial: boolean;
  /** The share of the orders that shall leave it in this time. */
  readonly slo: Slo | null;
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
    /** What it means; empty: nothing is known but its name. */
    readonly text: string;
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

/** What is run, and how its systems are shown. */
export interface ApplicationInfo {
  readonly name: string;
  readonly mainActor: string;
  /** Those that talk in a sequence diagram, from left to right. */
  readonly lanes: readonly string[];
  readonly charts: readonly Chart[];
  readonly labels: { readonly owner: string; readonly holding: string };
  /** What messages mean and what deadlines end, in words, by type and by name. What is not here has no words. */
  readonly words: {
    readonly messages: Readonly<Record<string, string>>;
    readonly deadlines: Readonly<Record<string, string>>;
  };
  /** The moves that may be made for many orders at once. */
  readonly bulkMoves: readonly BulkMove[];
  /** The scope that each move needs, by the last part of its address. */
  readonly moveScopes: Readonly<Record<string, string>>;
  /** The scopes that changes of services need; those that the API does not offer are left out. */
  readonly serviceScopes: Readonly<Partial<Record<ServiceChange, string>>>;
  /** Whether the pages about the API are here. */
  readonly hasDocs: boolean;
}

/** What people do about services: pause or resume one, and close an incident of one. */
export type ServiceChange = 'pause' | 'resolve';

/** How much of a chart the model-based tests covered: of its states, transitions, deadlines or guards' answers. */
export interface Coverage {
  readonly chart: string;
  readonly what: string;
  readonly tested: number;
  readonly possible: number;
  /** What of this chart was not covered. */
  readonly missing: readonly string[];
}

/** A message between the parts of an order within one step. */
interface DeliveredMessage {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The order after one recorded (or hypothetical) message. */
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
  readonly deliveries: readonly DeliveredMessage[];
  readonly events: readonly { readonly actor: string; readonly type: string }[];
  /** The edges of each chart that were taken, by the ids of the edges. */
  readonly taken: Readonly<Record<string, readonly string[]>>;
  readonly view: SystemView;
  readonly details: readonly string[];
  readonly facts: readonly Fact[];
  /** How it ended and why, once its main actor is settled. */
  readonly outcome: string | null;
  /** Which attempt an actor is at, by actor: `attempt 2 of 5`. */
  readonly attempts: Readonly<Record<string, string>>;
  readonly incidents: readonly Incident[];
  readonly moves: readonly OpenMove[];
  /** Contexts of the actors that this message changed. */
  readonly contexts: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A move that an order accepts now, as a form. */
export interface OpenMove {
  readonly label: string;
  readonly consequence: string;
  readonly fields: readonly MoveField[];
  /** What `outcome` may be; empty when it is not asked for. */
  readonly outcomes: readonly string[];
  /** What it may ask for instead of everything. */
  readonly parts?: MoveParts;
  /** The last part of its address. */
  readonly path: string;
  /** The actor with the incident that it is for. */
  readonly actor?: string;
  /** The order's version that offers it. */
  readonly version: number;
  readonly isDangerous: boolean;
}

/** A move for many orders; `field` is the one text that it takes. */
export interface BulkMove {
  readonly move: string;
  readonly label: string;
  readonly path: string;
  readonly field: MoveField | null;
  readonly isDangerous: boolean;
}

/** A message that could come now. */
export interface Possibility {
  readonly label: string;
  /** `late`: a reply that comes again, or that is no longer awaited. */
  readonly kind: 'reply' | 'deadline' | 'move' | 'late';
  /** What to send back to the server to try it. */
  readonly hypothetical: Hypothetical;
}

export type Hypothetical =
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
  readonly started: number;
  /** Those that reached one of the application's outcomes, and of those the successes. */
  readonly ended: number;
  readonly succeeded: number;
  /** Replies with which a service declined. */
  readonly declined: number;
  readonly incidents: number;
  readonly commits: number;
  readonly queue: number;
  /** Time from the start to the outcome of the orders that ended in this second (ms), or null. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface ServiceHealth {
  readonly name: string;
  /** Replies in the last minutes, and how many of them were failures. */
  readonly replies: number;
  readonly failures: number;
  readonly lastAt: number | null;
}

/** Sent every second, whatever the number of orders. */
export interface FlowFrame {
  readonly at: number;
  /** By path of a state of the main chart: orders in it or within it that have not settled. */
  readonly states: Readonly<Record<string, FlowState>>;
  /** By top-level state: all orders, settled ones too; with a filter, those that ended since it was set. */
  readonly totals: Readonly<Record<string, number>>;
  /** By edge of the main chart: how many orders took it in the last second and in the window. */
  readonly edges: Readonly<Record<string, { readonly now: number; readonly recent: number }>>;
  /** How long the edges have been counted, at most their window: they are counted while a page is open. */
  readonly countedMs: number;
  readonly inFlight: number;
  /** Of those, by the version of the charts that they run on; empty: one that this node does not know. */
  readonly versions: Readonly<Record<string, number>>;
  readonly isFiltered: boolean;
  /** Orders that were in flight before a page was opened are still being read. */
  readonly isLoading: boolean;
  /** More orders are in flight than are counted. */
  readonly isTruncated: boolean;
  readonly incidents: number;
  readonly services: readonly ServiceHealth[];
  /** How the states of the newest main chart kept to their objectives in the last hour. */
  readonly slos: readonly SloFigures[];
  readonly sample: Sample;
}

/** What a move would do to an order now. */
export interface Previewed {
  readonly orderId: string;
  /** Which actors would go from where to where. */
  readonly changes: readonly { readonly actor: string; readonly from: string; readonly to: string }[];
  /** The commands that services would get at once. */
  readonly calls: readonly string[];
  /** The actors that the move is for; none for moves of the whole order. */
  readonly actors: readonly string[];
  /** Why the order would not accept it, or null. */
  readonly refusal: string | null;
}

/** What a move would do to several orders now. */
export interface Preview {
  readonly previewed: readonly Previewed[];
  /** The orders for which nothing was computed, and why. */
  readonly notComputed: { readonly orderIds: readonly string[]; readonly reason: string } | null;
}

/** An order in a list. */
export interface ListedOrder {
  readonly id: string;
  readonly state: string;
  readonly owner: string;
  readonly details: readonly string[];
  /** Since when it is in this state. */
  readonly since: number;
}

export interface OrderList {
  readonly total: number;
  readonly orders: readonly ListedOrder[];
}

/** An order that holds something. */
interface Holder extends ListedOrder, Pick<Holding, 'quantity' | 'until'> {}

export interface HolderList {
  readonly total: number;
  readonly holders: readonly Holder[];
}

/** An order with an incident, or that cannot be read. */
export interface OrderWithIncidents extends ListedOrder {
  readonly incidents: readonly Incident[];
  readonly moves: readonly OpenMove[];
}

export interface IncidentList {
  readonly orders: readonly OrderWithIncidents[];
  /** Continue after this order; null: there are no more. */
  readonly next: string | null;
}
