// A courier behind HTTP that books once for each key, and counts how often it was asked. A test says when it answers, and for
// whom it fails.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { z } from 'zod';

const request = z.object({ orderId: z.string(), recipient: z.string() });

export interface CourierDouble {
  readonly url: string;
  /** The tracking code of each key's booking. */
  readonly bookings: ReadonlyMap<string, string>;
  /** How often each key was asked for. */
  readonly asked: ReadonlyMap<string, number>;
  /** Books, and does not answer until `answerAgain`. */
  stopAnswering(): void;
  answerAgain(): void;
  /** Fails for this recipient, so many times. */
  failFor(recipient: string, times: number): void;
  close(): Promise<void>;
}

export const startCourier = async (): Promise<CourierDouble> => {
  const bookings = new Map<string, string>();
  const asked = new Map<string, number>();
  const failures = new Map<string, number>();
  let isAnswering = true;
  const answer = (response: ServerResponse, status: number, body: object): void => {
    if (isAnswering)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const server = createServer(async (incoming, response) => {
    const key = String(incoming.headers['idempotency-key']);
    const { recipient } = request.parse(await json(incoming));
    asked.set(key, (asked.get(key) ?? 0) + 1);
    const left = failures.get(recipient) ?? 0;
    if (left > 0) {
      failures.set(recipient, left - 1);
      answer(response, 503, {});
      return;
    }
    const trackingCode = bookings.get(key) ?? `parcel-${bookings.size + 1}`;
    bookings.set(key, trackingCode);
    answer(response, 201, { trackingCode });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    bookings,
    asked,
    stopAnswering: () => {
      isAnswering = false;
    },
    answerAgain: () => {
      isAnswering = true;
    },
    failFor: (recipient, times) => {
      failures.set(recipient, times);
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
