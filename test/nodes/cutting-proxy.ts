// A TCP proxy before PostgreSQL that can cut a connection at the worst moment: when a batch has been carried out, and its answer
// is on the way. It understands nothing of what passes but the name of the function that begins a batch.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy extends AsyncDisposable {
  /** The address of the database, through the proxy. */
  readonly url: string;
  /** The next batch loses its connection: before it reaches the database, or when its answer comes. */
  cutNextBatch(when?: 'before' | 'after'): void;
  /** How many were cut. */
  cuts(): number;
}

const marker = 'begin_batch';

export const openCuttingProxy = async (databaseUrl: string): Promise<CuttingProxy> => {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let armed: 'before' | 'after' | undefined;
  let cut = 0;

  const note = (end: () => void): void => {
    armed = undefined;
    cut += 1;
    end();
  };
  const server = createServer((client) => {
    const database = connect(Number(target.port), target.hostname);
    let writesBatches = false;
    let isAsked = false;
    const end = (): void => {
      client.destroy();
      database.destroy();
    };
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on('error', end).on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    client.on('data', (bytes) => {
      writesBatches ||= bytes.includes(marker);
      isAsked = true;
      if (armed === 'before' && writesBatches) note(end);
      else database.write(bytes);
    });
    database.on('data', (bytes) => {
      if (armed === 'after' && writesBatches && isAsked) return note(end);
      isAsked = false;
      client.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  const url = new URL(databaseUrl);
  url.port = String(address.port);
  return {
    url: url.href,
    cutNextBatch: (when = 'after') => {
      armed = when;
    },
    cuts: () => cut,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
