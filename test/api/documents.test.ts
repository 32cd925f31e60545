// The OpenAPI document and its neighbours: complete, of version 3.1, and true to what is answered.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { typesTo } from '../../machines/messages.ts';
import { errorCodes } from '../../src/errors.ts';
import { place, toEvent } from '../contracts/store-samples.ts';
import { createEdge, type Edge, noon } from './edge.ts';

const mediaTypes = z.record(z.string(), z.looseObject({ schema: z.looseObject({}) }));
const operation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.string()).min(1),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string(), required: z.boolean() })).default([]),
  requestBody: z.looseObject({ content: mediaTypes }).optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string(), content: mediaTypes.optional() })),
});
const documentOf = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ schemas: z.record(z.string(), z.looseObject({})) }),
});
const readDocument = async (edge?: Edge) => {
  const { get } = edge ?? (await createEdge());
  return documentOf.parse((await get('/openapi.json')).json());
};

const routes = [
  'get /',
  'get /events',
  'get /events/stream',
  'get /incidents',
  'get /keys',
  'get /livez',
  'get /metrics',
  'get /nodes',
  'get /openapi.json',
  'get /orders',
  'get /orders/{id}',
  'get /orders/{id}/audit',
  'get /orders/{id}/calls',
  'get /orders/{id}/events',
  'get /orders/{id}/explain',
  'get /orders/{id}/messages',
  'get /orders/{id}/payment-action',
  'get /orders/{id}/stream',
  'get /problems/{code}',
  'get /products',
  'get /products/{id}',
  'get /readyz',
  'get /schemas/{type}/{version}',
  'get /services',
  'get /services/incidents',
  'get /services/{name}',
  'get /session',
  'get /webhooks',
  'get /webhooks/{id}/deliveries',
  'post /incidents/{id}/resolve',
  'post /keys',
  'post /keys/{id}/revoke',
  'post /keys/{id}/rotate',
  'post /migrations',
  'post /orders',
  'post /orders/{id}/assignment',
  'post /orders/{id}/cancel',
  'post /orders/{id}/capture',
  'post /orders/{id}/notes',
  'post /orders/{id}/refunds',
  'post /orders/{id}/resolve',
  'post /orders/{id}/retry',
  'post /products/{id}/adjustments',
  'post /services/{name}/facts',
  'post /session',
  'post /session/end',
  'post /webhooks',
  'post /webhooks/{id}',
  'post /webhooks/{id}/disable',
  'post /webhooks/{id}/enable',
  'post /webhooks/{id}/remove',
  'post /webhooks/{id}/replay',
  'post /webhooks/{id}/rotate',
  'put /products/{id}',
  'put /services/{name}',
];
const toOperations = (document: z.infer<typeof documentOf>) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, declared]) => ({ name: `${method} ${path}`, ...declared })),
  );

