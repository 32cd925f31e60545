import { afterEach, expect, test } from 'vitest';
import { ask, post, sampleBody, until } from '../e2e/client.ts';
import { makeFolder, runCommand, startServer } from '../e2e/server.ts';
import { type CollectedSpan, startCollector } from './collector.ts';

const given = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = `00-${given.traceId}-${given.spanId}-01`;
const quick = { PAYMENT_DELAY_MS: '5', MAIL_DELAY_MS: '5', PAYMENT_DECLINE_RATE: '0', LOG_LEVEL: 'error' };

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const open = async () => {
  const collector = await startCollector();
  closing.push(collector.close);
  const folder = await makeFolder();
  closing.push(folder.remove);
  const environment = {
    ...quick,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '20',
  };
  return { collector, folder, environment };
};

const named = (spans: readonly CollectedSpan[], name: string): CollectedSpan => {
  const found = spans.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no span ${name} in ${spans.map((each) => each.name).join(', ')}`);
  return found;
};
const isThere = (name: string) => (spans: readonly CollectedSpan[]) =>
  spans.some((each) => each.name === name);

test('the request, the messages, the calls and the replies of an order are one trace, a part of its caller’s', async () => {
  const { collector, folder, environment } = await open();
  const server = await startServer(folder.path, environment);
  const { status, body } = await post(`${server.url}/orders`, sampleBody, 'k', { traceparent });
  expect(status).toBe(201);
  const spans = await collector.until(isThere('order mailer.sent'));
  const chain = [
    'POST /orders',
    'order order.place',
    'call gateway.charge',
    'order gateway.charged',
    'call mailer.send',
    'order mailer.sent',
  ].map((name) => named(spans, name));
  expect(chain.map(({ parentSpanId }) => parentSpanId)).toEqual([
    given.spanId,
    ...chain.slice(0, -1).map(({ spanId }) => spanId),
  ]);
  expect(new Set(chain.map(({ traceId }) => traceId))).toEqual(new Set([given.traceId]));
  expect(chain.map(({ kind }) => kind)).toEqual([2, 1, 3, 1, 3, 1]);
  const [request, placed, charge] = chain;
  expect(request?.service).toBe('orderchart');
  expect(request?.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/orders',
    'http.response.status_code': 201,
  });
  expect(placed?.attributes).toMatchObject({
    'orderchart.order.id': body.id,
    'orderchart.message.type': 'order.place',
    'orderchart.outcome': 'applied',
  });
  expect(placed?.events.map(({ name }) => name)).toContain('warehouse.reserved');
  expect(charge?.attributes).toMatchObject({
    'orderchart.order.id': body.id,
    'orderchart.service': 'gateway',
    'orderchart.attempt': 1,
    'orderchart.outcome': 'gateway.charged',
  });
  expect(collector.sent()).not.toMatch(/customer-123|example\.com/);
  await server.stop();
});

test('what is traced before a stop is sent before the process ends, and the probes are not traced', async () => {
  const { collector, folder, environment } = await open();
  const server = await startServer(folder.path, { ...environment, OTEL_BSP_SCHEDULE_DELAY: '60000' });
  await fetch(`${server.url}/livez`);
  await fetch(`${server.url}/products`);
  expect(collector.spans).toEqual([]);
  expect(await server.stop()).toBe(0);
  expect(collector.spans.map(({ name }) => name)).toEqual(['GET /products']);
});

test('a call that is made again after a restart names the message that decided it', async () => {
  const { collector, folder, environment } = await open();
  const first = await startServer(folder.path, { ...environment, PAYMENT_DELAY_MS: '9000' });
  await post(`${first.url}/orders`, sampleBody, 'k', { traceparent });
  await collector.until(isThere('order order.place'));
  await first.kill();
  const second = await startServer(folder.path, environment);
  const spans = await collector.until(isThere('order gateway.charged'));
  const [placed, call] = [named(spans, 'order order.place'), named(spans, 'call gateway.charge')];
  expect(call.traceId).not.toBe(placed.traceId);
  expect(call.parentSpanId ?? '').toBe('');
  const causes = [placed.attributes['orderchart.message.id']];
  const { body } = await ask(`${second.url}/orders/${call.attributes['orderchart.order.id']}/messages`);
  for (const { id, causationId } of body.messages) if (causes.includes(causationId)) causes.push(id);
  expect(causes).toContain(call.attributes['orderchart.cause.id']);
  expect(call.attributes['orderchart.correlation.id']).toBe(placed.attributes['orderchart.correlation.id']);
  expect(named(spans, 'order gateway.charged').parentSpanId).toBe(call.spanId);
  await second.stop();
});

test('a deadline begins a trace that is linked to the message before it, and a failed call says so', async () => {
  const { collector, folder, environment } = await open();
  const failing = { ...environment, PAYMENT_ERROR_RATE: '1', RETRY_FIRST_DELAY_MS: '20' };
  const server = await startServer(folder.path, failing);
  await post(`${server.url}/orders`, sampleBody, 'k', { traceparent });
  const spans = await collector.until(isThere('order deadline'));
  const [failed, deadline] = [named(spans, 'order gateway.failed'), named(spans, 'order deadline')];
  expect(deadline.traceId).not.toBe(failed.traceId);
  expect(deadline.links).toEqual([
    expect.objectContaining({ traceId: failed.traceId, spanId: failed.spanId }),
  ]);
  expect(named(spans, 'call gateway.charge').attributes['orderchart.outcome']).toBe('gateway.failed');
  const again = (all: readonly CollectedSpan[]) =>
    all.find((each) => each.name === 'call gateway.charge' && each.traceId === deadline.traceId);
  const retried = again(await collector.until((all) => again(all) !== undefined));
  expect(retried?.attributes['orderchart.attempt']).toBe(2);
  await server.stop();
});

test('a call without an answer is an error in its trace', async () => {
  const { collector, folder, environment } = await open();
  const silent = {
    ...environment,
    PAYMENT_TIMEOUT_RATE: '1',
    CALL_TIMEOUT_MS: '600',
    RETRY_FIRST_DELAY_MS: '20',
  };
  const server = await startServer(folder.path, silent);
  await post(`${server.url}/orders`, sampleBody, 'k');
  const call = named(await collector.until(isThere('call gateway.charge')), 'call gateway.charge');
  expect(call.status.code).toBe(2);
  expect(call.attributes['orderchart.outcome']).toBe('gateway.unknown');
  await server.stop();
});

test('a refused message says why, and is no error', async () => {
  const { collector, folder, environment } = await open();
  const server = await startServer(folder.path, environment);
  const { body } = await post(`${server.url}/orders`, sampleBody, 'k');
  await until(
    () => ask(`${server.url}/orders/${body.id}`),
    (answer) => answer.body.settled,
  );
  expect((await post(`${server.url}/orders/${body.id}/cancel`, {})).status).toBe(409);
  const refused = named(await collector.until(isThere('order order.cancel')), 'order order.cancel');
  expect(refused.attributes['orderchart.outcome']).toBe('move-not-allowed');
  expect(refused.status.code ?? 0).toBe(0);
  await server.stop();
});

test('without a collector nothing is traced, and one that is away holds nothing up and is reported', async () => {
  const { collector, folder, environment } = await open();
  const { OTEL_EXPORTER_OTLP_ENDPOINT: _, ...without } = environment;
  const untraced = await startServer(folder.path, without);
  await post(`${untraced.url}/orders`, sampleBody, 'k', { traceparent });
  expect(await untraced.stop()).toBe(0);
  expect(collector.spans).toEqual([]);
  const away = await startServer(folder.path, {
    ...environment,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    LOG_LEVEL: 'warn',
  });
  expect((await post(`${away.url}/orders`, sampleBody, 'k2')).status).toBe(201);
  await away.untilPrinted(/traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT/);
  expect(await away.stop()).toBe(0);
});

test.each([
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', /must be http\/protobuf or http\/json/],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318', /must be an address such as http:/],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'collector', /must be an address such as http:/],
  ['OTEL_TRACES_SAMPLER', 'sometimes', /must be always_on/],
  ['OTEL_TRACES_SAMPLER_ARG', '7', /from 0 to 1/],
  ['OTEL_BSP_SCHEDULE_DELAY', 'soon', /whole number/],
])('%s=%s is refused at the start, in one line', async (name, value, line) => {
  const { folder, environment } = await open();
  const { code, output } = await runCommand(['serve'], folder.path, { ...environment, [name]: value });
  expect([code, output]).toEqual([2, expect.stringMatching(line)]);
});

test('a trace that its sampler leaves out is not sent', async () => {
  const { collector, folder, environment } = await open();
  const server = await startServer(folder.path, {
    ...environment,
    OTEL_TRACES_SAMPLER: 'parentbased_always_off',
  });
  await fetch(`${server.url}/products`);
  await fetch(`${server.url}/inventory`, { headers: { traceparent } });
  await fetch(`${server.url}/orders`, { headers: { traceparent } });
  expect(await server.stop()).toBe(0);
  expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([given.traceId]));
});
