// A TCP proxy before PostgreSQL that can cut a connection at the worst moment: when a batch has been carried out, and its answer
// is on the way. It understands nothing of what passes but the name of the function that begins a batch.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy extends AsyncDisposable {
  /** The address of the database, through the proxy. */
  readonly url: string;
  /** The next batch loses its connection: before it reaches the database, or when its answer comes; or it is held on its way. */
  cutNextBatch(when?: When): void;
  /** Lets the batch that was held arrive; resolves when the database has answered. */
  deliver(): Promise<void>;
  /** How many were cut. */
  cuts(): number;
}

type When = 'before' | 'after' | 'held';

const marker = 'begin_batch';

export const openCuttingProxy = async (databaseUrl: string): Promise<CuttingProxy> => {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let armed: When | undefined;
  let deliver = async (): Promise<void> => {};
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
    let isHeld = false;
    const end = (): void => {
      client.destroy();
      if (!isHeld) database.destroy();
    };
    const hold = (bytes: Buffer): void => {
      isHeld = true;
      client.destroy();
      deliver = async () => {
        const answered = once(database, 'data');
        database.write(bytes);
        await answered;
        database.destroy();
      };
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
      else if (armed === 'held' && writesBatches) note(() => hold(bytes));
      else database.write(bytes);
    });
    database.on('data', (bytes) => {
      if (armed === 'after' && writesBatches && isAsked) return note(end);
      isAsked = false;
      if (!isHeld) client.write(bytes);
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
    deliver: () => deliver(),
    cuts: () => cut,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
