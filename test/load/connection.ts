// One connection of the load generator: one request at a time. Of an answer it reads only the status and the order's id,
// so that one process can send as much as ten ordinary clients.
import { connect, type Socket } from 'node:net';

export interface Reply {
  readonly status: number;
  readonly retryAfter: boolean;
  /** The id of the order in the body, if there is one. */
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
    this.#socket.on('data', (chunk: string) => this.#receive(chunk));
    this.#socket.on('error', () => undefined);
    this.#socket.once('close', () => this.#close());
  }

  /** Resolves with the reply; undefined if the connection broke or `timeoutMs` passed. */
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

  #receive(chunk: string): void {
    this.#text += chunk;
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#text.slice(0, end);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    // Every body here is ASCII, so characters are bytes.
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
    `POST /orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nidempotency-key: ${key}\r\n` +
    `${headers}content-length: ${body.length}\r\n\r\n${body}`
  );
};
