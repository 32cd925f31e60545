import { propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Tracing } from '../../src/tracing.ts';
import { openHost, place, settle, settleNow, shut } from '../hosts/harness.ts';

beforeAll(() => propagation.setGlobalPropagator(new W3CTraceContextPropagator()));
afterAll(() => propagation.disable());

const record = () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  return { exporter, tracing: new Tracing(provider.getTracer('test')) };
};

test('a service gets the headers that make its own spans a part of the call', async () => {
  const { exporter, tracing } = record();
  const open = await openHost({ tracing });
  await settle(open, (await place(open)).id);
  const call = exporter.getFinishedSpans().find(({ name }) => name === 'call gateway.charge');
  const { traceId = '', spanId = '' } = call?.spanContext() ?? {};
  expect(trace.isSpanContextValid({ traceId, spanId, traceFlags: 1 })).toBe(true);
  expect(open.gatewayCalls.map(({ traceHeaders }) => traceHeaders)).toEqual([
    { traceparent: `00-${traceId}-${spanId}-01` },
  ]);
  await shut(open);
});

test('a service gets no headers while nothing is traced', async () => {
  const open = await openHost();
  await settle(open, (await place(open)).id);
  expect(open.gatewayCalls.map((call) => 'traceHeaders' in call)).toEqual([false]);
  await shut(open);
});

test('a settled order and its answered calls are forgotten, and a call that waits is not', async () => {
  const { exporter, tracing } = record();
  const waiting = Promise.withResolvers<never>();
  const open = await openHost({ tracing, mailer: () => waiting.promise });
  await place(open);
  await settleNow(open);
  expect(tracing.kept()).toEqual({ orders: 1, calls: 1 });
  await open.clock.advance(3_600_000);
  await settleNow(open);
  await shut(open, 3_600_000);
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toContain('call mailer.send');
  const quick = record();
  const other = await openHost({ tracing: quick.tracing });
  await settle(other, (await place(other)).id);
  await shut(other);
  expect(quick.tracing.kept()).toEqual({ orders: 0, calls: 0 });
});
