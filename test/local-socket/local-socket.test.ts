// Both ends of the local socket in one process, with routes of the test's own: how requests, streams and errors cross
// it, and where it is.
import { chmodSync, lstatSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/clock.ts';
import { AppError } from '../../src/errors.ts';
import { connectToService } from '../../src/local-socket/client.ts';
import { createLocalSocket } from '../../src/local-socket/server.ts';
import { type LocalApi, type LocalSocket, toLines } from '../../src/local-socket.ts';
import { shop } from '../../src/shop/shop.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { createFolder, removeFolder } from '../stores/sqlite-file.ts';

let folder: string;
let path: string;
let lines: Record<string, unknown>[];
const opened: LocalSocket[] = [];

beforeEach(() => {
  folder = createFolder();
  path = join(folder, 'orders.db');
  lines = [];
});
afterEach(async () => {
  for (const socket of opened.splice(0)) {
    socket.abandonRequests();
    await socket.close();
  }
  removeFolder(folder);
});

const service = { version: '1.2.3', pid: 4711, address: null, chartVersions: ['2', '1'] };

const open = async (addRoutes: (api: LocalApi) => void = () => {}, databasePath = path) => {
  const logger = pino({ level: 'error' }, { write: (line) => lines.push(JSON.parse(line)) });
  const socket = createLocalSocket({ databasePath, logger, describe: () => service, addRoutes });
  opened.push(socket);
  await socket.listen();
  return socket;
};

const connect = async () => {
  const client = await connectToService(path);
  if (client === undefined) throw new Error('no service answers');
  return client;
};

/** Something at the place of the socket that is no service of ours. */
const listenThere = (onConnection: (server: Server) => void): Promise<Server> =>
  new Promise((listening) => {
    const server = createServer();
    onConnection(server);
    server.listen(`${path}.sock`, () => listening(server));
  });

const nobody = 65_534;

/** Only root can become another; anybody else takes the right away from itself. */
const asAnotherUser = async <T>(use: () => Promise<T>): Promise<T> => {
  if (process.geteuid?.() !== 0) {
    chmodSync(`${path}.sock`, 0);
    return use();
  }
  process.seteuid?.(nobody);
  try {
    return await use();
  } finally {
    process.seteuid?.(0);
  }
};

const toMode = (name: string): string => (lstatSync(name).mode & 0o777).toString(8);

const collect = async (items: AsyncIterable<unknown>, into: unknown[] = []): Promise<unknown[]> => {
  for await (const item of items) into.push(item);
  return into;
};

describe('requests', () => {
  test('carry JSON both ways', async () => {
    await open((api) => {
      const schema = { body: z.strictObject({ word: z.string() }) };
      api.post('/echo', { schema }, async ({ body }) => ({ said: body.word }));
    });
    expect(await (await connect()).request('POST', '/echo', { word: 'höher 🎉' })).toEqual({
      said: 'höher 🎉',
    });
  });
  test('that the schema of a route refuses say what is wrong', async () => {
    await open((api) => {
      api.post('/echo', { schema: { body: z.strictObject({ word: z.string() }) } }, async () => 'never');
    });
    await expect((await connect()).request('POST', '/echo', { word: 1 })).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining('word'),
    });
  });
  test('that are refused throw the error that the service threw', async () => {
    await open((api) => {
      api.post('/refuse', () => {
        throw new AppError('move-not-allowed', 'Not now.', { moves: ['cancel'] });
      });
    });
    const refused = (await connect()).request('POST', '/refuse', {});
    await expect(refused).rejects.toMatchObject({
      code: 'move-not-allowed',
      message: 'Not now.',
      details: { moves: ['cancel'] },
    });
    expect(lines).toEqual([]);
  });
  test('that fail unexpectedly say whose log says why, and nothing of the cause', async () => {
    await open((api) => {
      api.post('/fail', () => {
        throw new Error('secret');
      });
    });
    const failure = await (await connect()).request('POST', '/fail').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'service-failed', message: expect.stringContaining('4711') });
    expect(String(failure)).not.toContain('secret');
    expect(lines).toMatchObject([{ err: { message: 'secret' } }]);
  });
  test('of a connection that ends too early say that it may be done in part', async () => {
    await open((api) => {
      api.post('/die', (_request, reply) => reply.raw.destroy());
    });
    await expect((await connect()).request('POST', '/die')).rejects.toMatchObject({
      code: 'service-failed',
      message: expect.stringContaining('done in part'),
    });
  });
});

