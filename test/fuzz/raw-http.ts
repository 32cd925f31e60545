// Raw HTTP: sends requests that no HTTP client would send, and parses answers strictly. It does not check their content.
import { connect, type Socket } from 'node:net';
import type { FuzzRequest } from './requests.ts';

export interface Answer {
  readonly status: number;
  /** Names in lower case; repeated headers are joined. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}
export type Exchange =
  | { readonly outcome: 'answered'; readonly answer: Answer; readonly ms: number }
  /** The server closed the connection after these bytes, without a complete answer. */
  | { readonly outcome: 'closed'; readonly received: string }
  | { readonly outcome: 'silent' }
  /** The bytes are not an HTTP/1.1 answer. */
  | { readonly outcome: 'garbled'; readonly problem: string };

/** The bytes of a request, in the parts in which they are written. */
export const toBytes = ({
  method,
  target,
  headers,
  body,
  encoding,
  framing,
}: FuzzRequest): readonly Buffer[] => {
  const bytes = body === undefined ? undefined : Buffer.from(body, encoding);
  const framed = bytes === undefined ? { headers: [], parts: [] } : frame(bytes, framing);
  const isGiven = (name: string) => headers.some(([each]) => each.toLowerCase() === name);
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(isGiven('host') ? [] : ['host: localhost']),
    ...[...headers, ...framed.headers].map(([name, value]) => `${name}: ${value}`),
    'connection: close',
  ];
  return [Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), ...framed.parts];
};

type Framed = { readonly headers: readonly (readonly [string, string])[]; readonly parts: readonly Buffer[] };
const chunked = ['transfer-encoding', 'chunked'] as const;
const toLength = (length: number) => ['content-length', String(length)] as const;
const toChunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
const lastChunk = Buffer.from('0\r\n\r\n');

const frame = (bytes: Buffer, framing: FuzzRequest['framing']): Framed => {
  const half = Math.ceil(bytes.length / 2);
  const [head, tail] = [bytes.subarray(0, half), bytes.subarray(half)];
  const chunks = [head, tail].filter(({ length }) => length > 0).map(toChunk);
  switch (framing) {
    case 'length':
      return { headers: [toLength(bytes.length)], parts: [bytes] };
    case 'chunked':
      return { headers: [chunked], parts: [...chunks, lastChunk] };
    case 'cut-off':
      return { headers: [toLength(bytes.length + 1)], parts: [bytes] };
    case 'cut-chunk':
      return { headers: [chunked], parts: chunks };
    case 'too-long':
      return { headers: [toLength(half)], parts: [bytes] };
    case 'length-and-chunked':
      return { headers: [toLength(bytes.length), chunked], parts: [...chunks, lastChunk] };
    case 'none':
      return { headers: [], parts: [bytes] };
  }
};

const silenceMs = 15_000;

/** Sends one request on a connection of its own, half closes it, and reads one answer. */
export const exchange = (port: number, request: FuzzRequest): Promise<Exchange> => {
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  const startedAt = performance.now();
  const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let received = Buffer.alloc(0);
  const end = (result: Exchange) => {
    clearTimeout(timer);
    socket.destroy();
    resolve(result);
  };
  const timer = setTimeout(() => end({ outcome: 'silent' }), silenceMs);
  const read = (isOver: boolean) => {
    const answer = readAnswer(received, request.method, isOver);
    if (answer === 'more') return;
    end(
      'problem' in answer
        ? { outcome: 'garbled', ...answer }
        : { outcome: 'answered', answer, ms: performance.now() - startedAt },
    );
  };
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    read(false);
  });
  socket.on('end', () => {
    read(true);
    end({ outcome: 'closed', received: received.toString('latin1') });
  });
  socket.on('error', () => {
    read(true);
    end({ outcome: 'closed', received: received.toString('latin1') });
  });
  socket.once('connect', () => {
    for (const part of toBytes(request)) socket.write(part);
    // Only incomplete requests end here: a client that disconnects before gets no answer.
    if (request.body !== undefined && request.framing.startsWith('cut')) socket.end();
  });
  return promise;
};

type Read = Answer | 'more' | { readonly problem: string };

const readAnswer = (bytes: Buffer, method: string, isOver: boolean): Read => {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return 'more';
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) return { problem: `the status line is ${statusLine}` };
  const rest = bytes.subarray(end + 4);
  if (status < 200) return readAnswer(rest, method, isOver);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) return { problem: `invalid header line ${line}` };
    const key = name.toLowerCase();
    headers.set(key, headers.has(key) ? `${headers.get(key)}, ${value}` : value);
  }
  // If not even the request line was readable, the server does not know that it was a HEAD.
  const isHead = method === 'HEAD' && headers.has('x-request-id');
  const body = readBody(rest, headers, isHead || status === 304 || status === 204, isOver);
  return body === 'more' || typeof body === 'object' ? body : { status, headers, body: body.slice(1) };
};

/** The body with a prefix, so that an empty one differs from "more". */
const readBody = (
  bytes: Buffer,
  headers: ReadonlyMap<string, string>,
  isBodiless: boolean,
  isOver: boolean,
): string | { readonly problem: string } => {
  if (isBodiless) return bytes.length === 0 ? '=' : { problem: 'a body follows an answer without one' };
  if (headers.get('content-type')?.startsWith('text/event-stream')) return '=';
  const length = headers.get('content-length');
  if (length !== undefined) {
    if (bytes.length < Number(length)) return isOver ? { problem: 'the body is cut off' } : 'more';
    if (bytes.length > Number(length)) return { problem: 'more bytes follow the body' };
    return `=${bytes.toString()}`;
  }
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(bytes, isOver);
  return isOver ? `=${bytes.toString()}` : 'more';
};

const readChunks = (bytes: Buffer, isOver: boolean): string | { readonly problem: string } => {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, Math.max(line, at)).toString('latin1'), 16);
    if (line < 0 || bytes.length < line + 2 + size + 2)
      return isOver ? { problem: 'the body is cut off' } : 'more';
    if (size === 0) return `=${Buffer.concat(parts).toString()}`;
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
};
