// A SQLite store with orders of every kind and with everything that is kept beside them: one for the tests of a file, and copies.
import { copyFileSync } from 'node:fs';
import { beforeAll } from 'vitest';
import { openPostgresStore, openSqliteStore } from '../../src/application-service.ts';
import { shop } from '../../src/shop/shop.ts';
import { filesIn, fill, makeFolder } from '../doctor/doctored-store.ts';
import { addOthers, readOthers } from './stores.ts';

const filled = filesIn(makeFolder()).store;
beforeAll(async () => {
  await fill({ ...filesIn(makeFolder()), store: filled });
  const store = openSqliteStore(filled, shop);
  await addOthers(store);
  await store.close();
}, 60_000);

/** A copy of the filled file, whose path nobody has used. */
export const copyFilled = (): string => {
  const path = filesIn(makeFolder()).store;
  copyFileSync(filled, path);
  copyFileSync(`${filled}.lock`, `${path}.lock`);
  return path;
};
export const anotherFile = (): string => filesIn(makeFolder()).store;

export const readStore = async (address: string) => {
  const store = address.startsWith('postgres')
    ? await openPostgresStore(address, shop)
    : openSqliteStore(address, shop);
  return readOthers(store).finally(() => store.close());
};
