// One POST to a service elsewhere: its answer, or whether anything was sent. Every exchange has a connection of its own, since
// one that waited may be closed by the other end just when a request is sent. It follows no redirect and repeats nothing.
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { limits } from '../limits.ts';
import { NotDone, notConnected } from '../service.ts';

export interface HttpAnswer {
  readonly status: number;
  /** The header Retry-After. */
  readonly retryAfter: string | undefined;
  readonly body: string;
}

interface Request {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

const isReady = (socket: Socket): boolean =>
  !socket.connecting && !(socket instanceof TLSSocket && socket.getProtocol() === null);

/**
 * @throws NotDone where no byte of the request was sent; any other error where it may have arrived.
 */
export const exchange = ({ url, headers, body, signal }: Request): Promise<HttpAnswer> => {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  let isSent = false;
  const { request: open } = url.protocol === 'https:' ? https : http;
  const request = open(url, { method: 'POST', headers, agent: false, signal });
  request.on('error', (error) => reject(isSent ? error : new NotDone(notConnected)));
  request.on('response', (response) => readAnswer(response).then(resolve, reject));
  // Node would hand a request to a TLS connection before it knows whom that leads to.
  request.on('socket', (socket) => {
    const send = (): void => {
      isSent = true;
      request.end(body);
    };
    if (isReady(socket)) send();
    else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', send);
  });
  return promise;
};

const readAnswer = async (response: IncomingMessage): Promise<HttpAnswer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    // Leaving the loop ends the connection.
    if (bytes > limits.bodyBytes) throw new Error(`the answer has more than ${limits.bodyBytes} bytes`);
    chunks.push(part);
  }
  const { statusCode = 0, headers } = response;
  return {
    status: statusCode,
    retryAfter: headers['retry-after'],
    body: Buffer.concat(chunks).toString('utf8'),
  };
};
