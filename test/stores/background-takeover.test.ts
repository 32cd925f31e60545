// A history of an earlier schema that is too long for a start: the store opens at once, every read finds what is moved and
// what is not, and in the end the file is as a start would have made it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createExamine } from '../../src/doctor/examine.ts';
import { limits } from '../../src/limits.ts';
import { shop } from '../../src/shop/shop.ts';
import { openAuditSource } from '../../src/stores/sqlite-audit-source.ts';
import { copyStore } from '../../src/stores/sqlite-backup.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { openStoreReader } from '../../src/stores/sqlite-reader.ts';
import { createOrderMover } from '../../src/stores/sqlite-takeover.ts';
import { place, toEvent, toMessage, toNeeds, toWrite, write } from '../contracts/store-samples.ts';
import { makeOldFile, readAll } from './old-file.ts';
import { openPendingStore, readJournal, readStore } from './pending-store.ts';
import { useFile } from './sqlite-file.ts';

const files = useFile();

const openPending = (path = files.path(), takenOverAtStart = 50) => openPendingStore(path, takenOverAtStart);

/** What the same file is like when a start moves all of it. */
const makeReference = async () => {
  const path = join(files.folder(), 'reference.db');
  copyFileSync(files.path(), path);
  const { store } = openPending(path, 1_000_000);
  const known = await readStore(store);
  await store.close();
  return { path, known };
};

const countMoved = () =>
  Number(Object(files.query('SELECT count(DISTINCT order_id) AS orders FROM history')[0]).orders);

/** By the doctor, without the time of the picture. */
const examine = async (path: string) => {
  const source = openAuditSource(path, shop, Date.UTC(2030, 0, 1));
  const latest = [];
  for await (const records of source.latest({ limit: 30 })) latest.push(records);
  const { orders, checks } = await createExamine(shop)(source);
  await source.close();
  // How many tables there are differs.
  return { orders, checks: checks.map(({ checked, ...check }) => check), latest };
};

it('a long history is read as a whole before, while and after it is moved, and a start goes on with it', async () => {
  makeOldFile(files.path(), 10);
  const { known, path } = await makeReference();
  expect(known.journals.map(({ length }) => length)).not.toContain(0);
  expect(known.duplicates.length).toBeGreaterThan(132);

  const first = openPending();
  expect(first.said).toEqual([
    'The history of 132 of 132 orders is in the form of an earlier version. It is moved while the service works.',
  ]);
  expect(countMoved()).toBe(1);
  expect(await readStore(first.store)).toEqual(known);
  await first.moveSome(3);
  expect(countMoved()).toBe(1 + 3 * limits.takenOverAtOnce);
  expect(await readStore(first.store)).toEqual(known);
  // Later rows take its room.
  const unmoved = files.query(
    `SELECT (SELECT count(DISTINCT order_id) FROM received_before) AS received,
       (SELECT count(DISTINCT order_id) FROM events_before) AS events`,
  );
  expect(unmoved).toEqual([{ received: 71, events: 71 }]);
  await first.store.close();
  expect(first.clock.timers()).toBe(0);

  const again = openPending();
  expect(again.said[0]).toContain('The history of 72 of 132 orders');
  expect(await readStore(again.store)).toEqual(known);
  await again.moveSome(20);
  expect(again.isPending()).toBe(false);
  expect(again.said.at(-1)).toBe('The history of all orders is in the form of this version.');
  expect(again.clock.timers()).toBe(0);
  expect(await readStore(again.store)).toEqual(known);
  await again.store.close();
  expect(readAll(files.path())).toEqual(readAll(path));
  expect(files.query('PRAGMA user_version')).toEqual([{ user_version: 12 }]);
  expect(files.query("SELECT name FROM sqlite_schema WHERE name GLOB '*_before*'")).toEqual([]);
  expect(await examine(files.path())).toEqual(await examine(path));
});

