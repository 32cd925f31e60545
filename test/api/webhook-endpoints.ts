// Endpoints of webhooks that are real servers, and an API that sends to them on a clock that a test moves. It asserts little.
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished } from 'vitest';
import { until } from '../e2e/client.ts';
import { chargeAll } from '../hosts/harness.ts';
import { createEdge, type Edge } from './edge.ts';

export interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An endpoint that answers as it is told at the time: a status, headers, or (0) nothing at all. */
export const openEndpoint = async (status = 200) => {
  const got: Got[] = [];
  const answer = { status, headers: {} };
  const server = createServer(async (request, response) => {
    got.push({ headers: request.headers, body: await text(request) });
    if (answer.status > 0) response.writeHead(answer.status, answer.headers).end('thank you');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const ids = () => got.map(({ headers }) => headers['webhook-id']);
  const untilGot = (count: number) =>
    until(
      async () => got.length,
      (length) => length >= count,
    );
  return { url: `http://127.0.0.1:${port}/hooks`, got, answer, ids, untilGot };
};

export const openWithWebhooks = async () => {
  const edge = await createEdge({ gateway: chargeAll });
  const list = async () => (await edge.get('/webhooks')).json().webhooks;
  const subscribe = async (url: string, rest: object = {}) => {
    const made = await edge.post('/webhooks', { url, after: '0', ...rest });
    expect(made.statusCode).toBe(201);
    return made.json();
  };
  const turn = async (id: string, path: string, body: object = {}) =>
    (await edge.post(`/webhooks/${id}/${path}`, body)).json();
  /** Places an order and resolves with the ids of its events once it is settled. */
  const settle = async (orderId: string, types?: readonly string[]): Promise<string[]> => {
    await edge.add(orderId);
    await until(
      () => edge.runner.get(orderId),
      (view) => view?.settled === true,
    );
    const events = await edge.runner.history(orderId, 0, 100);
    return events.filter(({ type }) => types?.includes(type) ?? true).map(({ eventId }) => eventId);
  };
  return { ...edge, list, subscribe, turn, settle };
};
/** Moves the clock on to the next try, and waits for it. */
export const tryAgain = async (
  { clock }: Edge,
  endpoint: Awaited<ReturnType<typeof openEndpoint>>,
  waitMs: number,
) => {
  const before = endpoint.got.length;
  await clock.advance(waitMs);
  await endpoint.untilGot(before + 1);
};
