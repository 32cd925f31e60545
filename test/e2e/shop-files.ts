// A running shop with orders in a folder of its own, and what tests of copies do with its files. It judges nothing.
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ask, post, sampleBody, until } from './client.ts';
import { makeFolder, runCommand, type Server, startServer } from './server.ts';

const quick = { MAIL_DELAY_MS: '0', PAYMENT_DELAY_MS: '0', PAYMENT_DECLINE_RATE: '0' };
const files = ['', '-wal', '-shm'] as const;
export const mainOf = (folder: string) => join(folder, 'data/orderchart.db');

let keys = 0;

/** Places orders and waits until they are settled. */
export const placeOrders = async ({ url }: Server, count: number): Promise<string[]> => {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    keys += 1;
    const placed = await post(`${url}/orders`, sampleBody, `copies-${keys}`);
    ids.push(placed.body.id);
    await until(
      () => ask(`${url}/orders/${placed.body.id}`),
      ({ body }) => body.settled,
    );
  }
  return ids;
};

export const countOrders = async ({ url }: Server): Promise<number> =>
  (await ask(`${url}/orders?limit=100`)).body.orders.length;

/** Copies the database, with what is named of the files beside it, into the place of another folder's. */
export const copyShop = (from: string, to: string, which: readonly string[] = files): void => {
  for (const each of which) {
    if (existsSync(`${from}${each}`)) copyFileSync(`${from}${each}`, `${to}${each}`);
  }
};

/** Folds the log in, as SQLite does now and then by itself. */
export const foldIn = (path: string): void => {
  using connection = new DatabaseSync(path);
  connection.exec('PRAGMA wal_checkpoint(PASSIVE)');
};

/** Starts on a file that is to be refused: the one line that it ends with. */
export const startRefused = async (folder: string, path: string): Promise<string> => {
  const before = readFileSync(path);
  const { code, output } = await runCommand(['serve'], folder, { DATABASE_URL: `sqlite:${path}`, PORT: '0' });
  if (code !== 1) throw new Error(`it ended with ${code}: ${output}`);
  if (!readFileSync(path).equals(before)) throw new Error('the file was changed');
  return output;
};

/** Folders and services of one test. */
export const createShops = () => {
  const ending: (() => Promise<unknown>)[] = [];
  const folder = async (): Promise<string> => {
    const made = await makeFolder();
    ending.push(made.remove);
    return made.path;
  };
  const start = async (path: string, environment: Record<string, string> = {}): Promise<Server> => {
    const server = await startServer(path, { ...quick, ...environment });
    ending.push(() => server.kill().catch(() => undefined));
    return server;
  };
  return {
    folder,
    start,
    /** A shop that runs, with so many settled orders. */
    open: async (orders: number, environment: Record<string, string> = {}) => {
      const path = await folder();
      const server = await start(path, environment);
      const ids = await placeOrders(server, orders);
      return { path, server, ids, main: mainOf(path) };
    },
    [Symbol.asyncDispose]: async () => {
      for (const end of ending.reverse()) await end();
    },
  };
};
