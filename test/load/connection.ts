// One connection of a client that counts: a request at a time, its status, and what it names. It reads no more
// of an answer than that, so that one client can offer what ten could.
import { connect, type Socket } from 'node:net';

export interface Reply {
  readonly status: number;
  readonly retryAfter: boolean;
  /** The id of the order that the body names, if it names one. */
  readonly orderId: string | undefined;
}

export class Connection {
  readonly #socket: Socket;
  readonly #onClose: (connection: Connection) => void;
  #text = '';
  #waiting: ((reply: Reply | undefined) => void) | undefined;

  constructor(url: URL, onClose: (connection: Connection) => void) {
    this.#onClose = onClose;
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (chunk: string) => this.#take(chunk));
    this.#socket.on('error', () => undefined);
    this.#socket.once('close', () => this.#close());
  }

  /** Resolves with the reply, or undefined where the connection broke or `timeoutMs` passed. */
  ask(request: string, timeoutMs: number): Promise<Reply | undefined> {
    const { promise, resolve } = Promise.withResolvers<Reply | undefined>();
    const timer = setTimeout(() => this.end(), timeoutMs);
    this.#waiting = (reply) => {
      clearTimeout(timer);
      this.#waiting = undefined;
      resolve(reply);
    };
    this.#socket.write(request);
    return promise;
  }

  end(): void {
    this.#socket.destroy();
  }

  #close(): void {
    this.#onClose(this);
    this.#waiting?.(undefined);
  }

  #take(chunk: string): void {
    this.#text += chunk;
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#text.slice(0, end);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    // Characters are counted for bytes: every body here is ASCII.
    if (this.#text.length < end + 4 + length) return;
    const body = this.#text.slice(end + 4, end + 4 + length);
    this.#text = this.#text.slice(end + 4 + length);
    const status = Number(head.slice(9, 12));
    const retryAfter = /\r\nretry-after: \d+/i.test(head);
    this.#waiting?.({ status, retryAfter, orderId: /^\{"id":"([^"]+)"/.exec(body)?.[1] });
    if (/\r\nconnection: close/i.test(head)) this.end();
  }
}

/** The bytes of `POST /orders` for one unit of a product. */
export const toOrderRequest = (key: string, productId: string, headers = ''): string => {
  const body = JSON.stringify({
    customerId: 'someone',
    email: 'someone@example.com',
    currency: 'USD',
    items: [{ productId, quantity: 1 }],
  });
  return (
    `POST /orders HTTP/1.1\r\nhost: load\r\ncontent-type: application/json\r\nidempotency-key: ${key}\r\n` +
    `${headers}content-length: ${body.length}\r\n\r\n${body}`
  );
};
