// The provider's HTTP API as a process of its own: one account, whose ledger is on the disk before it answers. What it does
// wrong is set over HTTP, at /_double/. It ends on SIGTERM, and when its parent is gone.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type Stripe from 'stripe';
import { z } from 'zod';
import { systemClock } from '../../../src/clock.ts';
import { openDurableLines, readLines } from '../../process/durable-lines.ts';
import { type Account, ApiError, type Change, createAccount } from './account.ts';
import { expand } from './expand.ts';
import { createFaults, type Fault, type Operation } from './faults.ts';
import { createKeys, type KeptAnswer } from './idempotency.ts';
import type { Params, Stored } from './objects.ts';
import { createWebhooks } from './webhooks.ts';

/** What one request led to, as one line: objects as they are after it, and the answer that is kept for its key. */
interface LedgerLine {
  readonly objects: readonly Stored[];
  readonly kept?: KeptAnswer;
}
const isLedgerLine = (line: unknown): line is LedgerLine =>
  z.looseObject({ objects: z.array(z.looseObject({ id: z.string() })) }).safeParse(line).success;

const { LEDGER = 'stripe.jsonl', STRIPE_SECRET_KEY = 'sk_test_double' } = process.env;
const account = createAccount();
const keys = createKeys();
const faults = createFaults();
const webhooks = createWebhooks();
for (const line of await readLines(LEDGER)) {
  if (!isLedgerLine(line)) throw new Error(`${LEDGER} holds a line that is not a ledger's`);
  for (const object of line.objects) account.put(object);
  if (line.kept !== undefined) keys.keep(line.kept);
}
const ledger = await openDurableLines(LEDGER);

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
interface Route {
  readonly operation: Operation;
  run(account: Account, params: Params, change: Change): unknown;
}

const toList = <T extends { readonly id: string; readonly created: number }>(
  all: readonly T[],
  params: Params,
) => {
  const { limit = '10', starting_after } = params;
  const [from, to] = [Number(params['created[gte]'] ?? 0), Number(params['created[lte]'] ?? 'Infinity')];
  const found = all.filter(({ created }) => created >= from && created <= to).reverse();
  const start = found.findIndex(({ id }) => id === starting_after) + 1;
  const data = found.slice(start, start + Number(limit));
  return { object: 'list', data, has_more: start + data.length < found.length, url: '/v1' };
};

const toRoute = (method: string, path: string): Route | undefined => {
  const [, name, id = '', action] = /^\/v1\/(\w+)(?:\/(\w+))?(?:\/(\w+))?$/.exec(path) ?? [];
  switch (`${method} ${name}${id && '/id'}${action === undefined ? '' : `/${action}`}`) {
    case 'POST payment_intents':
      return { operation: 'create', run: (on, params, change) => on.create(params, change) };
    case 'POST payment_intents/id/confirm':
      return { operation: 'confirm', run: (on, params, change) => on.confirm(id, params, change) };
    case 'POST payment_intents/id/capture':
      return { operation: 'capture', run: (on, params, change) => on.capture(id, params, change) };
    case 'POST payment_intents/id/cancel':
      return { operation: 'cancel', run: (on, _, change) => on.cancel(id, change) };
    case 'POST refunds':
      return { operation: 'refund', run: (on, params, change) => on.refund(params, change) };
    case 'GET payment_intents/id':
      return { operation: 'retrieve', run: (on) => on.intent(id) };
    case 'GET charges/id':
      return { operation: 'retrieve', run: (on) => on.charge(id) };
    case 'GET refunds/id':
      return { operation: 'retrieve', run: (on) => on.refundOf(id) };
    case 'GET events/id':
      return { operation: 'retrieve', run: (on) => on.event(id) };
    case 'GET payment_intents':
      return { operation: 'list', run: (on, params) => toList(on.intents(), params) };
    case 'GET refunds':
      return { operation: 'list', run: (on, params) => toList(on.refunds(params), params) };
    case 'GET events':
      return { operation: 'list', run: (on, params) => toList(on.events(), params) };
    default:
      return undefined;
  }
};

const toErrorAnswer = (error: unknown): Answer => {
  if (!(error instanceof ApiError)) throw error;
  return { status: error.status, body: { error: error.error } };
};
const storedError: Answer = { status: 500, body: { error: { type: 'api_error', message: 'Sorry.' } } };

/** Does what is asked, and writes down what it led to with the answer for the key. */
const carryOut = async (
  { run }: Route,
  params: Params,
  key: string | null,
  fingerprint: string,
  fault: Fault | undefined,
): Promise<{ readonly answer: Answer; readonly events: readonly Stripe.Event[] }> => {
  const objects: Stored[] = [];
  const now = systemClock.now();
  const put = (object: Stored) => {
    objects.push(object);
    account.put(object);
  };
  const decline = fault?.kind === 'decline' ? fault.code : undefined;
  const attempt = (): Answer => {
    try {
      return { status: 200, body: expand(account, params, run(account, params, { key, now, put, decline })) };
    } catch (error) {
      return toErrorAnswer(error);
    }
  };
  const done = fault?.kind === 'error' && !fault.effect ? storedError : attempt();
  const answer = fault?.kind === 'error' ? storedError : done;
  if (key !== null) {
    const kept = { key, at: now, fingerprint, ...answer };
    keys.keep(kept);
    await ledger.append({ objects, kept });
  }
  return { answer, events: objects.filter((object) => object.object === 'event') };
};

