// The traces of orders, in OpenTelemetry's words: a span for each request, each message until its commit, and each call to a
// service. It knows no exporter; without a tracer there is no Tracing, and nothing of this runs. Nothing personal is said.
import {
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { AppError } from './errors.ts';
import type { Call, Received } from './step/effect.ts';

/** Headers that carry a trace to another service: `traceparent`, `tracestate`. */
export type TraceHeaders = Readonly<Record<string, string>>;

/** A message on its way to an order. */
export interface ArrivingMessage {
  readonly kind: string;
  readonly orderId: string;
  /** Left out for what only the order knows: a deadline. */
  readonly type: string | undefined;
  /** Of the call that is answered. */
  readonly callId: string | undefined;
}

/** What a commit recorded of a traced message, or of what followed from it in the same step. */
export interface TracedStep {
  readonly span: Span;
  readonly received: Received;
}

/** A call under way. */
export interface TracedCall {
  readonly headers: TraceHeaders;
  /** Runs what makes the call, so that spans of its own are within this one. */
  run<T>(work: () => T): T;
  /** `reply`: the type of the reply; undefined if the call was given back without one. */
  end(reply: string | undefined, failure: string | undefined): void;
}

/** Of orders and calls in memory: more are forgotten, the oldest first, and what follows from them begins a trace of its own. */
const mostKept = 10_000;

export class Tracing {
  readonly #tracer: Tracer;
  /** The last message of each warm order. */
  readonly #orders = new Map<string, SpanContext>();
  /** What decided each pending call; once it is made, the call itself. */
  readonly #calls = new Map<string, SpanContext>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** How much is kept in memory. */
  kept(): { readonly orders: number; readonly calls: number } {
    return { orders: this.#orders.size, calls: this.#calls.size };
  }

  /** A request from outside, as a part of its caller's trace. */
  startRequest(method: string, headers: object): Span {
    const parent = propagation.extract(ROOT_CONTEXT, headers);
    const attributes = { 'http.request.method': method };
    return this.#tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
  }

  /**
   * A message from its arrival to its commit. A message from outside is a part of what is active, a reply of its call's
   * trace; a deadline begins a trace. Each is linked to the order's message before, if that is in another trace.
   */
  startMessage({ kind, orderId, type, callId }: ArrivingMessage): Span {
    const call = callId === undefined ? undefined : this.#calls.get(callId);
    const isFromOutside = kind === 'place' || kind === 'send' || kind === 'migrate';
    const outer = isFromOutside ? context.active() : ROOT_CONTEXT;
    const parent = call === undefined ? outer : trace.setSpanContext(ROOT_CONTEXT, call);
    const before = this.#orders.get(orderId);
    const isElsewhere = before !== undefined && before.traceId !== trace.getSpanContext(parent)?.traceId;
    return this.#tracer.startSpan(
      `order ${type ?? kind}`,
      {
        attributes: { 'orderchart.order.id': orderId, 'orderchart.message.type': type ?? kind },
        links: isElsewhere ? [{ context: before }] : [],
      },
      parent,
    );
  }

  /** Ends the span of a message when its commit is answered. */
  async endMessage(span: Span, callId: string | undefined, committed: Promise<unknown>): Promise<void> {
    try {
      await committed;
    } catch (error) {
      const isRefusal = error instanceof AppError;
      span.setAttribute('orderchart.outcome', isRefusal ? error.code : 'failed');
      if (!isRefusal) span.setStatus({ code: SpanStatusCode.ERROR });
    }
    if (callId !== undefined) this.#calls.delete(callId);
    span.end();
  }

  /** A commit is durable. `calls`: those that it decided, which are made from now on. */
  noteCommitted(
    orderId: string,
    steps: readonly TracedStep[],
    calls: readonly Call[],
    isSettled: boolean,
  ): void {
    const spans = new Map<string, Span>();
    for (const { span, received } of steps) {
      const { messageId, type, to, disposition, correlationId } = received;
      const isFirst = !spans.values().some((each) => each === span);
      spans.set(messageId, span);
      const about = { 'orderchart.message.id': messageId, 'orderchart.outcome': disposition };
      if (isFirst) span.setAttributes({ ...about, 'orderchart.correlation.id': correlationId });
      else span.addEvent(type, { ...about, 'orderchart.actor': to });
      if (disposition === 'dead') span.setStatus({ code: SpanStatusCode.ERROR });
      keep(this.#orders, orderId, span.spanContext());
    }
    for (const { callId, causationId } of calls) {
      const span = spans.get(causationId);
      if (span !== undefined) keep(this.#calls, callId, span.spanContext());
    }
    if (isSettled) this.#orders.delete(orderId);
  }

  /**
   * A call, within the trace of the message that decided it. After a restart, or at another host, that is not known: the call
   * begins a trace, and `orderchart.cause.id` is the `orderchart.message.id` of the message that decided it.
   */
  startCall({ callId, orderId, service, command, causationId, correlationId }: Call): TracedCall {
    const decided = this.#calls.get(callId);
    const attributes = {
      'orderchart.order.id': orderId,
      'orderchart.service': service,
      'orderchart.message.type': command.type,
      'orderchart.attempt': Number(command['attempt'] ?? 1),
      'orderchart.cause.id': causationId,
      'orderchart.correlation.id': correlationId,
    };
    const parent = decided ? trace.setSpanContext(ROOT_CONTEXT, decided) : ROOT_CONTEXT;
    const span = this.#tracer.startSpan(
      `call ${command.type}`,
      { kind: SpanKind.CLIENT, attributes },
      parent,
    );
    keep(this.#calls, callId, span.spanContext());
    const inside = trace.setSpan(parent, span);
    const headers: Record<string, string> = {};
    propagation.inject(inside, headers);
    return {
      headers,
      run: (work) => context.with(inside, work),
      end: (reply, failure) => {
        span.setAttribute('orderchart.outcome', reply ?? 'given back');
        if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
        span.end();
      },
    };
  }
}

/** The newest are kept. */
const keep = (known: Map<string, SpanContext>, name: string, value: SpanContext): void => {
  known.delete(name);
  known.set(name, value);
  const [oldest] = known.keys();
  if (known.size > mostKept && oldest !== undefined) known.delete(oldest);
};