describe('streams', () => {
  test('bring each item as soon as it is sent', async () => {
    const second = Promise.withResolvers<void>();
    await open((api) => {
      api.post('/work', (_request, reply) => {
        const work = async function* () {
          yield { done: 1 };
          await second.promise;
          yield { done: 2, text: 'two\nlines' };
        };
        return reply.type('application/x-ndjson').send(toLines(work(), api.log));
      });
    });
    const items = (await connect()).stream('POST', '/work');
    expect(await items.next()).toEqual({ value: { done: 1 }, done: false });
    second.resolve();
    expect(await collect(items)).toEqual([{ done: 2, text: 'two\nlines' }]);
  });
  test('that end with a refusal throw it behind the items before', async () => {
    await open((api) => {
      const work = async function* () {
        yield 1;
        throw new AppError('closing', 'The service is closing.');
      };
      api.get('/work', (_request, reply) => reply.send(toLines(work(), api.log)));
    });
    const items: unknown[] = [];
    const client = await connect();
    await expect(collect(client.stream('GET', '/work'), items)).rejects.toMatchObject({
      code: 'closing',
      message: 'The service is closing.',
    });
    expect(items).toEqual([1]);
  });
  test('that are refused before the first item throw the refusal', async () => {
    await open((api) => {
      api.get('/work', () => {
        throw new AppError('overloaded', 'Too much.');
      });
    });
    await expect(collect((await connect()).stream('GET', '/work'))).rejects.toMatchObject({
      code: 'overloaded',
    });
  });
  test('that are cut off never look complete', async () => {
    const socket = await open((api) => {
      const work = async function* () {
        yield 1;
        await new Promise(() => {});
      };
      api.get('/work', (_request, reply) => reply.send(toLines(work(), api.log)));
    });
    const items = (await connect()).stream('GET', '/work');
    expect(await items.next()).toEqual({ value: 1, done: false });
    socket.abandonRequests();
    await expect(items.next()).rejects.toMatchObject({ code: 'service-failed' });
  });
  test('end the work in the service if the client goes', async () => {
    const ended = Promise.withResolvers<void>();
    await open((api) => {
      const work = async function* () {
        try {
          for (let item = 0; ; item += 1) {
            yield item;
            await new Promise<void>((later) => systemClock.soon(later));
          }
        } finally {
          ended.resolve();
        }
      };
      api.get('/work', (_request, reply) => reply.send(toLines(work(), api.log)));
    });
    const items = (await connect()).stream('GET', '/work');
    await items.next();
    await items.return(undefined);
    await ended.promise;
  });
});

describe('the place of the socket', () => {
  test('is the same by every name of the database', async () => {
    const link = join(folder, 'link.db');
    openDatabase(path, shop).close();
    symlinkSync(path, link);
    await open(undefined, link);
    expect(readdirSync(folder)).toContain('orders.db.sock');
    expect(await connectToService(link)).toMatchObject({ service });
    expect((await connect()).service).toEqual(service);
  });
  test('can be reached by its owner alone from its first moment, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      const atFirst: string[] = [];
      const socket = await open((api) => {
        api.addHook('onListen', async () => {
          for (const name of readdirSync(folder)) atFirst.push(toMode(join(folder, name)));
        });
      });
      // Where it is made, only its owner can look into.
      expect(atFirst).toEqual(['700']);
      expect(readdirSync(folder)).toEqual(['orders.db.sock']);
      expect(toMode(socket.path)).toBe('600');
    } finally {
      process.umask(before);
    }
  });
  test('is refused if another program listens there, and that goes on', async () => {
    const other = await listenThere(() => {});
    await expect(open()).rejects.toMatchObject({
      code: 'local-socket-unusable',
      message: expect.stringContaining('Another program listens'),
    });
    expect(lstatSync(`${path}.sock`).isSocket()).toBe(true);
    other.close();
  });
  test('is not touched by the close of a service that never listened', async () => {
    writeFileSync(`${path}.sock`, 'precious');
    await expect(open()).rejects.toMatchObject({ code: 'local-socket-unusable' });
    await opened.at(-1)?.close();
    expect(readdirSync(folder)).toEqual(['orders.db.sock']);
  });
  test('of a database that does not exist has no service', async () => {
    expect(await connectToService(join(folder, 'none', 'orders.db'))).toBeUndefined();
  });
  test('is refused to another user, and says who may use it', async () => {
    await open();
    chmodSync(folder, 0o755);
    const asked = asAnotherUser(() => connectToService(path));
    await expect(asked).rejects.toMatchObject({
      code: 'local-socket-unusable',
      message: expect.stringContaining('Permission denied'),
    });
  });
  test('that answers something else than a service is not taken for one', async () => {
    const other = await listenThere((server) => {
      server.on('connection', (connection) => {
        connection.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi');
      });
    });
    await expect(connectToService(path)).rejects.toMatchObject({ code: 'service-failed' });
    other.close();
  });
});