/** The answer to a request to the API; undefined: there is none ever; 'cut': the connection ends. */
const respond = async (request: IncomingMessage, url: URL): Promise<Answer | 'cut' | undefined> => {
  const { method = '', headers } = request;
  const body = await text(request);
  if (headers.authorization !== `Bearer ${STRIPE_SECRET_KEY}`) {
    return { status: 401, body: { error: { type: 'invalid_request_error', message: 'Invalid API Key' } } };
  }
  const route = toRoute(method, url.pathname);
  if (route === undefined) return { status: 404, body: { error: { type: 'invalid_request_error' } } };
  const params = Object.fromEntries(method === 'GET' ? url.searchParams : new URLSearchParams(body));
  const key = method === 'POST' ? String(headers['idempotency-key']) : null;
  const fingerprint = `${url.pathname}?${body}`;
  const fault = faults.draw(route.operation);
  if (fault?.kind === 'status') return { ...fault, body: { error: fault.error } };
  if (fault?.kind === 'reset' && !fault.effect) return 'cut';
  if (fault?.kind === 'silent' && !fault.effect) return undefined;
  try {
    const kept = key === null ? undefined : keys.begin(key, fingerprint, systemClock.now());
    if (kept !== undefined) return { ...kept, headers: { 'idempotent-replayed': 'true' } };
  } catch (error) {
    return toErrorAnswer(error);
  }
  const { answer, events } = await carryOut(route, params, key, fingerprint, fault);
  for (const event of events) await webhooks.schedule(event);
  if (fault?.kind === 'slow') await pause(fault.ms);
  if (key !== null) keys.end(key);
  if (fault?.kind === 'reset') return 'cut';
  if (fault?.kind === 'malformed') return { status: 200, body: undefined };
  return fault?.kind === 'silent' ? undefined : answer;
};

const authentication = z.strictObject({ intent: z.string(), outcome: z.enum(['confirmed', 'failed']) });
const disputing = z.strictObject({ intent: z.string(), reason: z.string().default('fraudulent') });
const deciding = z.strictObject({ id: z.string(), status: z.enum(['won', 'lost', 'warning_closed']) });

/** What others do at the provider: customers and banks. It is written down, and reported, as what requests do. */
const happen = async (act: (change: Change) => { readonly id: string }): Promise<{ readonly id: string }> => {
  const objects: Stored[] = [];
  const put = (object: Stored) => {
    objects.push(object);
    account.put(object);
  };
  const { id } = act({ key: null, now: systemClock.now(), put });
  await ledger.append({ objects });
  for (const object of objects) if (object.object === 'event') await webhooks.schedule(object);
  return { id };
};

const controls: Readonly<Record<string, (body: unknown) => unknown>> = {
  'PUT /_double/faults': (rules) => faults.set(rules),
  'PUT /_double/webhooks': (rules) => webhooks.set(rules),
  'POST /_double/forget-keys': () => keys.forget(),
  'POST /_double/plant': async (line) => {
    if (!isLedgerLine(line)) throw new Error('no objects to plant');
    for (const object of line.objects) account.put(object);
    await ledger.append({ objects: line.objects });
  },
  'GET /_double/pending': () => ({ pending: webhooks.pending() }),
  'POST /_double/authenticate': (given) => {
    const { intent, outcome } = authentication.parse(given);
    return happen((change) => account.authenticate(intent, outcome === 'confirmed', change));
  },
  'POST /_double/disputes': (given) => {
    const { intent, reason } = disputing.parse(given);
    return happen((change) => account.dispute(intent, reason, change));
  },
  'POST /_double/disputes/close': (given) => {
    const { id, status } = deciding.parse(given);
    return happen((change) => account.closeDispute(id, status, change));
  },
  'POST /_double/send': async (event) => {
    await webhooks.deliver(account.event(z.object({ id: z.string() }).parse(event).id));
  },
};

const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = new URL(request.url ?? '', 'http://double');
  const control = controls[`${request.method} ${url.pathname}`];
  if (control !== undefined) {
    const body = await text(request);
    response.end(JSON.stringify((await control(body === '' ? undefined : JSON.parse(body))) ?? {}));
    return;
  }
  const answer = await respond(request, url);
  if (answer === 'cut') response.destroy();
  if (typeof answer !== 'object') return;
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(JSON.stringify(answer.body) ?? 'no JSON');
};

const server = createServer((request, response) => {
  serve(request, response).catch((error) => {
    console.error(`${request.method} ${request.url}: ${error}`);
    response.destroy();
  });
});
const stop = (): void => {
  server.close(() => {
    void ledger.close().then(() => process.exit(0));
  });
  server.closeAllConnections();
};
process.once('SIGTERM', stop);
process.stdin.once('end', stop).resume();
server.listen(0, '127.0.0.1', () => {
  const { port } = z.object({ port: z.int() }).parse(server.address());
  console.log(`listens on http://127.0.0.1:${port}`);
});
