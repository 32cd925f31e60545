// The proxy of docs/production.md in small: it takes its path off the address, says who asked, and gives each request to the next node
// that says it is ready. It sends nothing twice.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

interface RoundRobin extends AsyncDisposable {
  readonly origin: string;
}

/** In each answer: the address of the node that gave it. */
export const nodeHeader = 'x-node';

/** Whether the node at `url` is ready, asked under the name that the world knows. */
const isReady = (url: string, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    request(`${url}/readyz`, { headers: { host }, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    })
      .on('error', () => resolve(false))
      .end();
  });

/** @param nodes where those listen that run now @param publicUrl as the nodes have it */
export const startRoundRobin = async (
  nodes: () => readonly string[],
  publicUrl: string,
): Promise<RoundRobin> => {
  const { host, pathname } = new URL(publicUrl);
  let turn = 0;
  const findNode = async (): Promise<string | undefined> => {
    const urls = nodes();
    for (let tried = 0; tried < urls.length; tried += 1) {
      turn += 1;
      const url = urls[turn % urls.length];
      if (url !== undefined && (await isReady(url, host))) return url;
    }
    return undefined;
  };
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const node = await findNode();
    if (node === undefined) {
      outgoing.writeHead(503).end();
      return;
    }
    const { method, url = '', headers, socket } = incoming;
    const added = {
      ...{ host, 'x-forwarded-for': socket.remoteAddress, 'x-forwarded-host': host },
      'x-forwarded-proto': 'https',
    };
    const target = new URL(url.slice(pathname.length) || '/', node);
    const passed = request(target, { method, headers: { ...headers, ...added }, agent: false })
      .on('response', (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, [nodeHeader]: node });
        outgoing.flushHeaders();
        // Of a node that was killed in the middle of its answer, the client learns it.
        answer.on('error', () => outgoing.destroy()).pipe(outgoing);
      })
      .on('error', () => {
        if (outgoing.headersSent) outgoing.destroy();
        else outgoing.writeHead(502).end();
      });
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  };
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};
