// Connections that are slow, broken, gone or about to end, over real sockets.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { listen, openSocket, readAll } from './connections.ts';
import { createEdge, type Edge, problemOf, sampleOrder } from './edge.ts';

const toBody = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
const order = JSON.stringify(sampleOrder);
/** The clock keeps one timer for the deadline of the charge that never answers. */
const callTimers = 1;
/** Resolves when a wait for an order, which begins later, is over. */
const waitsThatEnd = ({ replaced, runner }: Edge): Promise<void> =>
  new Promise((resolve) => {
    replaced.waitUntilSettled = (...waiting) => runner.waitUntilSettled(...waiting).finally(resolve);
  });
const head = (extra = '') =>
  `POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nIdempotency-Key: key-1\r\n${extra}` +
  `Content-Length: ${order.length}\r\n\r\n`;

describe('a request', () => {
  it('whose body does not arrive in time is cut off with 408, and nothing is stored', async () => {
    await using edge = await listen(await createEdge({ requestTimeoutMs: 200 }));
    const socket = await openSocket(edge.port);
    socket.write(`${head()}${order.slice(0, 20)}`);
    const answer = await readAll(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(problemOf.parse(toBody(answer)).type).toBe('/problems/request-timeout');
    expect(await edge.runner.list({ limit: 1 })).toEqual([]);
  });

  it('whose headers do not arrive in time is cut off with 408', async () => {
    await using edge = await listen(await createEdge({ requestTimeoutMs: 200 }));
    const socket = await openSocket(edge.port);
    socket.write('GET /orders HTTP/1.1\r\nHost: localhost\r\n');
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('that is not HTTP is refused as a problem', async () => {
    await using edge = await listen(await createEdge());
    const socket = await openSocket(edge.port);
    socket.write('HELLO\r\n\r\n');
    const answer = await readAll(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(problemOf.parse(toBody(answer)).type).toBe('/problems/invalid-request');
  });

  it('has one answer, also where its framing is refused only after it was answered', async () => {
    await using edge = await listen(await createEdge());
    const socket = await openSocket(edge.port);
    socket.write('GET /nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n');
    const answer = await readAll(socket);
    expect(answer.match(/^HTTP\/1\.1 .*$/gm)).toEqual([expect.stringMatching(/^HTTP\/1\.1 404 /)]);
  });

  it('that is followed by garbage is answered, and so is the garbage', async () => {
    await using edge = await listen(await createEdge());
    const socket = await openSocket(edge.port);
    socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await readAll(socket, '{"alive":true}');
    socket.write('HELLO\r\n\r\n');
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('with an expectation that nobody knows is answered as without', async () => {
    await using edge = await listen(await createEdge());
    const answer = await fetch(`${edge.url}/livez`);
    const socket = await openSocket(edge.port);
    socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\nExpect: wonders\r\nConnection: close\r\n\r\n');
    expect(await readAll(socket)).toMatch(new RegExp(`^HTTP/1.1 ${answer.status} `));
  });

  it('with too many headers is refused as a problem', async () => {
    await using edge = await listen(await createEdge());
    const socket = await openSocket(edge.port);
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
    const answer = await readAll(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(problemOf.parse(toBody(answer)).type).toBe('/problems/headers-too-large');
  });

  it('with a body that is too large is refused before it is read, and nothing is stored', async () => {
    await using edge = await listen(await createEdge());
    const socket = await openSocket(edge.port);
    socket.write(head().replace(/Content-Length: \d+/, 'Content-Length: 999999999'));
    const answer = await readAll(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(await edge.runner.list({ limit: 1 })).toEqual([]);
  });

  it('with a body that is too large in chunks is refused, and nothing is stored', async () => {
    await using edge = await listen(await createEdge());
    const socket = await openSocket(edge.port);
    const chunk = `8000\r\n${' '.repeat(0x8000)}\r\n`;
    socket.write(head().replace(/Content-Length: \d+/, 'Transfer-Encoding: chunked') + chunk.repeat(9));
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 413 /);
    expect(await edge.runner.list({ limit: 1 })).toEqual([]);
  });
});

describe('a client that waits and leaves', () => {
  it('leaves no wait behind, and the order and its first answer stand', async () => {
    await using edge = await listen(await createEdge());
    const { runner } = edge;
    const timers = edge.clock.timers();
    const left = waitsThatEnd(edge);
    const waiting = edge.called('waitUntilSettled');
    const socket = await openSocket(edge.port);
    socket.write(head('Prefer: wait=60\r\n') + order);
    await waiting;
    const [placed] = await runner.list({ limit: 1 });
    const id = placed?.id ?? '';
    await runner.send({
      orderId: id,
      to: 'order',
      message: { type: 'order.capture' },
      otherwise: 'record',
    });
    socket.destroy();
    await left;
    expect(edge.clock.timers()).toBe(timers + callTimers);
    const again = await edge.placeOrder();
    expect(again.statusCode).toBe(202);
    expect(again.json()).toMatchObject({ id, state: 'paying', version: 3 });
    expect(again.headers['idempotency-replayed']).toBe('true');
  });
});

describe('a server that closes', () => {
  it('answers who waits with what is known now, and does not hang', async () => {
    await using edge = await listen(await createEdge());
    const waiting = edge.called('waitUntilSettled');
    const socket = await openSocket(edge.port);
    const answered = readAll(socket);
    socket.write(head('Prefer: wait=60\r\n') + order);
    await waiting;
    await edge.app.close();
    const answer = await answered;
    expect(answer).toMatch(/^HTTP\/1\.1 202 /);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(z.looseObject({ state: z.string() }).parse(toBody(answer)).state).toBe('paying');
    expect((await edge.runner.recall('orders', 'key-1'))?.status).toBe(202);
  });

  it('waits for no connection that never sent a request', async () => {
    const edge = await listen(await createEdge());
    const connected = new Promise((resolve) => edge.app.server.once('connection', resolve));
    const socket = await openSocket(edge.port);
    const closed = readAll(socket);
    await connected;
    await edge.app.close();
    expect(await closed).toBe('');
  });

  it('refuses new requests with 503 as a problem', async () => {
    const edge = await createEdge();
    const answers: Response[] = [];
    edge.app.addHook('preClose', async () => {
      for (const path of ['/readyz', '/orders', '/nothing'])
        answers.push(await fetch(`${listening.url}${path}`));
    });
    const listening = await listen(edge);
    await edge.app.close();
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    for (const answer of answers) {
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(answer.headers.get('connection')).toBe('close');
      expect(problemOf.parse(await answer.json()).type).toBe('/problems/closing');
    }
  });
});
