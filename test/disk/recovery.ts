// Recovery from what is left on a disk: it is examined as by `orderchart doctor`, then opened by the product, which has
// to find all that was acknowledged and settle every order.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Examination } from '../../src/audit.ts';
import { createExamine } from '../../src/doctor/examine.ts';
import { describeError } from '../../src/errors.ts';
import { outsideNames } from '../../src/shop/audit/checks.ts';
import { shop } from '../../src/shop/shop.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openAuditSource } from '../../src/stores/sqlite-audit-source.ts';
import { type Acknowledged, listLosses } from './acknowledged.ts';
import { createDisk, type Disk, type Folder } from './disk.ts';
import { openOn, storeName } from './disk-connection.ts';
import { type Outside, openShop, type Shop, type ShopSettings } from './shop-on-disk.ts';
import { place } from './workload.ts';

/** Long after every workload. */
const later = Date.UTC(2030, 0, 1);
const tenMinutes = 600_000;

const examine = createExamine(shop);
const toOutside = ({ bank }: Outside) => ({ [outsideNames.ledger]: bank.ledger });

/** Does `task` on these files, where a real SQLite finds them. */
const withFiles = async <T>(folder: Folder, task: (path: string) => T | Promise<T>): Promise<T> => {
  const place = mkdtempSync(join(tmpdir(), 'orderchart-disk-'));
  try {
    for (const [name, image] of folder) writeFileSync(join(place, name), image.toBytes());
    return await task(join(place, storeName));
  } finally {
    rmSync(place, { recursive: true });
  }
};

/** With these reasons the doctor may refuse a file that was never open for work: its creation was cut off. */
const isUnfinished =
  /: (there is no such file|the database is empty|it has the (schema|tables) \d+ of an older .*|it was cut off while it was created.*)$/;

/** Whether the doctor can read these files: all that were open for work once, and of others it says what they are. */
export const findUnreadable = (folder: Folder, { isOpen }: Acknowledged): Promise<readonly string[]> =>
  withFiles(folder, async (path) => {
    try {
      await openAuditSource(path, shop, later).close();
      return [];
    } catch (error) {
      const reason = describeError(error);
      return !isOpen && isUnfinished.test(reason) ? [] : [`the doctor cannot read it: ${reason}`];
    }
  });

/** Findings of the doctor, with a real SQLite, on these files. */
const examineFolder = async (folder: Folder, given: Examination): Promise<readonly string[]> => {
  try {
    return await withFiles(folder, (path) => examineFile(path, given));
  } catch (error) {
    return [`the store cannot be examined: ${describeError(error)}`];
  }
};

const examineFile = async (path: string, given: Examination): Promise<readonly string[]> => {
  const source = openAuditSource(path, shop, later);
  try {
    const { checks } = await examine(source, given);
    return checks.flatMap(({ invariant, findings }) =>
      findings.map(({ about, problem }) => `${invariant} ${about} ${problem}`),
    );
  } finally {
    await source.close();
  }
};

/**
 * A hash of what is committed in these files, whether in the log or in the database file: the product opens and closes
 * them first.
 * @throws what `openDatabase` throws.
 */
export const hashContents = (folder: Folder): string => {
  const disk = createDisk(0, folder);
  openOn(disk).close();
  return createHash('sha1')
    .update(disk.contents().get(storeName)?.toBytes() ?? '')
    .digest('hex');
};

/** What was acknowledged and is missing when the product opens these files. */
export const findLosses = async (folder: Folder, acknowledged: Acknowledged): Promise<readonly string[]> => {
  const store = createSqliteStore(openOn(createDisk(0, folder)), shop.tables);
  try {
    return await listLosses(store, acknowledged);
  } finally {
    await store.close();
  }
};

/**
 * Opens what is left, lets every order settle, places one more, and examines it before and after. Returns all problems.
 */
export const recover = async (
  disk: Disk,
  settings: ShopSettings,
  outside: Outside,
): Promise<readonly string[]> => {
  const { acknowledged, openings } = outside;
  const problems: string[] = [];
  if (acknowledged.isOpen) {
    problems.push(...(await examineFolder(disk.contents(), { outside: toOutside(outside) })));
  }
  try {
    const shop = await openShop(disk, settings, outside);
    problems.push(...(await untilSettled(shop)));
    await place(`good-new-${openings}`)(shop, acknowledged);
    problems.push(...(await untilSettled(shop)));
    await shop.close();
  } catch (error) {
    return [...problems, `it does not recover: ${describeError(error)}`];
  }
  const settled = await examineFolder(disk.contents(), { outside: toOutside(outside), atRest: true });
  return [...problems, ...settled];
};

/** Advances the clock until every order is settled. Returns a problem if that takes over ten minutes. */
export const untilSettled = async ({ store, advance }: Shop): Promise<readonly string[]> => {
  for (let passed = 0; ; passed += 20_000) {
    const { pendingCalls } = await store.figures();
    const unsettled = await store.list({ settled: false, limit: 100 });
    if (pendingCalls === 0 && unsettled.length === 0) return [];
    if (passed >= tenMinutes) {
      const ids = unsettled.map(({ orderId }) => orderId).join(', ');
      return [`${ids} did not settle in ten minutes`];
    }
    await advance(20_000);
  }
};
