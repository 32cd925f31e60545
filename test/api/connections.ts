// Clients for a listening API: a reader of server-sent events, and a bare socket that can be slow, rude or
// gone. They wait for facts, never for time.
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { Edge } from './edge.ts';

/** Starts to listen on a free port; `[Symbol.asyncDispose]` closes. */
export const listen = async (edge: Edge) => {
  await edge.app.listen({ host: '127.0.0.1', port: 0 });
  const address = edge.app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  return { ...edge, port, url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => edge.app.close() };
};

/** A stream that is read frame by frame. */
export class EventReader implements AsyncDisposable {
  readonly response: Response;
  readonly comments: string[] = [];
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #frames: EventSourceMessage[] = [];
  readonly #decoder = new TextDecoder();
  readonly #parser = createParser({
    onEvent: (frame) => this.#frames.push(frame),
    onComment: (comment) => this.comments.push(comment),
  });

  constructor(response: Response) {
    if (response.body === null) throw new Error('no body');
    this.response = response;
    this.#reader = response.body.getReader();
  }
  static async open(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
    return new EventReader(await fetch(url, { headers }));
  }
  /** Reads on until `fact` holds or the stream ends; says whether it goes on. */
  async #readUntil(fact: () => boolean): Promise<boolean> {
    while (!fact()) {
      const { done, value } = await this.#reader.read();
      if (done) return false;
      this.#parser.feed(this.#decoder.decode(value, { stream: true }));
    }
    return true;
  }
  async take(count: number): Promise<EventSourceMessage[]> {
    await this.#readUntil(() => this.#frames.length >= count);
    return this.#frames.splice(0, count);
  }
  async takeIds(count: number): Promise<(string | undefined)[]> {
    return (await this.take(count)).map(({ id }) => id);
  }
  async comment(count: number): Promise<void> {
    await this.#readUntil(() => this.comments.length >= count);
  }
  /** The frames that were left when the stream ended. */
  async rest(): Promise<EventSourceMessage[]> {
    await this.#readUntil(() => false);
    return this.#frames;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }
}

export const openSocket = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).on('error', reject);
  });

/** Everything that comes, until `ending` has come or the server closes the connection. */
export const readAll = (socket: Socket, ending?: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: string[] = [];
    const finish = () => resolve(chunks.join(''));
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      const before = chunks.at(-1) ?? '';
      chunks.push(chunk);
      if (ending !== undefined && (before + chunk).includes(ending)) finish();
    });
    socket.on('close', finish);
    socket.on('error', reject);
  });

/** Any request with any headers, also those that `fetch` would not send. */
export const exchange = (
  url: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }> =>
  new Promise((resolve, reject) => {
    request(url, { method, headers: { ...headers, 'content-length': Buffer.byteLength(body) }, agent: false })
      .on('response', (response) => {
        const { statusCode: status = 0, headers } = response;
        text(response).then((body) => resolve({ status, headers, body }), reject);
      })
      .on('error', reject)
      .end(body);
  });
