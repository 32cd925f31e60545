// One order under test: the real charts, run by the real step on a virtual clock, with scripted services. It
// never waits. After every step it stores and loads the system, and checks what must hold for any order
// (step-checks.ts), so a test says only what is special about it.
import type { AnyEventObject, StateValue } from 'xstate';
import type { ActorName, Policy, RefundLine } from '../../machines/messages.ts';
import { shop } from '../../src/shop/shop.ts';
import { type ReadableOrderView, toOrderView } from '../../src/shop/view.ts';
import type { Call, Received } from '../../src/step/effect.ts';
import { toStateName } from '../../src/step/notes.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { type Incoming, type StepResult, step } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { hasIncident, isSettled, toSystemView } from '../../src/step/view.ts';
import { registered, type SentMessage, takeSentMessages } from './recorded-charts.ts';
import { sampleOrder, samplePolicy } from './sample-order.ts';
import { type Answer, createScriptedServices, type Script, toReply } from './scripted-services.ts';
import { checkStep, createCallCheck } from './step-checks.ts';

interface DomainEvent {
  readonly actor: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

const start = Date.UTC(2026, 0, 1);
const maxDeadlines = 1000;

/** An order that is not placed yet. */
export const createOrder = (script: Script = {}): TestOrder => new TestOrder(script);

/** The sample order, placed; `settings` change its policy or what is ordered. */
export const placeOrder = (
  script: Script = {},
  settings: { readonly policy?: Partial<Policy>; readonly order?: object } = {},
): TestOrder => {
  const order = new TestOrder(script);
  const message = { ...sampleOrder, ...settings.order, policy: { ...samplePolicy, ...settings.policy } };
  order.send('order', { type: 'order.place', ...message });
  return order;
};

/** What brings the sample order's total to `amount`. */
export const discountTo = (amount: number) => ({
  amount,
  adjustments: [{ kind: 'discount', name: 'A voucher', amount: amount - sampleOrder.amount }],
});

export class TestOrder {
  /** The domain events so far. */
  readonly events: DomainEvent[] = [];
  /** Every message between the actors, and to the services, so far. */
  readonly sent: SentMessage[] = [];
  /** What was recorded of each message that reached the order. */
  readonly received: Received[] = [];
  now = start;
  #state: SystemState = newSystem(registered, start, 'correlation-1');
  #answerOf: ReturnType<typeof createScriptedServices>;
  #messages = 0;
  readonly #checkCall = createCallCheck();
  readonly #silent: Call[] = [];
  readonly #replies: [Call, Answer][] = [];
  #isAnswering = false;

  constructor(script: Script) {
    this.#answerOf = createScriptedServices(script);
  }

  /** The dotted path of an actor's state. */
  stateOf(actor: ActorName): string {
    const found = this.#state.actors.get(actor);
    return found ? toStateName(found.snapshot) : 'nowhere';
  }

  /** An actor's state as an XState value. */
  valueOf(actor: ActorName): StateValue | undefined {
    return this.#state.actors.get(actor)?.snapshot.value;
  }

