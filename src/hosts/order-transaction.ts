// One order's part of a batch while it is decided: the messages that it takes one after the other, the calls that
// are answered from the store's own rows, and what is to be written of it all. It asks no store, waits for
// nothing, and keeps nothing after the commit.
import type { Span } from '@opentelemetry/api';
import type { AnyEventObject } from 'xstate';
import type { Rows } from '../application.ts';
import { AppError, describeError } from '../errors.ts';
import { answerInside, serviceOf } from '../service.ts';
import { toPlace } from '../slo.ts';
import { type MigrationProblem, type MigrationResult, type migrate, moveBack } from '../step/migration.ts';
import { toCause } from '../step/quarantine.ts';
import { nextDueAt, toStored } from '../step/snapshot.ts';
import { type Incoming, quarantine, type StepResult, step } from '../step/step.ts';
import type { SystemState } from '../step/system-state.ts';
import type { Delivery } from '../step/trace.ts';
import { toCharts, toService } from '../step/translate.ts';
import { hasIncident, isSettled, type SystemView, toMainState, toSystemView } from '../step/view.ts';
import type { Call, IdempotencyRecord, NewEvent, OrderWrite, Received } from '../store.ts';
import type { TracedStep } from '../tracing.ts';
import type { Engine } from './engine.ts';
import { migrateSystem } from './migrate-system.ts';
import { requireContinuation } from './numbering.ts';

export interface TransactionParts<View extends SystemView> {
  readonly engine: Engine<View>;
  readonly orderId: string;
  readonly base: SystemState;
  /** ms since 1970. */
  readonly now: number;
  readonly rows: Rows;
  /** Whether the store has recorded a message of the order under this id. */
  wasReceived(messageId: string): boolean;
}

/** A migration without what the transaction knows itself. */
type Migrating = Omit<Parameters<typeof migrate>[2], 'orderId' | 'at' | 'actor'>;

type WithoutOrder<T> = T extends unknown ? Omit<T, 'orderId' | 'at'> : never;

/** Replies from inside that one message may lead to; with more, a chart goes round in circles. */
const mostInsideReplies = 1000;

export class OrderTransaction<View extends SystemView = SystemView> {
  readonly orderId: string;
  readonly mainActor: string;
  /** ms since 1970; never before the order's last change. */
  readonly at: number;
  readonly received: Received[] = [];
  readonly events: NewEvent[] = [];
  /** What was delivered to actors and services; empty while nothing is observed. */
  readonly deliveries: Delivery[] = [];
  /** States that the main actor left in this commit (dotted paths), how long it was in them, and on which chart version. */
  readonly left: { readonly state: string; readonly ms: number; readonly charts: string }[] = [];
  /** What was recorded of messages that are traced. */
  readonly traced: TracedStep[] = [];
  readonly #parts: TransactionParts<View>;
  readonly #outsideCalls = new Map<string, Call>();
  readonly #insideCalls: Call[] = [];
  /** Calls that were answered in this transaction: they never had a row. */
  readonly #answeredInside = new Set<string>();
  readonly #finishedCalls: string[] = [];
  readonly #answers: IdempotencyRecord[] = [];
  #state: SystemState;
  #failure: { readonly error: unknown } | undefined;
  #principal: string | undefined;
  #span: Span | undefined;

  constructor(parts: TransactionParts<View>) {
    this.#parts = parts;
    this.#state = parts.base;
    this.orderId = parts.orderId;
    this.mainActor = parts.engine.application.mainActor;
    this.at = Math.max(parts.now, parts.base.updatedAt);
  }

  get engine(): Engine<View> {
    return this.#parts.engine;
  }

  /** Whether messages are quarantined instead of stepped. */
  get isQuarantining(): boolean {
    return this.#failure !== undefined;
  }

  get state(): SystemState {
    return this.#state;
  }