it('orders go on meanwhile: new events come behind all that is not moved, and duplicates are known', async () => {
  makeOldFile(files.path(), 10);
  const { store, moveSome, isPending } = openPending();
  const last = await store.lastPosition();
  const [{ version, seq }] = [
    Object(files.query("SELECT version, last_seq AS seq FROM orders WHERE order_id = 'unheard-1'")[0]),
  ];
  await place(store, 'new', { events: [toEvent(1)] });
  await write(store, [
    toWrite('unheard-1', version, {
      received: [toMessage(version + 1, { messageId: 'later' })],
      events: [toEvent(seq + 1, { eventId: 'unheard-1/later', causationId: 'later' })],
    }),
  ]);
  const check = async () => {
    expect(await store.lastPosition()).toBe(last + 2);
    const journal = await readJournal(store, {}, 100);
    expect(journal.map(({ position }) => position)).toEqual(
      Array.from({ length: last + 2 }, (_, index) => index + 1),
    );
    expect(journal.slice(-2).map(({ orderId }) => orderId)).toEqual(['new', 'unheard-1']);
    const messages = await store.received('unheard-1', 0, 1000);
    expect(messages.map((message) => message.version)).toEqual(
      Array.from({ length: version + 1 }, (_, index) => index + 1),
    );
    const events = await store.events({ orderId: 'unheard-1', after: 0, limit: 1000 });
    expect(events.map((event) => event.seq)).toEqual(
      Array.from({ length: seq + 1 }, (_, index) => index + 1),
    );
    const received = [messages[0]?.messageId ?? '', 'later', 'other'].map((messageId) => ({
      orderId: 'unheard-1',
      messageId,
    }));
    const batch = await store.open(toNeeds(['unheard-1'], { received }));
    const found = received.map(({ orderId, messageId }) => batch.loaded.hasReceived(orderId, messageId));
    batch.release();
    expect(found).toEqual([true, true, false]);
  };
  await check();
  await moveSome(5);
  await check();
  await moveSome(20);
  expect(isPending()).toBe(false);
  await check();
  await store.close();
});

