// An API on a fake host, with the sample catalogue and the sample order, and what was logged. Every test
// that needs one makes its own.
import { PassThrough } from 'node:stream';
import type { FastifyInstance, InjectOptions } from 'fastify';
import pino from 'pino';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { createApi } from '../../src/api/app.ts';
import { readSettings } from '../../src/config.ts';
import { createFakeClock } from '../fake-clock.ts';
import { FakeCatalogue, FakeHost, FakeIds, noon } from './fake-host.ts';

export const sampleOrder = {
  customerId: 'customer-1',
  email: 'ada@example.com',
  currency: 'EUR',
  items: [
    { productId: 'product-1', quantity: 2, unitPrice: 5000 },
    { productId: 'product-2', quantity: 1 },
  ],
};

export const problemOf = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  instance: z.string(),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  allowed: z.array(z.looseObject({ move: z.string(), href: z.string() })).optional(),
});

interface Given {
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly requestTimeoutMs?: number;
}

export const createEdge = ({ settings = {}, requestTimeoutMs }: Given = {}) => {
  const clock = createFakeClock(noon);
  const ids = new FakeIds();
  const host = new FakeHost(clock, ids);
  const catalogue = new FakeCatalogue();
  catalogue.set('product-1', { name: 'Kettle', unitPrice: 5000, currency: 'EUR', onHand: 100 });
  catalogue.set('product-2', { name: 'Toaster', unitPrice: 7500, currency: 'EUR', onHand: 50 }, 3);
  catalogue.set('product-3', { name: 'Samovar', unitPrice: 9900, currency: 'USD', onHand: 25 });
  const lines: string[] = [];
  const sink = new PassThrough();
  sink.on('data', (chunk) => lines.push(String(chunk)));
  const logger = pino({ level: 'trace', base: null }, sink);
  const metrics = new Registry();
  const app: FastifyInstance = createApi(
    { host, catalogue, settings: readSettings(settings), clock, ids, metrics, logger },
    requestTimeoutMs === undefined ? {} : { requestTimeoutMs },
  );
  const log = () => lines.join('');
  const get = (url: string, headers: Record<string, string> = {}) =>
    app.inject({ method: 'GET', url, headers });
  const post = (url: string, payload?: InjectOptions['payload'], headers: Record<string, string> = {}) =>
    app.inject({ method: 'POST', url, headers, ...(payload === undefined ? {} : { payload }) });
  const placeOrder = (headers: Record<string, string> = {}, order: object = sampleOrder) =>
    post('/orders', order, { 'idempotency-key': 'key-1', ...headers });
  return { app, host, catalogue, clock, ids, metrics, log, get, post, placeOrder };
};
export type Edge = ReturnType<typeof createEdge>;