  get view(): ReadableOrderView {
    return toOrderView(toSystemView(shop, sampleOrder.orderId, this.#state), this.#state);
  }

  get types(): readonly string[] {
    return this.events.map(({ type }) => type);
  }

  eventsOf(type: string): readonly DomainEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  /** The commands of a type that services were sent so far. */
  commands(type: string): readonly AnyEventObject[] {
    return this.sent.map(({ message }) => message).filter((message) => message.type === type);
  }

  get settled(): boolean {
    return isSettled(this.#state);
  }

  /** The open incidents, as `payment: charge-unknown`. */
  get incidents(): readonly string[] {
    return this.view.incidents.map(({ actor, reason }) => `${actor}: ${reason}`);
  }

  /** The moves that are open, as `cancel`, `retry payment`, `resolve payment: charged, not-charged`. */
  get moves(): readonly string[] {
    return this.view.moves.map(({ move, actor, outcomes }) =>
      actor === undefined ? move : `${move} ${actor}${outcomes ? `: ${outcomes.join(', ')}` : ''}`,
    );
  }

  /** Sends a message from outside. Returns `applied`, or why it was ignored. */
  send(to: ActorName, message: AnyEventObject): string {
    this.#messages += 1;
    const messageId = `message-${this.#messages}`;
    return this.#take({ kind: 'message', ...this.#arrival(), messageId, to, message, causationId: null });
  }

  cancel(reason = 'changed my mind'): string {
    return this.send('order', { type: 'order.cancel', reason });
  }

  capture(amount?: number): string {
    return this.send('order', { type: 'order.capture', ...(amount !== undefined && { amount }) });
  }

  refund(amount?: number, refundId = `refund-${this.#messages + 1}`): string {
    const part = amount === undefined ? {} : { amount };
    return this.send('order', { type: 'order.refund', refundId, ...part, reason: 'it was broken' });
  }

  /** Refunds lines, at their price unless an amount is named. */
  refundLines(lines: readonly RefundLine[], refundId: string, amount?: number): string {
    const part = amount === undefined ? {} : { amount };
    return this.send('order', { type: 'order.refund', refundId, lines, ...part, reason: 'it was broken' });
  }

  retry(actor: ActorName): string {
    return this.send(actor, { type: 'incident.retry' });
  }

  resolve(actor: ActorName, outcome: string, more: object = {}): string {
    return this.send(actor, { type: 'incident.resolve', outcome, note: 'I looked it up', ...more });
  }

  /** Answers the oldest (or the given) silent call of a type. Returns `applied`, or why it was ignored. */
  answer(type: string, answer: Answer, which = 0): string {
    const call = this.#silent.filter(({ command }) => command.type === type).at(which);
    if (call === undefined) throw new Error(`no ${type} waits for its answer`);
    this.#silent.splice(this.#silent.indexOf(call), 1);
    return this.#reply(call, answer);
  }

  /** Changes how the services answer from now on. */
  changeScript(script: Script): void {
    this.#answerOf = createScriptedServices(script);
  }

  /** Advances the clock. Due deadlines fire in order. */
  advance(ms: number): void {
    const until = this.now + ms;
    for (let due = this.#nextDue(until); due; due = this.#nextDue(until)) {
      const [key, { dueAt }] = due;
      this.now = Math.max(this.now, dueAt);
      this.#take({ kind: 'deadline', ...this.#arrival(), key, dueAt });
    }
    this.now = until;
  }

  /** Advances the clock until the deadline of this name has fired. @throws Error if none is set. */
  fireDeadline(name: string, actor?: ActorName): void {
    const { deadlines } = this.view;
    const due = deadlines.find((each) => each.name === name && each.actor === (actor ?? each.actor));
    if (due === undefined) throw new Error(`no ${name} is set`);
    this.advance(due.dueAt - this.now);
  }

  /** Advances the clock until the order is settled or has an incident. */
  runUntilIdle(): void {
    for (let turns = 0; !this.settled && !hasIncident(this.#state); turns += 1) {
      if (turns === maxDeadlines) throw new Error(`the order never settles: ${this.stateOf('order')}`);
      const [, due] = this.#nextDue(Number.POSITIVE_INFINITY) ?? [];
      if (due === undefined) throw new Error('no deadline will wake the order');
      this.advance(due.dueAt - this.now);
    }
  }

  #arrival() {
    return { orderId: sampleOrder.orderId, at: this.now };
  }

  #nextDue(until: number) {
    return [...this.#state.deadlines]
      .filter(([, { dueAt }]) => dueAt <= until)
      .sort(([, a], [, b]) => a.dueAt - b.dueAt)
      .at(0);
  }

  #take(incoming: Incoming): string {
    const result = step(registered, this.#state, incoming);
    if (result === undefined) return 'dealt with before';
    this.#keep(result);
    this.#answerAll();
    const { disposition, reason } = result.received;
    return disposition === 'applied' ? 'applied' : `${disposition}: ${reason}`;
  }

  #keep(result: StepResult): void {
    const sent = takeSentMessages();
    this.#state = checkStep(this.#state, result, sent);
    this.sent.push(...sent);
    this.received.push(result.received);
    this.events.push(...result.events.map(({ actor, type, data }) => ({ actor, type, ...data })));
    for (const call of result.calls) {
      this.#checkCall(call);
      const answer = this.#answerOf(call);
      if (answer === undefined) this.#silent.push(call);
      else this.#replies.push([call, answer]);
    }
  }

  /** The services answer in the order of their calls, once the actors are at rest. */
  #answerAll(): void {
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    for (let next = this.#replies.shift(); next; next = this.#replies.shift()) this.#reply(...next);
    this.#isAnswering = false;
  }

  #reply(call: Call, answer: Answer): string {
    const { amount, currency } = this.view;
    const message = toReply(call, answer, { amount, currency });
    return this.#take({ kind: 'reply', ...this.#arrival(), callId: call.callId, message });
  }
}