  /** Calls to be made after the commit. */
  get calls(): readonly Call[] {
    return [...this.#outsideCalls.values()];
  }

  get answers(): readonly IdempotencyRecord[] {
    return this.#answers;
  }

  /** When the order's next deadline is due (ms since 1970), or null. */
  get wakeAt(): number | null {
    return nextDueAt(this.#state);
  }

  /** Whether the order has received a message with this id, in this commit or before. */
  hasReceived(messageId: string): boolean {
    return (
      this.received.some((message) => message.messageId === messageId) || this.#parts.wasReceived(messageId)
    );
  }

  /** From now on messages are quarantined because of `failure`; undefined: they are stepped again. */
  quarantineBecauseOf(failure: { readonly error: unknown } | undefined): void {
    this.#failure = failure;
  }

  /** From now on messages from outside are recorded as asked for by this caller. */
  askedBy(principal: string | undefined): void {
    this.#principal = principal;
  }

  /** Changes rows of the application beside what the order's own messages change. */
  changeRows(change: (rows: Rows, before: View) => void): void {
    change(this.#parts.rows, this.view());
  }

  /** From now on messages are traced by `span`. */
  traceWith(span: Span | undefined): void {
    this.#span = span;
  }

  /** What a message would do. Nothing is kept of it. */
  attempt(incoming: WithoutOrder<Incoming>): StepResult | undefined {
    const { system } = this.#parts.engine;
    const arrival = this.#arrive(incoming);
    return this.#failure
      ? quarantine(system, this.#state, arrival, toCause(this.#failure.error))
      : step(system, this.#state, arrival);
  }

  /** Keeps the result of an attempt, and steps the replies of the calls that it decided and rows answer. */
  accept(result: StepResult): void {
    this.#keep(result);
    for (let replies = 0; this.#insideCalls.length > 0; replies += 1) {
      if (replies === mostInsideReplies) throw new Error(`${this.orderId}: calls from inside do not end`);
      this.#answerNext();
    }
  }

  /** Attempts and accepts. Undefined when there is nothing left that the message could answer. */
  deliver(incoming: WithoutOrder<Incoming>): StepResult | undefined {
    const result = this.attempt(incoming);
    if (result !== undefined) this.accept(result);
    return result;
  }

  /** What moving the order to other charts would do. Nothing is kept of it. */
  migrate(request: Migrating): MigrationResult | MigrationProblem {
    this.#requireStorable();
    return migrateSystem(this.#parts.engine, this.#state, this.#toMigration(request));
  }

  /** What undoing the order's last migration would do: `system` is what it started from. */
  moveBack(system: SystemState, request: Migrating): MigrationResult {
    this.#requireStorable();
    return moveBack(this.#parts.engine.system, this.#state, system, this.#toMigration(request));
  }

  #toMigration(request: Migrating) {
    return { ...request, orderId: this.orderId, at: this.at, actor: this.mainActor };
  }

  /** @throws AppError when the commit of this order failed before: a migration is given up, not quarantined. */
  #requireStorable(): void {
    if (this.#failure === undefined) return;
    const text = `The order cannot be stored on the other version: ${describeError(this.#failure.error)}.`;
    throw new AppError('invalid-request', text);
  }

  /** Answers a call of an earlier commit from the store's rows. */
  answerInside(call: Call): void {
    const message = this.#ask(call);
    this.deliver({ kind: 'reply', callId: call.callId, message });
  }

  /** Stores the answer to an idempotency key with the order. */
  readonly keepAnswer = (record: IdempotencyRecord): void => {
    this.#answers.push(record);
  };

  view(): View {
    return this.viewLater()();
  }

  /** The view of the order as it is now, built once and only if it is read. */
  viewLater(): () => View {
    const { application } = this.#parts.engine;
    const { orderId } = this;
    const state = this.#state;
    let built: View | undefined;
    return () => {
      built ??= application.toView(toSystemView(application, orderId, state), state);
      return built;
    };
  }

  /** What the commit writes; null when nothing was accepted. */
  toWrite(): OrderWrite | null {
    if (this.received.length === 0) return null;
    const { engine, base } = this.#parts;
    const state = this.#state;
    return {
      orderId: this.orderId,
      baseVersion: base.version,
      version: state.version,
      lastSeq: state.events,
      system: toStored(state),
      summary: {
        owner: engine.application.ownerOf(state),
        state: toMainState(engine.application, state),
        settled: isSettled(state),
        incident: hasIncident(state),
        chartVersion: state.charts,
        createdAt: state.createdAt,
        updatedAt: state.updatedAt,
      },
      wakeAt: nextDueAt(state),
      received: this.received,
      events: this.events,
      calls: this.calls,
      finishedCalls: this.#finishedCalls,
      idempotency: this.#answers,
    };
  }

  /** What comes in, in the words of the order's charts. */
  #arrive(incoming: WithoutOrder<Incoming>): Incoming {
    const { orderId, at } = this;
    return toCharts(this.#parts.engine.system, this.#state.charts, { ...incoming, orderId, at });
  }

  #keep(result: StepResult): void {
    requireContinuation(this.#state, result);
    this.#noteLeaving(result.state);
    this.#state = result.state;
    const received = this.#toRecorded(result.received);
    this.received.push(received);
    if (this.#span !== undefined) this.traced.push({ span: this.#span, received });
    this.events.push(...result.events);
    if (result.deliveries) this.deliveries.push(...result.deliveries);
    for (const callId of result.finishedCalls) {
      if (!this.#outsideCalls.delete(callId) && !this.#answeredInside.delete(callId)) {
        this.#finishedCalls.push(callId);
      }
    }
    for (const call of result.calls) {
      const { place } = serviceOf(this.#parts.engine.services, call.service);
      if (place === 'outside') this.#outsideCalls.set(call.callId, call);
      else this.#insideCalls.push(call);
    }
  }

  #toRecorded(received: Received): Received {
    const principal = this.#principal;
    return received.kind === 'message' && principal !== undefined ? { ...received, principal } : received;
  }

  #noteLeaving(next: SystemState): void {
    const [before, after] = [this.#state, next].map(({ actors }) => actors.get(this.mainActor));
    if (before === undefined || after === undefined || before.snapshot.value === after.snapshot.value) return;
    const state = toPlace(before.snapshot.value);
    if (state === toPlace(after.snapshot.value)) return;
    this.left.push({ state, ms: this.at - before.since, charts: this.#state.charts });
  }

  #answerNext(): void {
    const call = this.#insideCalls.shift();
    if (call === undefined) return;
    const message = this.#ask(call);
    this.#answeredInside.add(call.callId);
    const { system } = this.#parts.engine;
    const next = step(system, this.#state, this.#arrive({ kind: 'reply', callId: call.callId, message }));
    if (next) this.#keep(next);
  }

  /** @throws Error for a service that does not live in the store. */
  #ask(call: Call): AnyEventObject {
    const { engine, rows } = this.#parts;
    const service = serviceOf(engine.services, call.service);
    if (service.place !== 'inside') throw new Error(`${call.service} does not live in the store`);
    engine.faults.reach('stock.before', call.command.type);
    const asked = toService(engine.system, call);
    const message = answerInside(engine.application.messages, service, asked, rows);
    engine.faults.reach('stock.after', call.command.type);
    return message;
  }
}
