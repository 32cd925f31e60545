// Facts that a service sends of its own accord, to a real process: signed, counted once, and what is refused.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, post, sampleBody, until } from './client.ts';
import { makeFolder, type Server, startServer } from './server.ts';

const toSecret = (byte: number) => `whsec_${Buffer.alloc(24, byte).toString('base64')}`;
const [secret, oldSecret, mailerSecret] = [toSecret(1), toSecret(2), toSecret(3)];
let folder: Awaited<ReturnType<typeof makeFolder>>;
let server: Server;
/** Mail is sent, and nothing is known of any charge. */
const outside = createServer(({ url }, response) => {
  if (url === '/mail') response.end('{"type":"mailer.sent"}');
  else response.writeHead(500).end();
});

beforeAll(async () => {
  folder = await makeFolder();
  const url = await new Promise<string>((listening) => {
    outside.listen(0, '127.0.0.1', () =>
      listening(`http://127.0.0.1:${(outside.address() as AddressInfo).port}`),
    );
  });
  server = await startServer(folder.path, {
    ...{ LOG_LEVEL: 'warn', RETRY_FIRST_DELAY_MS: '600000' },
    ...{ PAYMENT_GATEWAY_URL: `${url}/pay`, PAYMENT_GATEWAY_SECRET: `${secret},${oldSecret}` },
    ...{ MAILER_URL: `${url}/mail`, MAILER_SECRET: mailerSecret },
  });
});
afterAll(async () => {
  await server.stop('SIGKILL');
  outside.close();
  await folder.remove();
});

interface Sent {
  readonly id: string;
  readonly at: Date;
  readonly by: string;
  readonly to: string;
  /** Sent instead of what was signed. */
  readonly instead: string;
}
const sendFact = (body: unknown, rest: Partial<Sent> = {}) => {
  const { id = `msg_${randomUUID()}`, at = new Date(), by = secret, to = 'gateway' } = rest;
  const text = JSON.stringify(body);
  return ask(`${server.url}/services/${to}/facts`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(by).sign(id, at, text),
    },
    body: rest.instead ?? text,
  });
};
const place = async (): Promise<string> => {
  const { body } = await post(`${server.url}/orders`, sampleBody, randomUUID());
  await until(
    () => ask(`${server.url}/orders/${body.id}`),
    (answer) => answer.body.state === 'paying',
  );
  return body.id;
};
const toCharged = (orderId: string) => ({
  orderId,
  message: {
    ...{ type: 'gateway.charged', key: `${orderId}/charge/1`, attempt: 1 },
    ...{ transactionId: `t-${orderId}`, amount: 17500, currency: 'USD' },
  },
});
const received = async (orderId: string) =>
  (await ask(`${server.url}/orders/${orderId}/messages`)).body.messages.filter(
    ({ type }: { type: string }) => type === 'gateway.charged',
  );
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);

describe('a fact of the gateway', () => {
  it('completes the order that waits for it', async () => {
    const orderId = await place();
    const { status, body } = await sendFact(toCharged(orderId));
    expect({ status, body }).toMatchObject({ status: 200, body: { orderId } });
    await until(
      () => ask(`${server.url}/orders/${orderId}`),
      (answer) => answer.body.state === 'completed',
    );
  });

  it('that is sent again changes nothing, whichever secret signs it', async () => {
    const orderId = await place();
    const first = await sendFact(toCharged(orderId), { id: `again-${orderId}` });
    const again = await sendFact(toCharged(orderId), { id: `again-${orderId}`, by: oldSecret });
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(await received(orderId)).toHaveLength(1);
  });

  it('that the order has no use for is recorded with the reason', async () => {
    const orderId = await place();
    const { message } = toCharged(orderId);
    const { status } = await sendFact({ orderId, message: { ...message, key: `${orderId}/charge/9` } });
    expect(status).toBe(200);
    expect(await received(orderId)).toMatchObject([{ disposition: 'ignored' }]);
  });

  it('with the id of another is refused: of another order, or of another message', async () => {
    const [one, other] = [await place(), await place()];
    const id = `taken-${one}`;
    expect((await sendFact(toCharged(one), { id })).status).toBe(200);
    const { message } = toCharged(one);
    for (const forged of [toCharged(other), { orderId: one, message: { ...message, transactionId: 't' } }]) {
      const { status, body } = await sendFact(forged, { id });
      expect({ status, type: body.type }).toEqual({ status: 422, type: '/problems/idempotency-key-reused' });
    }
    expect(await received(other)).toEqual([]);
    expect(await received(one)).toHaveLength(1);
  });

  it('about an order that does not exist is 404', async () => {
    const { status, body } = await sendFact(toCharged(randomUUID()));
    expect({ status, type: body.type }).toEqual({ status: 404, type: '/problems/order-not-found' });
  });
});

describe('a fact is refused, and nothing is recorded,', () => {
  it.each<[string, Partial<Sent>]>([
    ['with a signature by another secret', { by: toSecret(9) }],
    ['with a signature by the secret of another service', { by: mailerSecret }],
    ['with a timestamp older than five minutes', { at: ago(6) }],
    ['with a timestamp in the future', { at: ago(-6) }],
    ['in the name of a service without a secret', { to: 'warehouse' }],
    ['in the name of a service that does not exist', { to: 'constructor' }],
    ['with another body than the one that was signed', { instead: '{"orderId":"1","message":{"type":"x"}}' }],
    ['with a body that is not JSON and was not signed', { instead: '{' }],
  ])('%s', async (_what, rest) => {
    const orderId = await place();
    const { status, body } = await sendFact(toCharged(orderId), rest);
    expect({ status, type: body.type }).toEqual({ status: 403, type: '/problems/signature-invalid' });
    expect(await received(orderId)).toEqual([]);
  });

  it('without a signature', async () => {
    const orderId = await place();
    const { status, body } = await post(`${server.url}/services/gateway/facts`, toCharged(orderId));
    expect({ status, type: body.type }).toEqual({ status: 403, type: '/problems/signature-invalid' });
    expect(await received(orderId)).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['if it is a message of another service', { type: 'mailer.sent', key: 'k', attempt: 1 }, '/message/type'],
    ['if it is a command', { type: 'order.cancel', reason: 'x' }, '/message/type'],
    ['if it is an event of an actor', { type: 'payment.completed' }, '/message/type'],
    ['if its type is unknown', { type: 'constructor' }, '/message/type'],
    ['if a field is missing', { type: 'gateway.captured', key: 'k' }, '/message/attempt'],
    ['if an amount is negative', { ...toCharged('1').message, amount: -1 }, '/message/amount'],
    ['if a field is unknown', { type: 'gateway.captured', key: 'k', attempt: 1, more: 1 }, '/message'],
  ])('%s', async (_what, message, path) => {
    const orderId = await place();
    const { status, body } = await sendFact({ orderId, message });
    expect(status).toBe(400);
    expect(body.errors.map((error: { path: string }) => error.path)).toContain(path);
  });
});
