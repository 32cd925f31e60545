// A client that never gives up: it repeats a request with the same idempotency key until it gets an answer,
// as a shop's checkout does while the service is being killed and started again.
import { setTimeout as pause } from 'node:timers/promises';

export const sampleBody = {
  customerId: 'customer-123',
  email: 'customer-123@example.com',
  currency: 'USD',
  items: [
    { productId: 'product-1', quantity: 2 },
    { productId: 'product-2', quantity: 1 },
  ],
};

/** Any JSON answer with its status and headers. */
export const ask = async (url: string, init: RequestInit = {}) => {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
};

/** `POST` with a JSON body and, where given, an idempotency key. */
export const post = (url: string, body: unknown, key?: string, headers: Record<string, string> = {}) =>
  ask(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
      ...headers,
    },
    body: JSON.stringify(body),
  });

/** Repeats until there is an answer below 500 from whichever address `url()` gives at the time. */
export const persist = async (url: () => string, body: unknown, key: string) => {
  for (;;) {
    try {
      const answer = await post(`${url()}/orders`, body, key);
      if (answer.status < 500 && answer.status !== 409) return answer;
    } catch {
      // No answer: the service is down, or was killed in the middle. The key makes repeating safe.
    }
    await pause(20);
  }
};

/** Asks until the answer is as wanted; a fact, not a time, is waited for. */
export const until = async <T>(read: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> => {
  for (;;) {
    const value = await read().catch(() => undefined);
    if (value !== undefined && wanted(value)) return value;
    await pause(25);
  }
};