it('a service that is killed meanwhile goes on at its next start, at once if little is left', async () => {
  makeOldFile(files.path(), 30);
  const { path, known } = await makeReference();
  const main = fileURLToPath(new URL('./hold-pending.main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, files.path()], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const countSafely = () => {
    try {
      return countMoved();
    } catch {
      return 0;
    }
  };
  await expect.poll(countSafely, { interval: 5, timeout: 30_000 }).toBeGreaterThan(60);
  child.kill('SIGKILL');
  await ended;
  expect(files.query('PRAGMA user_version')).toEqual([{ user_version: 11 }]);
  const moved = countMoved();

  const held = openPending();
  expect(countMoved()).toBe(moved);
  expect(await readStore(held.store)).toEqual(known);
  await held.store.close();
  const { store, isPending } = openPending(files.path(), 372 - moved + 1);
  expect(isPending()).toBe(false);
  expect(await readStore(store)).toEqual(known);
  await store.close();
  expect(readAll(files.path())).toEqual(readAll(path));
}, 60_000);

it('what a start had moved before it was killed is not read twice, and goes', async () => {
  makeOldFile(files.path(), 10);
  const { known, path } = await makeReference();
  openDatabase(files.path(), shop, { takenOverAtStart: 0, say: () => {} }).close();
  {
    using connection = new DatabaseSync(files.path());
    const mover = createOrderMover(connection, () => false);
    const orderIds = mover.next(70);
    mover.move(orderIds);
    mover.note(orderIds.at(-1) ?? '');
  }
  const { store, moveSome, isPending } = openPending();
  expect(await readStore(store)).toEqual(known);
  expect((await examine(files.path())).latest).toEqual((await examine(path)).latest);
  await moveSome(5);
  expect(countMoved()).toBe(132);
  expect(await readStore(store)).toEqual(known);
  expect(isPending()).toBe(true);
  await moveSome(5);
  expect(isPending()).toBe(false);
  await store.close();
  expect(readAll(files.path())).toEqual(readAll(path));
});

it('the doctor and backups see both places; a reader beside the service is told to wait', async () => {
  makeOldFile(files.path(), 10);
  const { path } = await makeReference();
  const { store, moveSome, isPending } = openPending();
  await moveSome(4);
  const { latest, checks } = await examine(files.path());
  const expected = await examine(path);
  expect(latest).toEqual(expected.latest);
  expect(checks).toEqual(expected.checks);
  const copy = join(files.folder(), 'copy.db');
  await copyStore(files.path(), copy, () => {});
  expect((await examine(copy)).checks).toEqual(expected.checks);
  expect(() => openStoreReader(files.path(), shop)).toThrow(
    'has a part of its history in the form of an earlier version',
  );
  const copied = openPending(copy);
  await copied.moveSome(20);
  expect(copied.isPending()).toBe(false);
  await copied.store.close();
  expect(readAll(copy)).toEqual(readAll(path));

  await moveSome(20);
  expect(isPending()).toBe(false);
  await openStoreReader(files.path(), shop).close();
  await store.close();
});

it('a copy knows when its last event was, moved or not', async () => {
  makeOldFile(files.path(), 10);
  openDatabase(files.path(), shop, { takenOverAtStart: 0, say: () => {} }).close();
  {
    using connection = new DatabaseSync(files.path());
    connection.exec('UPDATE epochs SET last_position = iif(last_position IS NULL, NULL, 300), resumed = 0');
  }
  const { store } = openPending();
  const [event] = await store.events({ after: 299, limit: 1 });
  expect(event?.position).toBe(300);
  expect(await store.restored()).toMatchObject({ lastPosition: 300, lastEventAt: event?.at });
  await store.close();
});

it('a move that fails is said once and tried again, and orders go on meanwhile', async () => {
  makeOldFile(files.path(), 10);
  const { store, database, said, clock, moveSome, isPending } = openPending();
  database.writer.exec(
    "CREATE TRIGGER no BEFORE INSERT ON history_progress BEGIN SELECT RAISE(ABORT, 'not now'); END",
  );
  await clock.advance(3 * limits.takeoverRetryMs);
  expect(said.slice(1)).toEqual([
    'The history of earlier orders cannot be moved now, and is tried again: not now',
  ]);
  expect(countMoved()).toBe(1);
  await place(store, 'new');
  database.writer.exec('DROP TRIGGER no');
  await clock.advance(limits.takeoverRetryMs);
  await moveSome(20);
  expect(isPending()).toBe(false);
  await store.close();
});

it('a busy store has its moves after longer rests', async () => {
  makeOldFile(files.path(), 10);
  const { store, clock, moveSome } = openPending();
  const batch = await store.open(toNeeds([]));
  await moveSome(1);
  // The next move waits for its turn.
  await clock.advance(1000);
  expect(countMoved()).toBe(1);
  batch.release();
  await clock.advance(0);
  const moved = countMoved();
  expect(moved).toBe(1 + limits.takenOverAtOnce);
  await clock.advance(limits.takeoverRest * 900);
  expect(countMoved()).toBe(moved);
  await clock.advance(limits.takeoverRest * 100);
  expect(countMoved()).toBeGreaterThan(moved);
  await store.close();
});

it('a file of the first release, whose tables are made anew before, is moved in the same way', async () => {
  copyFileSync(fileURLToPath(new URL('./release-0.1.0.db', import.meta.url)), files.path());
  const { known, path } = await makeReference();
  const { store, moveSome, isPending } = openPending(files.path(), 0);
  expect(isPending()).toBe(true);
  expect(await readStore(store)).toEqual(known);
  await moveSome(2);
  expect(isPending()).toBe(false);
  await store.close();
  expect(readAll(files.path())).toEqual(readAll(path));
});
