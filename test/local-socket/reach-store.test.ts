// How a command that writes reaches a store: through the service that holds it, or the file itself.
import { mkdirSync } from 'node:fs';
import pino from 'pino';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { reachStore } from '../../src/local-socket/reach-store.ts';
import { createLocalSocket } from '../../src/local-socket/server.ts';
import { shop } from '../../src/shop/shop.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { useFile } from '../stores/sqlite-file.ts';

const files = useFile();
const service = { version: '1.2.3', pid: 4711, address: null, chartVersions: ['2', '1'] };

/** A service that holds the store and listens when `listen` is called. */
const holdStore = () => {
  const database = openDatabase(files.path(), shop);
  const logger = pino({ level: 'silent' });
  const socket = createLocalSocket({ databasePath: files.path(), logger, describe: () => service });
  const close = async () => {
    await socket.close();
    database.close();
  };
  return { listen: socket.listen, close };
};

const openFile = () => openDatabase(files.path(), shop);
const reach = (clock = systemClock) => reachStore(files.path(), openFile, clock);

test('a command that writes asks the service that holds the store', async () => {
  const { listen, close } = holdStore();
  await listen();
  expect(await reach()).toMatchObject({ through: 'service', service: { service } });
  await close();
});

test('it opens the file itself if no service holds it', async () => {
  const access = await reach();
  if (access.through !== 'file') throw new Error('there is no service');
  expect(openFile).toThrow('in use');
  access.store.close();
});

test('it waits for a service that is just starting', async () => {
  const { listen, close } = holdStore();
  const reached = reach();
  await listen();
  expect(await reached).toMatchObject({ through: 'service' });
  await close();
});

test('it says why if whoever holds the store cannot be asked', async () => {
  const { close } = holdStore();
  let now = 0;
  const hurried = {
    ...systemClock,
    now: () => now,
    schedule: (callback: () => void, delayMs: number) => {
      now += delayMs;
      return systemClock.schedule(callback, 0);
    },
  };
  await expect(reach(hurried)).rejects.toMatchObject({
    code: 'store-in-use',
    message: expect.stringMatching(/cannot be asked.*older version.*run the command again/),
  });
  await close();
});

test('it says why its file cannot be used', async () => {
  mkdirSync(files.path());
  await expect(reach()).rejects.toMatchObject({ code: 'store-unsupported' });
});