describe('the OpenAPI document', () => {
  it('is of version 3.1 and has every route', async () => {
    const document = await readDocument();
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(
      toOperations(document)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(routes);
  });

  it('documents for every route an answer, and 4xx and 5xx as problems', async () => {
    for (const { name, responses } of toOperations(await readDocument())) {
      const statuses = Object.keys(responses);
      expect(
        statuses.some((status) => status.startsWith('2')),
        name,
      ).toBe(true);
      expect(
        statuses.some((status) => status.startsWith('4')),
        name,
      ).toBe(true);
      for (const [status, { content }] of Object.entries(responses)) {
        if (status < '400' || (name === 'get /readyz' && status === '503')) continue;
        expect(content, `${name} ${status}`).toEqual({
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        });
      }
    }
  });

  it('has an operation id of its own for every route, and a declared body for every change', async () => {
    const operations = toOperations(await readDocument());
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { name, requestBody } of operations) {
      expect(requestBody !== undefined, name).toBe(!name.startsWith('get'));
    }
  });

  it('says which headers are required', async () => {
    const { paths } = await readDocument();
    const key = (path: string) =>
      paths[path]?.['post']?.parameters.find(({ name }) => name === 'idempotency-key')?.required;
    expect(key('/orders')).toBe(true);
    expect(key('/orders/{id}/refunds')).toBe(true);
    expect(key('/orders/{id}/cancel')).toBe(false);
  });

  it('refers to nothing that it does not have', async () => {
    const document = await readDocument();
    const text = JSON.stringify(document);
    const names = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(names));
  });

  it('describes what is really answered', async () => {
    const edge = await createEdge();
    const { show, get, post, placeOrder } = edge;
    const document = await readDocument(edge);
    const placed = await placeOrder();
    const { id } = placed.json();
    show({
      failure: { kind: 'cancelled', text: 't' },
      problems: [{ productId: 'p', kind: 'price-changed', expected: 1, actual: 2 }],
      incidents: [{ actor: 'payment', reason: 'r', text: 't', since: noon }],
      calls: [
        { service: 'gateway', actor: 'payment', type: 'gateway.charge', key: 'k', attempt: 1, at: noon },
      ],
    });
    const cardNumber = { note: '4111 1111 1111 1111' };
    const answers: [string, string, Awaited<ReturnType<typeof get>>][] = [
      ['/orders', 'post', placed],
      ['/orders', 'get', await get('/orders')],
      ['/orders', 'get', await get('/orders?x=1')],
      ['/orders/{id}', 'get', await get(`/orders/${id}`)],
      ['/orders/{id}', 'get', await get('/orders/nobody')],
      ['/orders/{id}/events', 'get', await get(`/orders/${id}/events`)],
      ['/orders/{id}/explain', 'get', await get(`/orders/${id}/explain`)],
      ['/orders/{id}/calls', 'get', await get(`/orders/${id}/calls`)],
      ['/services', 'get', await get('/services')],
      ['/services/{name}', 'get', await get('/services/gateway')],
      ['/services/{name}', 'get', await get('/services/nobody')],
      ['/incidents/{id}/resolve', 'post', await post('/incidents/none/resolve', cardNumber)],
      ['/orders/{id}/capture', 'post', await post(`/orders/${id}/capture`)],
      ['/orders/{id}/cancel', 'post', await post(`/orders/${id}/cancel`)],
      ['/incidents', 'get', await get('/incidents')],
      ['/events', 'get', await get('/events')],
      ['/products', 'get', await get('/products')],
      ['/products/{id}', 'get', await get('/products/product-1')],
      ['/livez', 'get', await get('/livez')],
      ['/readyz', 'get', await get('/readyz')],
      ['/', 'get', await get('/')],
    ];
    const $defs = document.components.schemas;
    for (const [path, method, answer] of answers) {
      const declared = document.paths[path]?.[method]?.responses[String(answer.statusCode)];
      const [type = ''] = String(answer.headers['content-type']).split(';');
      const schema = declared?.content?.[type]?.schema;
      expect(schema, `${method} ${path} ${answer.statusCode} ${type}`).toBeDefined();
      const local: z.core.JSONSchema.JSONSchema = JSON.parse(
        JSON.stringify({ ...schema, $defs }).replaceAll('#/components/schemas/', '#/$defs/'),
      );
      const checked = z.fromJSONSchema(local).safeParse(answer.json());
      expect(checked.error?.issues ?? [], `${method} ${path} ${answer.statusCode}`).toEqual([]);
    }
  });
});

describe('the page', () => {
  it('shows the document, from here alone', async () => {
    const { get } = await createEdge();
    const page = await get('/docs');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(page.body).not.toMatch(/https?:\/\//);
    const script = await get('/docs/static/swagger-ui-bundle.js');
    expect(script.statusCode).toBe(200);
    expect((await get('/docs/static/swagger-initializer.js')).body).toContain('/openapi.json');
  });
});

describe('the schemas of messages', () => {
  it.each(typesTo('journal'))('has %s, as events point at it', async (type) => {
    const { get, store } = await createEdge();
    await place(store, 'order-1', { events: [toEvent(1, { type })] });
    const { events } = (await get('/events')).json();
    const answer = await get(events[0].dataschema);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toContain('application/schema+json');
    expect(answer.json()).toMatchObject({ title: type, type: 'object' });
  });

  it.each(['/schemas/order.created/2', '/schemas/order.exploded/1'])('has no %s', async (url) => {
    const { get } = await createEdge();
    expect((await get(url)).statusCode).toBe(404);
  });
});

describe('the problems', () => {
  it('each have a text at their type, with the status', async () => {
    const { get } = await createEdge();
    const internal = [
      'store-in-use',
      'store-unsupported',
      'chart-unsupported',
      'charts-missing',
      'provider-missing',
      'local-socket-unusable',
      'service-failed',
      'invalid-setting',
    ];
    const codes = errorCodes.filter((code) => !internal.includes(code));
    for (const code of [...codes, 'internal-error', 'route-not-found', 'method-not-allowed']) {
      const answer = await get(`/problems/${code}`);
      expect(answer.statusCode, code).toBe(200);
      expect(answer.headers['content-type']).toContain('text/plain');
      expect(answer.body).toMatch(/ \(\d{3}\)\n\n.+/);
    }
  });

  it('of a start are nobody else’s business', async () => {
    const { get } = await createEdge();
    expect((await get('/problems/store-in-use')).statusCode).toBe(404);
  });
});
